import { describe, expect, test } from "vitest";
import { makeWorkspace, type Message, rpc, send } from "../support/gateway-client.ts";

/** The tool names of every page of the gateway's list. */
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
    const client = await makeWorkspace("pages", { p: "/list/pages" });
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
    ["bad-tools", 1],
  ])("%s leaves %i tools, and the tools of other servers are all listed", async (fault, count) => {
    const client = await makeWorkspace(`list-${fault}`, { bad: `/list/${fault}`, good: "/ok" });
    const names = await listAll(client);
    expect(names).toHaveLength(count + 2);
    expect(names.slice(-2)).toEqual(["echo", "add"]);
  });

  test.concurrent.each(["hang", "500", "401", "html", "giant", "refuse", "garbage", "redirect"])(
    "a server that always answers with %s is missing from the list, and nobody waits for it twice",
    async (fault) => {
      const client = await makeWorkspace(`down-${fault}`, { bad: `/any/${fault}`, good: "/ok" });
      const startedAt = Date.now();
      expect(await listAll(client)).toEqual(["echo", "add"]);
      // Less than the budget for which a list would wait for that server.
      expect(Date.now() - startedAt).toBeLessThan(1_500);
    },
  );

  test("the health page says in words what is wrong with which server", async () => {
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
        check: { error: { message: "401 from the server: its credential is missing or expired" } },
      },
      { slug: "good", status: "ok", transport: "streamable-http", era: "legacy", tools: 2 },
    ]);
    expect((await send("/api/gw/health/health")).status).toBe(401);
  });
});
