import { expect, test } from "vitest";
import { change, makeMember } from "../support/gateway-client.ts";
import { makeListedWorkspace } from "../support/listed-servers.ts";
import { manage, type Json } from "../support/management-client.ts";

const item = (name: string, description = name) => ({
  name,
  description,
  inputSchema: { type: "object" },
});

async function newest(slug: string): Promise<number> {
  return (await manage("GET", `/workspaces/${slug}/versions?limit=1`)).body.items[0].number;
}

async function approve(slug: string): Promise<void> {
  const path = `/workspaces/${slug}/servers/s/contract`;
  const { changes } = (await manage("GET", path)).body;
  const seen = changes.map(({ kind, key, digest }: Json) => ({ kind, key, digest }));
  const { status } = await manage("POST", `${path}/approve`, { changes: seen });
  expect(status).toBe(200);
}

const restore = (slug: string, version: number, body: object = {}) =>
  manage("POST", `/workspaces/${slug}/versions/${version}/restore`, body);

/** Applies the configuration of a workspace with other fields of its server, or plans that. */
async function put(slug: string, fields: object, query = "") {
  const { body } = await manage("GET", `/workspaces/${slug}/configuration`);
  const servers = [{ ...body.servers[0], ...fields }];
  return (await manage("PUT", `/workspaces/${slug}/configuration${query}`, { ...body, servers }))
    .body;
}

test("the plan of a return names the tools that its contract closes, and who loses them", async () => {
  const { add, list, names } = await makeListedWorkspace("plan-closed");
  await add("s", { tools: [item("a")] }, { changePolicy: "hold" });
  const { memberId } = await makeMember("plan-closed", ["s:*"]);
  const start = await newest("plan-closed");
  await list("s", { tools: [item("a"), item("b")] });
  await approve("plan-closed");
  expect(await names()).toEqual(["a", "b"]);
  const later = await newest("plan-closed");
  const { plan } = (await restore("plan-closed", start, { dryRun: true })).body;
  expect(plan.tools).toMatchObject({ closed: ["s:b"], openedCount: 0, renamedCount: 0 });
  expect(plan.access).toMatchObject([{ memberId, lost: ["s:b"], lostCount: 1, lostServers: [] }]);
  await restore("plan-closed", start);
  expect(await names()).toEqual(["a"]);
  const back = (await restore("plan-closed", later, { dryRun: true })).body.plan;
  expect(back.tools).toMatchObject({ opened: ["s:b"], closedCount: 0 });
  expect(back.access).toMatchObject([{ memberId, gainedCount: 1, lostCount: 0 }]);
});

test("the plan of another change policy says what it opens, and one that locks a server approves what it shows", async () => {
  const { add, list, names } = await makeListedWorkspace("plan-policy");
  await add("s", { tools: [item("a")] }, { changePolicy: "hold" });
  await list("s", { tools: [item("a"), item("b")] });
  const { plan } = await put("plan-policy", { changePolicy: "allow" }, "?dryRun=true");
  expect(plan.tools).toMatchObject({ opened: ["s:b"], closedCount: 0 });
  const other = await makeListedWorkspace("plan-lock");
  await other.add("s", { tools: [item("a")] });
  const locked = await put("plan-lock", { changePolicy: "hold", contractDigest: null });
  expect(locked.plan.tools).toMatchObject({ closedCount: 0, openedCount: 0 });
  expect(await other.names()).toEqual(["a"]);
  await other.list("s", { tools: [item("a"), item("b")] });
  expect(await other.names()).toEqual(["a"]);
  expect(await names()).toEqual(["a"]);
});

test("the plan of another prefix names the old and the new name of each tool", async () => {
  const { add, names } = await makeListedWorkspace("plan-prefix");
  await add("s", { tools: [item("a"), item("b")] });
  const { plan } = await put("plan-prefix", { prefix: "bird" }, "?dryRun=true");
  expect(plan.tools).toEqual({
    closedCount: 0,
    closed: [],
    openedCount: 0,
    opened: [],
    renamedCount: 2,
    renamed: [
      { tool: "s:a", before: "a", after: "bird_a" },
      { tool: "s:b", before: "b", after: "bird_b" },
    ],
  });
  expect(await names()).toEqual(["a", "b"]);
  await put("plan-prefix", { prefix: "bird" });
  expect(await names()).toEqual(["bird_a", "bird_b"]);
});

test("a comparison of versions shows how the approved definitions differ, worst first", async () => {
  const { add, list } = await makeListedWorkspace("plan-compare");
  await add("s", { tools: [item("a", "Reads files"), item("b")] }, { changePolicy: "hold" });
  const from = await newest("plan-compare");
  await list("s", { tools: [item("a", "Reads all files"), item("c")] });
  await approve("plan-compare");
  const path = `/workspaces/plan-compare/versions/${await newest("plan-compare")}`;
  const { body } = await manage("GET", `${path}/comparison?from=${from}`);
  expect(body.contracts).toMatchObject([{ slug: "s" }]);
  const { changes } = body.contracts[0];
  expect(changes.map(({ key, change: kind }: Json) => [key, kind])).toEqual([
    ["b", "removed"],
    ["c", "added"],
    ["a", "changed"],
  ]);
  expect(changes[2].differences[0]).toMatchObject({
    path: "/description",
    segments: expect.arrayContaining([{ text: "all ", kind: "added" }]),
  });
  await change("plan-compare", { type: "server.update", slug: "s", patch: { prefix: "x" } });
  const last = `/workspaces/plan-compare/versions/${await newest("plan-compare")}`;
  expect((await manage("GET", `${last}/comparison?from=1`)).status).toBe(200);
});
