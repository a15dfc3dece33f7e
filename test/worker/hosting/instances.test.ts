import { env } from "cloudflare:workers";
import { expect, test } from "vitest";
import { openDb } from "../../../workers/db/database.ts";
import { recordUsage, sumUsage } from "../../../workers/db/instances.ts";
import { createWorkspace, manage, refusalOf } from "../support/management-client.ts";

const usage = (seconds: number, bytes: number) => ({
  runningSeconds: seconds,
  requestBytes: bytes,
  responseBytes: 0,
  egressBytes: 0,
});

test("an instance without a host fails with advice, its server is not listed, and its slug stays reserved", async () => {
  const at = await createWorkspace("homeless");
  const created = await manage("POST", `${at}/instances`, { catalogueId: "memory" });
  expect(created.status).toBe(201);
  expect(created.body).toMatchObject({ state: "pending", slug: "memory", variables: [] });
  const path = `${at}/instances/${created.body.id}`;
  await expect.poll(async () => (await manage("GET", path)).body.state).toBe("failed");
  expect((await manage("GET", path)).body.reason).toMatchObject({ code: "no_host" });
  expect((await manage("GET", `${at}/servers`)).body.items).toEqual([]);
  const log = await manage("GET", `${at}/instances/${created.body.id}/logs`);
  expect(log.text).toContain('event: state\ndata: {"state":"failed","reason":{"code":"no_host"');
  const server = { slug: "memory", url: "http://127.0.0.1:9/mcp" };
  expect(refusalOf(await manage("POST", `${at}/servers`, server))).toMatch(/^409 conflict: /);
  expect((await manage("DELETE", path)).status).toBe(204);
  expect((await manage("DELETE", path)).status).toBe(404);
});

test("a credential can begin with a dash and have several lines, like a key in PEM", async () => {
  const at = await createWorkspace("dashes");
  const key = "-----BEGIN PRIVATE KEY-----\nMC4CAQAw\n-----END PRIVATE KEY-----\n";
  const credentials = { GITHUB_PERSONAL_ACCESS_TOKEN: key };
  const created = await manage("POST", `${at}/instances`, { catalogueId: "github", credentials });
  expect(created.status).toBe(201);
  expect(created.body.variables).toMatchObject([{ key: "GITHUB_PERSONAL_ACCESS_TOKEN" }]);
});

test("a workspace cannot see the instances of another", async () => {
  const [mine, other] = [await createWorkspace("mine"), await createWorkspace("other")];
  const { id } = (await manage("POST", `${mine}/instances`, { catalogueId: "memory" })).body;
  const none = refusalOf(await manage("GET", `${other}/instances/ins_${"0".repeat(24)}`));
  expect(refusalOf(await manage("GET", `${other}/instances/${id}`))).toBe(none);
  expect(refusalOf(await manage("GET", `${other}/instances/${id}/logs`))).toBe(none);
  expect((await manage("DELETE", `${other}/instances/${id}`)).status).toBe(404);
  expect((await manage("POST", `${other}/instances/${id}/restart`, {})).status).toBe(404);
  expect((await manage("GET", `${mine}/instances/${id}`)).status).toBe(200);
});

test("a restart keeps, replaces and removes credentials, and refuses to remove a required one", async () => {
  const at = await createWorkspace("rotates");
  const credentials = { SLACK_BOT_TOKEN: "xoxb-1", SLACK_TEAM_ID: "T1", SLACK_CHANNEL_IDS: "C1" };
  const input = { catalogueId: "slack", credentials };
  const { id } = (await manage("POST", `${at}/instances`, input)).body;
  const keys = async () =>
    (await manage("GET", `${at}/instances/${id}`)).body.variables.map(
      ({ key }: { key: string }) => key,
    );
  expect((await keys()).toSorted()).toEqual(Object.keys(credentials).toSorted());
  const restart = (body: object) => manage("POST", `${at}/instances/${id}/restart`, body);
  const change = { SLACK_CHANNEL_IDS: null, SLACK_BOT_TOKEN: "xoxb-2" };
  expect((await restart({ credentials: change })).status).toBe(202);
  expect((await keys()).toSorted()).toEqual(["SLACK_BOT_TOKEN", "SLACK_TEAM_ID"]);
  expect(refusalOf(await restart({ credentials: { SLACK_BOT_TOKEN: null } }))).toBe(
    "400 invalid: credentials.SLACK_BOT_TOKEN: Slack needs it (Bot token).",
  );
  const { items } = (await manage("GET", `${at}/audit-events`)).body;
  expect(items).toContainEqual(
    expect.objectContaining({
      action: "instance.restarted",
      detail: {
        slug: "slack",
        credentialsSet: ["SLACK_BOT_TOKEN"],
        credentialsRemoved: ["SLACK_CHANNEL_IDS"],
      },
    }),
  );
});

test("a host cannot be registered before the gateway has a key", async () => {
  const host = { id: "host-1", url: "https://host.example.com", publicKey: "A".repeat(43) };
  expect(refusalOf(await manage("POST", "/hosts", host))).toMatch(
    /^400 invalid: .*MCPNEST_GATEWAY_KEY/,
  );
});

test("usage adds up the sums of several hosts, also after a host restarts its count", async () => {
  const at = await createWorkspace("metered");
  const { id } = (await manage("POST", `${at}/instances`, { catalogueId: "memory" })).body;
  const { id: workspaceId } = (await manage("GET", at)).body;
  // The binding that wrangler.toml names.
  const db = openDb((env as unknown as { DB: D1Database }).DB);
  const read = async (host: string, sums: ReturnType<typeof usage>) =>
    recordUsage(db, host, { id, workspaceId, usage: sums }, Date.now());
  await read("host-1", usage(10, 100));
  await read("host-1", usage(15.5, 150));
  await read("host-1", usage(2, 20));
  await read("host-2", usage(1, 5));
  expect((await sumUsage(db, workspaceId)).get(id)).toEqual(usage(18.5, 175));
});
