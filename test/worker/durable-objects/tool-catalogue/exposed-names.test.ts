import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { exposeNames as exposeNamesWithin } from "../../../../durable-objects/tool-catalogue/exposed-names.ts";

/** As in a workspace whose slug has one character, for servers that have no names yet. */
const exposeNames = (servers: Parameters<typeof exposeNamesWithin>[0]) =>
  exposeNamesWithin(servers, new Map(), { maxLength: 56 });

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

  test("a name that begins with the prefix or slug of a server is given to no other server", () => {
    const evil = server("evil", ["gh_list", "gh_new", "jira__search", "evil__x"]);
    const names = exposeNames([evil, server("good", ["list"], "gh"), server("jira", ["search"])]);
    expect(names.find("gh_list")?.serverId).toBe("srv_good");
    for (const name of ["gh_new", "jira__search"]) {
      expect(names.find(name)).toBeUndefined();
      expect(names.byServer.get("srv_evil")?.get(name)).toBe(`evil__${name}`);
    }
    expect(names.find("evil__x")?.serverId).toBe("srv_evil");
  });

  test("of two prefixes that fit a name, the longer one counts", () => {
    const names = exposeNames([
      server("a", ["b__x"]),
      server("one", ["two_x"], "gh"),
      server("a--b", ["y"]),
      server("other", ["x"], "gh_two"),
    ]);
    expect(names.find("gh_two_x")?.serverId).toBe("srv_other");
    expect(names.byServer.get("srv_one")?.get("two_x")).toBe("one__two_x");
    expect(names.byServer.get("srv_a")?.get("b__x")).toBe("b__x");
    const shared = exposeNames([server("a", ["b__x"]), server("c", ["b__x"]), server("a--b", [])]);
    expect(shared.byServer.get("srv_a")?.get("b__x")).toMatch(/^a__[\da-f]{8}$/);
  });

  test("every tool gets another name than all others, whatever the servers list", () => {
    const terms = { maxLength: 32 };
    const word = fc.constantFrom("a", "b", "_", "__", "-", "é", "x".repeat(30));
    const text = fc.array(word, { minLength: 1, maxLength: 5 }).map((words) => words.join(""));
    const generated = fc.uniqueArray(
      fc.record({
        slug: fc.constantFrom("a", "b", "a-b", "a--b", "b-a".repeat(13)),
        prefix: fc.option(fc.constantFrom("a", "a_", "b", "a__b", "b".repeat(32))),
        names: fc.uniqueArray(text, { maxLength: 6 }),
      }),
      { selector: ({ slug }) => slug },
    );
    fc.assert(
      fc.property(generated, generated, (before, after) => {
        const toServers = (all: typeof before) =>
          all.map(({ slug, prefix, names }) => server(slug, names, prefix));
        const { owners } = exposeNamesWithin(toServers(before), new Map(), terms);
        const names = exposeNamesWithin(toServers(after), owners, terms);
        for (const { serverId, names: own } of toServers(after))
          for (const name of own) {
            const exposed = names.byServer.get(serverId)?.get(name) ?? "";
            expect(exposed).toMatch(/^[\w-]{1,32}$/);
            expect(names.find(exposed)).toEqual({ serverId, name });
          }
        const again = exposeNamesWithin(toServers(after), names.owners, terms);
        expect(again.owners).toEqual(names.owners);
      }),
    );
  });
});
