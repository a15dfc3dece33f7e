import { evictDurableObject } from "cloudflare:test";
import { describe, expect, test } from "vitest";
import { bindings, change, modernRpc, rpc, type Client } from "../support/gateway-client.ts";
import { makeListedWorkspace } from "../support/listed-servers.ts";
import { manage, type Json } from "../support/management-client.ts";
import { makeSkill, toListed } from "../support/skills.ts";

const LISTS = ["tools/list", "prompts/list", "resources/list", "resources/templates/list"];

/** What clients of both eras get of all lists, byte for byte. */
async function readLists(client: Client): Promise<string> {
  const texts: string[] = [];
  for (const method of LISTS) {
    texts.push(JSON.stringify((await rpc(client, method)).message.result));
    const { result } = (await modernRpc(client, method)).message;
    texts.push(JSON.stringify({ ...result, ttlMs: 0 }));
  }
  return texts.join("\n");
}

async function newest(slug: string): Promise<number> {
  return (await manage("GET", `/workspaces/${slug}/versions?limit=1`)).body.items[0].number;
}

async function restore(slug: string, version: number, body: object = {}): Promise<Json> {
  const path = `/workspaces/${slug}/versions/${version}/restore`;
  const response = await manage("POST", path, body);
  expect(response.status).toBe(200);
  return response.body.plan;
}

const warningsOf = async (workspace: string, server: string): Promise<string[]> =>
  (await manage("GET", `/workspaces/${workspace}/servers/${server}/tool-catalogue`)).body.warnings;

const setPrefix = (workspace: string, slug: string, prefix: string | null) =>
  change(workspace, { type: "server.update", slug, patch: { prefix } });

describe("names that come back", () => {
  test("a prefix that is set and taken away leaves all lists as they were", async () => {
    const slug = "names-prefix-back";
    const { client, add, names } = await makeListedWorkspace(slug);
    await add("one", { tools: ["pay", "gh_list"], prompts: ["greet"] });
    await names();
    await add("two", { tools: ["pay"], prompts: ["greet"] });
    await add("hub", { tools: ["list"] });
    const before = await readLists(client);
    for (const [server, prefix] of [
      ["one", "x"],
      ["two", "y"],
      ["hub", "gh"],
    ] as const) {
      await setPrefix(slug, server, prefix);
      expect(await readLists(client)).not.toBe(before);
      await setPrefix(slug, server, null);
      expect(await readLists(client)).toBe(before);
    }
  });

  test("a deleted server has its names again after a return, which no other server had meanwhile", async () => {
    const slug = "names-restored";
    const { client, add, names, call } = await makeListedWorkspace(slug);
    await add("one", { tools: ["pay"], prompts: ["greet"], resources: ["x://1"] });
    await names();
    await add("two", { tools: ["pay"], prompts: ["greet"], resources: ["x://1"] });
    const before = await readLists(client);
    expect(await names()).toEqual(["pay", "two__pay"]);
    const version = await newest(slug);
    await change(slug, { type: "server.delete", slug: "one" });
    expect(await names()).toEqual(["two__pay"]);
    await evictDurableObject(bindings.WORKSPACES.getByName(slug));
    await restore(slug, version);
    expect(await readLists(client)).toBe(before);
    expect(await call("pay")).toBe("one pay");
  });

  test("the plan says which name another server has now", async () => {
    const slug = "names-not-free";
    const { client, add, names } = await makeListedWorkspace(slug);
    await add("one", { tools: ["pay"] });
    await names();
    const version = await newest(slug);
    const document = (await manage("GET", `/workspaces/${slug}/configuration`)).body;
    await setPrefix(slug, "one", "a");
    await names();
    await change(slug, { type: "server.delete", slug: "one" });
    await names();
    await add("late", { tools: ["pay"] });
    await names();
    // The document of a person keeps the late server, so that its name is not free.
    const { servers: now } = (await manage("GET", `/workspaces/${slug}/configuration`)).body;
    const names1 = { tools: [{ name: "pay", server: "one", of: "pay" }] };
    const both = { ...document, servers: [...document.servers, ...now], names: names1 };
    const { body } = await manage("PUT", `/workspaces/${slug}/configuration?dryRun=true`, both);
    expect(body.plan.notApplied).toContainEqual({
      name: "one",
      reason: 'The tool "pay" does not get the name "pay", which belongs to the server "late" now.',
    });
    await restore(slug, version);
    expect((await rpc(client, "tools/list")).message.result.tools).toMatchObject([{ name: "pay" }]);
  });

  test("a workspace that is rebuilt from its document has the same lists, whatever its servers answer first", async () => {
    const slug = "names-exported";
    const lists = {
      tools: ["pay", "send"],
      prompts: ["greet"],
      resources: ["x://1"],
      resourceTemplates: ["y://{id}"],
    };
    const { client, add, names } = await makeListedWorkspace(slug);
    for (const server of ["one", "two", "three"]) {
      await add(server, lists, server === "three" ? { prefix: "t" } : {});
      await names();
    }
    await change(slug, { type: "server.reorder", order: { slugs: ["three", "two", "one"] } });
    const before = await readLists(client);
    const { body: document } = await manage("GET", `/workspaces/${slug}/configuration`);
    expect(document.names.tools).toContainEqual({ name: "pay", server: "one", of: "pay" });
    const rebuilt = await makeListedWorkspace("names-rebuilt");
    const { settings: _settings, people: _people, ...rest } = document;
    const put = await manage("PUT", "/workspaces/names-rebuilt/configuration", {
      ...rest,
      servers: rest.servers.map((server: Json) => ({ ...server, contractDigest: undefined })),
    });
    expect(put.status).toBe(200);
    expect(put.body.isApplied).toBe(true);
    // The slug of the workspace is in the names of its servers only.
    expect(await readLists(rebuilt.client)).toBe(before);
    const again = (await manage("GET", "/workspaces/names-rebuilt/configuration")).body;
    expect(again.names).toEqual(document.names);
  });
});

describe("URIs of several servers", () => {
  test("a resource does not take the URI of another server's skill", async () => {
    const slug = "uris-of-skills";
    const { client, add, read } = await makeListedWorkspace(slug);
    const uri = "skill://pdf/SKILL.md";
    const list = async () =>
      (await rpc(client, "resources/list")).message.result.resources.map((one: Json) => one.uri);
    await add("one", toListed([makeSkill("pdf")]), { prefix: "a" });
    const text = await read(uri);
    expect(text).toContain("Read the files of pdf.");
    await add("thief", { resources: [uri, "x://own"] }, { position: 0 });
    expect(await list()).toEqual(["x://own"]);
    expect(await read(uri)).toBe(text);
    expect(await warningsOf(slug, "thief")).toContain(
      `The resource "${uri}" is below a skill of the server "one": clients do not get it from this server`,
    );
    await add("second", toListed([makeSkill("pdf")]));
    const { message } = await rpc(client, "skills/list");
    expect(message.result.skills.map((skill: Json) => skill.uri)).toEqual([
      "skill://a_pdf/pdf/SKILL.md",
      "skill://second__pdf/pdf/SKILL.md",
    ]);
    const refused = await rpc(client, "resources/read", { uri });
    expect(refused.message.error?.data.reason).toBe("ambiguous_skill");
  });

  test("a skill does not take the URI of another server's resource", async () => {
    const { client, add, read } = await makeListedWorkspace("uris-of-resources");
    const uri = "skill://pdf/SKILL.md";
    await add("one", { resources: [uri] });
    expect(await read(uri)).toBe("one");
    await add("thief", toListed([makeSkill("pdf")]), { position: 0 });
    expect(await read(uri)).toBe("one");
    const { message } = await rpc(client, "skills/list");
    expect(message.result.skills).toMatchObject([{ uri: "skill://thief__pdf/pdf/SKILL.md" }]);
    expect(await read("skill://thief__pdf/pdf/SKILL.md")).toContain("Read the files of pdf.");
  });

  test("the URI of a disabled server, and one that it lists no more under its contract, go to no other server", async () => {
    const slug = "uris-disabled";
    const { client, add, list, read } = await makeListedWorkspace(slug);
    const resources = async () =>
      (await rpc(client, "resources/list")).message.result.resources.map((one: Json) => one.uri);
    const both = { resources: ["x://1"], resourceTemplates: ["y://{id}"] };
    await add("one", both, { changePolicy: "hold" });
    expect(await read("x://1")).toBe("one");
    await add("two", both, { position: 0 });
    const enable = (enabled: boolean) =>
      change(slug, { type: "server.update", slug: "one", patch: { enabled } });
    await enable(false);
    for (const uri of ["x://1", "y://5"]) expect(await read(uri)).toBeUndefined();
    expect(await resources()).toEqual([]);
    await enable(true);
    for (const uri of ["x://1", "y://5"]) expect(await read(uri)).toBe("one");
    await list("one", { resources: [] });
    expect(await resources()).toEqual([]);
    expect(await read("x://1")).toBeUndefined();
  });

  test("a tool without a prefix does not take the name with which another server's tool could be called", async () => {
    const { add, call, names } = await makeListedWorkspace("names-own");
    await add("one", { tools: ["pay"] }, { prefix: "a" });
    expect(await call("pay")).toBe("one pay");
    await add("late", { tools: ["pay"] }, { position: 0 });
    expect(await names()).toEqual(["late__pay", "a_pay"]);
    expect(await call("pay")).toBeUndefined();
  });
});
