import { describe, expect, test } from "vitest";
import { exposeNames as exposeNamesWithin } from "../../../../durable-objects/tool-catalogue/exposed-names.ts";

/** As in a workspace whose slug has one character. */
const exposeNames = (servers: Parameters<typeof exposeNamesWithin>[0], maxLength = 56) =>
  exposeNamesWithin(servers, maxLength);

describe("exposed names", () => {
  const server = (slug: string, names: string[], prefix: string | null = null) => ({
    serverId: `srv_${slug}`,
    slug,
    prefix,
    names,
  });

  test("a prefix precedes the tool's name, and without one the tool keeps its name", () => {
    const names = exposeNames([server("github", ["list"], "gh"), server("jira", ["search"])]);
    expect(names.find("gh_list")).toEqual({ serverId: "srv_github", name: "list" });
    expect(names.find("search")).toEqual({ serverId: "srv_jira", name: "search" });
  });

  test("two servers without a prefix that have the same tool both get their slug in the exposed name", () => {
    const names = exposeNames([server("a-one", ["echo"]), server("b", ["echo", "other"])]);
    expect(names.find("a_one__echo")?.serverId).toBe("srv_a-one");
    expect(names.find("b__echo")?.serverId).toBe("srv_b");
    expect(names.find("echo")).toBeUndefined();
    expect(names.find("other")?.serverId).toBe("srv_b");
  });

  test("a name without its prefix is accepted while only one server has it", () => {
    expect(exposeNames([server("a", ["echo"], "x")]).find("echo")?.serverId).toBe("srv_a");
    expect(
      exposeNames([server("a", ["echo"], "x"), server("b", ["echo"], "y")]).find("echo"),
    ).toBeUndefined();
  });

  test("every exposed name has at most the given number of characters of A-Z a-z 0-9 _ and -, and resolves to its tool", () => {
    const own = ["a.b/c", "ünïcode", "x".repeat(80), "y".repeat(64)];
    const names = exposeNames([server("s", own, "p")]);
    for (const name of own) {
      const exposed = names.byServer.get("srv_s")?.get(name) ?? "";
      expect(exposed).toMatch(/^[A-Za-z0-9_-]{1,56}$/);
      expect(names.find(exposed)).toEqual({ serverId: "srv_s", name });
    }
  });

  test("a server cannot take another server's exposed name: the one with the earlier position keeps it", () => {
    const names = exposeNames([server("good", ["list"], "gh"), server("evil", ["gh_list"])]);
    expect(names.find("gh_list")?.serverId).toBe("srv_good");
    expect(names.byServer.get("srv_evil")?.get("gh_list")).toMatch(/^gh_list_[0-9a-f]{8}$/);
  });
});
