import { expect, test } from "vitest";
import { FleetPack } from "../../../workers/contract/api/fleet-pack.ts";
import { change, makeWorkspace, send } from "../support/gateway-client.ts";
import { setLists } from "../support/listed-servers.ts";
import { manage, OPERATOR_KEY } from "../support/management-client.ts";

const SECRET = "fleet-credential-value";

test("the fleet pack has the enabled servers at the host that was asked, and no secret", async () => {
  const { token } = await makeWorkspace("fleet-enabled", {});
  for (const slug of ["fleet-a", "fleet-b"]) {
    const url = await setLists(`fleet-pack-${slug}`, { tools: [] });
    const input = { slug, url, name: `Server '${slug}`, credentials: { "x-key": SECRET } };
    await change("fleet-enabled", { type: "server.create", input });
  }
  await manage("PATCH", "/workspaces/fleet-enabled/servers/fleet-b", { enabled: false });
  const headers = { authorization: `Bearer ${OPERATOR_KEY}` };
  const response = await send("/api/workspaces/fleet-enabled/fleet-pack", { headers });
  const text = await response.text();
  const pack = FleetPack.parse(JSON.parse(text));
  const gateway = "https://gateway.test/api/gw/fleet-enabled";
  expect(pack.servers).toEqual([
    { name: "fleet-enabled", url: gateway },
    { name: "fleet-a", url: `${gateway}/fleet-a` },
  ]);
  const settings = pack.clients[0]?.files.find(({ name }) => name === "managed-settings.json");
  expect(JSON.parse(settings?.content ?? "")).toEqual({
    allowManagedMcpServersOnly: true,
    allowedMcpServers: [{ serverUrl: gateway }, { serverUrl: `${gateway}/fleet-a` }],
  });
  for (const secret of [SECRET, token, "fleet-pack-", "mng_", OPERATOR_KEY])
    expect(text).not.toContain(secret);
});
