import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { manage } from "../../../scripts/management-client.ts";
import { connectV1, connectV2, type Gateway } from "../../fixtures/clients.ts";
import {
  createOpenWorkspace,
  startLocalGateway,
  type LocalGateway,
  postRequest,
} from "../../fixtures/local-gateway.ts";
import { SERVERS, startBridge } from "./start-bridge.ts";

let gateway: LocalGateway;

beforeAll(async () => {
  gateway = await startLocalGateway();
});

afterAll(() => gateway.stop());

test.each([
  ["a v1 client", connectV1],
  ["a v2 client in auto mode", (workspace: Gateway) => connectV2(workspace, "auto")],
])("%s uses a stdio server through the gateway and a bridge", async (name, connect) => {
  const { url } = await startBridge(SERVERS.everything, { env: { MCP_CONCURRENCY: "parallel" } });
  const slug = name.replaceAll(" ", "-");
  const workspace = await createOpenWorkspace(gateway.api, slug, [
    { slug: "everything", url: `${url}/mcp` },
  ]);
  const client = await connect(workspace);
  onTestFinished(() => client.close());
  expect(await client.toolNames()).toContain("get-sum");
  expect(await client.call("echo", { message: "through" })).toBe("Echo: through");
  const seen: number[] = [];
  const args = { duration: 0.4, steps: 2 };
  await client.call("trigger-long-running-operation", args, (progress) => seen.push(progress));
  expect(seen).toEqual([1, 2]);
});

/** Calls a tool of the server with plain HTTP; returns the JSON-RPC message. */
async function call(workspace: Gateway, name: string, args: object) {
  const response = await postRequest(workspace, "tools/call", { name, arguments: args });
  const text = await response.text();
  const isStream = response.headers.get("content-type")?.startsWith("text/event-stream");
  const lines = isStream ? text.split("\n").filter((line) => line.startsWith("data: ")) : [];
  return JSON.parse(lines.at(-1)?.slice(6) ?? text);
}

test("a result of almost 8 MiB passes a bridge, and a larger one gets the error of every other server", async () => {
  const { url } = await startBridge(SERVERS.odd, { env: { MCP_CONCURRENCY: "parallel" } });
  const workspace = await createOpenWorkspace(gateway.api, "sized", [
    { slug: "odd", url: `${url}/mcp` },
  ]);
  // The ids on both sides of the bridge can have different lengths.
  for (const bytes of [900_000, 8 * 1024 * 1024 - 1_000]) {
    const { result } = await call(workspace, "sized", { bytes });
    expect(result.content[0].text.length).toBeGreaterThan(bytes - 200);
  }
  const { result } = await call(workspace, "sized", { bytes: 8 * 1024 * 1024 + 1 });
  expect(result).toMatchObject({
    content: [{ text: 'The response of the server "odd" is larger than 8 MiB. Request less.' }],
    isError: true,
  });
});

test("a bridge's time limit follows that of its server", async () => {
  const { url } = await startBridge(SERVERS.odd, {
    env: { MCP_CONCURRENCY: "parallel", MCP_CALL_TIMEOUT_MS: "200" },
  });
  const workspace = await createOpenWorkspace(gateway.api, "patient", [
    { slug: "odd", url: `${url}/mcp` },
  ]);
  const slow = () => call(workspace, "count", { ms: 1_000 });
  const failure = { reason: "upstream_timeout", server: "odd" };
  expect((await slow()).result._meta).toEqual({ "mcpnest/failure": failure });
  const path = "/workspaces/patient/servers/odd";
  await manage(gateway.api, "PATCH", path, { longestCallSeconds: 30 });
  expect(await slow()).toMatchObject({ result: { content: [{ type: "text" }] } });
});
