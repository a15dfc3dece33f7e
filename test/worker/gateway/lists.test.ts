import { describe, expect, inject, test } from "vitest";
import {
  bindings,
  change,
  makeWorkspace,
  type Message,
  rpc,
  send,
  upstreamStats,
} from "../support/gateway-client.ts";
import { makeListedWorkspace } from "../support/listed-servers.ts";
import { manage, readServerId } from "../support/management-client.ts";

/** Returns the tool names of every page of the gateway's list. */
async function listAll(client: { slug: string; token: string }): Promise<string[]> {
  const names: string[] = [];
  for (let cursor: string | undefined; ;) {
    const { message } = await rpc(client, "tools/list", cursor ? { cursor } : {});
    names.push(...message.result.tools.map((tool: { name: string }) => tool.name));
    cursor = message.result.nextCursor;
    if (!cursor) return names;
  }
}

describe("lists", () => {
  test("all pages of a server's list are read and listed as one", async () => {
    const client = await makeWorkspace("pages-of-tools", { p: "/list/pages" });
    const { message } = await rpc(client, "tools/list");
    expect(message.result.tools.map((tool: { name: string }) => tool.name)).toEqual([
      "t0",
      "t1",
      "t2",
      "t3",
      "t4",
    ]);
    expect(message.result.nextCursor).toBeUndefined();
  });

  test.each([
    ["endless-cursor", 50],
    ["repeated-cursor", 1],
    ["many-tools", 2000],
    ["bad-tools", 2],
  ])(
    "a server with the faulty list %s adds %i tools to those of the other servers",
    async (fault, count) => {
      const client = await makeWorkspace(`list-${fault}`, { bad: `/list/${fault}`, good: "/ok" });
      const names = await listAll(client);
      expect(names).toHaveLength(count + 2);
      expect(names.slice(-2)).toEqual(["echo", "add"]);
    },
  );

  test.concurrent.each(["hang", "500", "401", "html", "giant", "refuse", "garbage", "redirect"])(
    "a list omits a server that always fails with %s, and sends it no request",
    async (fault) => {
      const path = `/any/${fault}/listed`;
      const client = await makeWorkspace(`down-${fault}`, { bad: path, good: "/ok" });
      const { methods } = await upstreamStats(path);
      expect(await listAll(client)).toEqual(["echo", "add"]);
      expect((await upstreamStats(path)).methods).toEqual(methods);
    },
  );

  test("a list other than that of tools can be a large message, too", async () => {
    const { add, names } = await makeListedWorkspace("large-prompts");
    const prompts = ["a", "b", "c", "d"].map((name) => ({
      name,
      description: "d".repeat(400_000),
    }));
    await add("one", { tools: ["t"], prompts });
    expect(await names()).toEqual(["t"]);
    expect(await names("prompts")).toEqual(["a", "b", "c", "d"]);
  });

  test("a tool that is named like the rule for a whole server is left out, with a warning", async () => {
    const { add, names } = await makeListedWorkspace("named-star");
    await add("one", { tools: ["*", "a"], prompts: ["*"] });
    expect(await names()).toEqual(["a"]);
    const { body } = await manage("GET", "/workspaces/named-star/servers/one/tool-catalogue");
    expect(body.warnings).toEqual([
      'tools/list: "*" has the name that allows a whole server in rules; it is left out',
    ]);
  });

  test("a check that ends after the server has got another URL leaves nothing of the old one", async () => {
    const slug = "url-while-checked";
    const client = await makeWorkspace(slug, {});
    const path = "/list/beating/declared/300/4";
    const url = inject("hostileUrl") + path;
    await change(slug, { type: "server.create", input: { slug: "s", url } });
    const before = (await upstreamStats(path)).methods["tools/list"] ?? 0;
    const check = bindings.WORKSPACES.getByName(slug).checkServer(await readServerId(slug, "s"));
    const countLists = async () => (await upstreamStats(path)).methods["tools/list"];
    await expect.poll(countLists).toBe(before + 1);
    const patch = { url: `${inject("hostileUrl")}/ok` };
    await change(slug, { type: "server.update", slug: "s", patch });
    await check;
    expect(await listAll(client)).toEqual(["echo", "add"]);
  });

  test("the health page describes the failure of each server", async () => {
    const client = await makeWorkspace("health", { bad: "/any/401", good: "/ok" });
    const headers = { authorization: `Bearer ${client.token}` };
    const health: Message["result"] = await (
      await send("/api/gw/health/health", { headers })
    ).json();
    expect(health.status).toBe("degraded");
    expect(health.servers).toMatchObject([
      {
        slug: "bad",
        status: "failing",
        check: {
          error: {
            message: `The server "bad" did not accept the gateway's credential. Tell your admin.`,
          },
        },
      },
      { slug: "good", status: "ok", transport: "streamable-http", era: "legacy", tools: 2 },
    ]);
    expect((await send("/api/gw/health/health")).status).toBe(401);
  });
});
