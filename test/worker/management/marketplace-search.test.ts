import { createExecutionContext } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { beforeAll, describe, expect, test } from "vitest";
import { handleRequest } from "../../../workers/app.ts";
import type { Env } from "../../../workers/runtime/env.ts";
import { bindings, send } from "../support/gateway-client.ts";
import { manage, refusalOf, type Json } from "../support/management-client.ts";

const OFFICIAL = "io.modelcontextprotocol.registry/official";
const DAY_MS = 86_400_000;
/** In the title of every server of this file, so that searches find no others. */
const MARK = "zyxophon";

const entry = (name: string, server: object = {}, days = 1) => {
  const at = new Date(Date.now() - days * DAY_MS).toISOString();
  return {
    server: { name, version: "1.0.0", title: MARK, ...server },
    _meta: { [OFFICIAL]: { status: "active", publishedAt: at, updatedAt: at } },
  };
};
const npm = (identifier: string, more: object = {}) => ({
  packages: [{ registryType: "npm", identifier, version: "1.0.0", ...more }],
});
const key = { name: "KEY", isSecret: true, isRequired: true };

const importFrom = (source: string, ...servers: unknown[]) =>
  manage("POST", "/marketplace/imports", { source, page: { servers } });
const get = async (path: string, query: Record<string, string>) =>
  manage("GET", `/marketplace/${path}?${new URLSearchParams(query).toString()}`);
const listNames = async (query: Record<string, string>) =>
  (await get("servers", query)).body.items.map(({ name }: Json) => name);
const summarize = async (query: Record<string, string>) =>
  (await get("search-summary", query)).body;

beforeAll(async () => {
  await importFrom(
    "official",
    entry("io.github.quokkasoft/postgres", {
      ...npm("quokka-pg", { environmentVariables: [key] }),
      repository: { url: "https://github.com/quokkasoft/postgres" },
      description: "Reads the schema of a Postgres database and runs SQL on it, read-only.",
    }),
    entry("io.github.quokkasoft/slack-posts", {
      ...npm("quokka-slack"),
      description: "Posts messages to Slack channels, also about the Postgres database.",
    }),
    entry("com.quokka/maps", {
      remotes: [{ type: "streamable-http", url: "https://maps.example.com/mcp" }],
      description: "Finds routes and places on maps for people who travel.",
      icons: [{ src: "https://maps.example.com/icon.png" }],
    }),
    entry(
      "com.quokka/old-events",
      {
        remotes: [
          { type: "sse", url: "https://old.example.com/sse", headers: [{ ...key, name: "X-Key" }] },
        ],
      },
      400,
    ),
  );
  await importFrom(
    "search-files",
    entry("io.github.quokkasoft-fans/files", npm("@modelcontextprotocol/server-filesystem")),
  );
});

describe("a search of the marketplace", () => {
  test("names say more than descriptions, and a summary says how a server is run", async () => {
    const { items } = (await get("servers", { q: `${MARK} postgres` })).body;
    expect(items.map(({ name }: Json) => name)).toEqual([
      "io.github.quokkasoft/postgres",
      "io.github.quokkasoft/slack-posts",
    ]);
    expect(items[0]).toMatchObject({
      publisher: "io.github.quokkasoft",
      transports: ["stdio"],
      auth: "variables",
      official: true,
      hostable: false,
      icon: null,
    });
    expect(items[0].categories[0]).toBe("databases");
    expect(items[0].clients).toContain("cursor");
    const [maps] = (await get("servers", { q: `${MARK} maps` })).body.items;
    expect(maps).toMatchObject({ icon: "https://maps.example.com/icon.png", auth: "none" });
    expect(maps.clients).not.toContain("claude-desktop");
  });

  test.each<[Record<string, string>, string[]]>([
    [{ client: "claude-desktop" }, ["files", "postgres", "slack-posts"]],
    [{ transport: "sse" }, ["old-events"]],
    [{ auth: "headers" }, ["old-events"]],
    [{ category: "location" }, ["maps"]],
    [{ official: "true", remote: "true" }, ["maps", "old-events"]],
    [{ hostable: "true" }, ["files"]],
    [{ grade: "F" }, ["old-events"]],
    [{ updatedWithin: "30", transport: "stdio" }, ["files", "postgres", "slack-posts"]],
    [{ updatedWithin: "30", remote: "true" }, ["maps"]],
    [{ licence: "MIT" }, []],
    [{ q: `${MARK} owner:quokkasoft` }, ["postgres", "slack-posts"]],
    [{ q: `${MARK} owner:com.quokka` }, ["maps", "old-events"]],
    [{ q: `${MARK} is:verified transport` }, []],
    [{ q: `${MARK} is:verified` }, ["maps", "old-events", "postgres"]],
    [{ q: `is:official ${MARK} client:zed` }, ["maps", "postgres", "slack-posts"]],
    [{ q: `${MARK} Category:databases grade:f` }, []],
    [{ q: `${MARK} licence:MIT` }, []],
  ])("the filters %j find %j", async (filters, expected) => {
    const found = await listNames({ q: MARK, ...filters });
    expect(found.map((name: string) => name.split("/")[1]).toSorted()).toEqual(expected);
  });

  test.each([
    "io.github.quokkasoft-twin/github-mcp-server",
    "IO.GitHub.Quokkasoft-Twin/GitHub-MCP-Server",
    "https://github.com/quokkasoft-twin/github-server",
    "github.com/Quokkasoft-Twin/github-server/tree/main/src",
    "git@github.com:quokkasoft-twin/github-server.git",
  ])("%j is the whole name of a server, which comes first", async (q) => {
    const name = "io.github.quokkasoft-twin/github-mcp-server";
    const repository = { url: "https://github.com/quokkasoft-twin/github-server" };
    await importFrom(
      "official",
      entry("io.github.quokkasoft-twin/github", { title: "Twin", ...npm("quokka-twin") }),
      entry(name, { title: "Twin", repository }, 900),
    );
    const found = await listNames({ q });
    expect(found[0]).toBe(name);
    expect(found).toContain("io.github.quokkasoft-twin/github");
    expect(await listNames({ q: `${q} owner:quokkasoft` })).toEqual([]);
    expect((await summarize({ q })).total).toBe(found.length);
  });

  test("what a server needs is unknown while nothing says how it is run", async () => {
    const name = "com.zyxovoid/unrunnable";
    await importFrom("search-files", entry(name, { title: "zyxovoid" }));
    const [found] = (await get("servers", { q: "zyxovoid" })).body.items;
    expect(found).toMatchObject({ name, auth: null });
    expect(await listNames({ q: "zyxovoid", auth: "none" })).toEqual([]);
    expect((await summarize({ q: "zyxovoid" })).facets.auth).toEqual([]);
  });

  test("the newest servers and those with the highest score come first when asked for", async () => {
    const newest = await listNames({ q: MARK, sort: "newest" });
    expect(newest.at(-1)).toBe("com.quokka/old-events");
    const { items } = (await get("servers", { q: MARK, sort: "score" })).body;
    const scores = items.map(({ score }: Json) => score);
    expect(scores).toEqual(scores.toSorted((a: number, b: number) => b - a));
  });

  test("counts are those of the other filters, and the total is that of all", async () => {
    const { total, facets } = await summarize({ q: MARK, transport: "stdio", official: "true" });
    expect(total).toBe(2);
    expect(facets.transport).toEqual([
      { value: "stdio", count: 2 },
      { value: "sse", count: 1 },
      { value: "streamable-http", count: 1 },
    ]);
    expect(facets.official).toEqual([{ value: "true", count: 2 }]);
    expect(facets.auth).toEqual([
      { value: "none", count: 1 },
      { value: "variables", count: 1 },
    ]);
    expect(facets.category).toContainEqual({ value: "databases", count: 2 });
  });

  test.each([
    ["zyxofon", MARK],
    ["zyxophno", MARK],
    ["Zyxopon  postgers", `${MARK}  postgres`],
    ["yzxophon is:official", `${MARK} is:official`],
  ])("the typing errors of %j are corrected", async (q, expected) => {
    expect((await summarize({ q })).suggestion).toBe(expected);
  });

  test("a typing error is corrected to a word with a digit", async () => {
    await importFrom("files", { server: { name: "com.digits/vexo4jam" } });
    expect((await summarize({ q: "vexojam" })).suggestion).toBe("vexo4jam");
  });

  test("a search that finds something, or that nothing is similar to, has no suggestion", async () => {
    expect((await summarize({ q: MARK })).suggestion).toBeNull();
    expect((await summarize({ q: "qqqqwwwweeee" })).suggestion).toBeNull();
  });

  test("a page goes on after its last server although others were added before it", async () => {
    const query = { q: "vexillum", sort: "newest", limit: "2" };
    const names = ["a", "b", "c", "d"].map((letter) => `com.vexillum/vexillum-${letter}`);
    await importFrom("search-files", ...names.map((name, i) => entry(name, {}, 10 + i)));
    const first = (await get("servers", query)).body;
    expect(first.items.map(({ name }: Json) => name)).toEqual(names.slice(0, 2));
    await importFrom("search-files", entry("com.vexillum/vexillum-new", {}, 1));
    const second = (await get("servers", { ...query, cursor: first.nextCursor })).body;
    expect(second.items.map(({ name }: Json) => name)).toEqual(names.slice(2));
    expect(second.nextCursor).toBeNull();
  });

  test("a score that changes by itself changes the order and the grade", async () => {
    await importFrom(
      "search-files",
      entry("com.vexillum/rescored"),
      entry("com.vexillum/rescored-2"),
    );
    await bindings.DB.prepare(
      "UPDATE marketplace_servers SET score = 99, grade = 'A' WHERE name = 'com.vexillum/rescored-2'",
    ).run();
    const query = { q: "rescored", sort: "score" };
    // Others than imports are seen with the next check, within a second.
    await expect.poll(async () => (await listNames(query))[0]).toBe("com.vexillum/rescored-2");
    expect(await listNames({ ...query, grade: "A" })).toEqual(["com.vexillum/rescored-2"]);
  });

  test("a server names others for the same purpose", async () => {
    const purpose = "Renders gonkulator blueprints as drawings.";
    await importFrom(
      "search-files",
      entry("com.vexillum/gonk-one", { description: purpose }),
      entry("com.other/gonk-two", { description: "Draws blueprints of a gonkulator." }),
      entry("com.other/unlike", { description: "Sends letters by post." }),
    );
    const { body } = await manage("GET", "/marketplace/servers/com.vexillum/gonk-one");
    const names = body.similar.map(({ name }: Json) => name);
    expect(names[0]).toBe("com.other/gonk-two");
    expect(names).not.toContain("com.vexillum/gonk-one");
    expect(names.length).toBeLessThanOrEqual(6);
  });

  test.each<[Record<string, string>, string]>([
    [{ client: "emacs" }, "cursor"],
    [{ transport: "udp" }, "streamable-http"],
    [{ sort: "stars" }, "newest"],
    [{ official: "yes" }, "true"],
    [{ updatedWithin: "0" }, "updatedWithin"],
    [{ cursor: "7" }, "nextCursor"],
    [{ q: "is:famous" }, "verified, official"],
    [{ q: "grade:z" }, "A, B, C"],
  ])("the filter %j is refused with what is allowed", async (query, allowed) => {
    const refused = await get("servers", query);
    expect(refusalOf(refused)).toMatch(/^400 invalid: /);
    expect(refused.body.error.message).toContain(allowed);
  });

  test.each([
    '"',
    '""',
    "*",
    "a*",
    "NEAR(a b)",
    "a AND",
    "OR NOT",
    "name:",
    "{name}:x",
    "-x",
    "^x",
    "(",
    "');--",
    "\\",
    "\u0000",
    "owner:",
    "owner:*",
    "e\u0301",
    "\u{1E900}\u{1E922}",
    "日本",
    "٣",
    "🦘",
    "ﬁ",
  ])("a search for %j is a search for its words", async (q) => {
    expect((await get("servers", { q })).status).toBe(200);
    expect((await get("search-summary", { q: `${q} zyxophno` })).status).toBe(200);
  });
});

describe("visitors", () => {
  const paths = ["servers?q=zyxophon", "servers/com.quokka/maps", "search-summary"];
  const ask = async (path: string, changed: Partial<Env>, headers: Record<string, string> = {}) => {
    const request = new Request(`http://gateway.test/api/marketplace/${path}`, {
      headers: { host: "gateway.test", ...headers },
    });
    return handleRequest(request, { ...bindings, ...changed }, createExecutionContext());
  };

  test("read the marketplace without a credential, unless the operator closes it", async () => {
    for (const path of paths) {
      expect((await send(`/api/marketplace/${path}`)).status).toBe(200);
      expect((await ask(path, { MARKETPLACE_PUBLIC: "false" })).status).toBe(401);
    }
    const body = JSON.stringify({ source: "files", page: { servers: [] } });
    const headers = { "content-type": "application/json" };
    const refused = await send("/api/marketplace/imports", { method: "POST", headers, body });
    expect(refused.status).toBe(401);
  });

  test("a wrong key is refused, also where none is needed", async () => {
    const headers = { authorization: "Bearer wrong", "cf-connecting-ip": "2001:db8:77::1" };
    for (const path of paths) expect((await ask(path, {}, headers)).status).toBe(401);
  });

  test("beyond the limit of an address, requests without a credential reach no database", async () => {
    const { SMALL_STRANGER_LIMIT } = env as unknown as { SMALL_STRANGER_LIMIT: RateLimit };
    const headers = { "cf-connecting-ip": "2001:db8:78::1" };
    const limited = { VISITOR_LIMIT: SMALL_STRANGER_LIMIT };
    const statuses = [];
    for (let i = 0; i < 12; i += 1)
      statuses.push((await ask("search-summary", limited, headers)).status);
    // The windows are the minutes of the clock: two can have begun.
    expect(statuses).toContain(429);
    expect(statuses[0]).toBe(200);
  });
});
