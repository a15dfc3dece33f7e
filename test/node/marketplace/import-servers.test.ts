import { expect, test } from "vitest";
import { readImport } from "../../../client-config/import/read-import.ts";
import { MAX_TEXT_LENGTH } from "../../../client-config/limits.ts";
import type { Hosted } from "../../../web/src/pages/workshop/apply/apply-item.ts";
import { findExisting, toRequest } from "../../../web/src/pages/workshop/apply/apply-item.ts";
import { toItems } from "../../../web/src/pages/workshop/import/to-items.ts";
import { HOSTING_CATALOGUE } from "../../../workers/contract/hosting/catalogue-data.ts";
import { EXPORTS } from "../../fixtures/gateway-exports.ts";

const HOSTING: Hosted[] = HOSTING_CATALOGUE.map((entry) => ({
  ...entry,
  isAvailable: entry.id !== "slack",
  unavailableReason: entry.id === "slack" ? "No container host accepts servers now." : null,
}));
const planOf = (text: string, name?: string) => toItems(readImport(text, name).servers, HOSTING);
const planServers = (mcpServers: object) => planOf(JSON.stringify({ mcpServers }));
const why = (mcpServers: object) => {
  const [item] = planServers(mcpServers);
  return item?.way.kind === "none" ? item.way.why : `${item?.way.kind}`;
};
const settings = (values: Record<string, string> = {}) => ({ slug: "x", prefix: "", values });

/** The result for each server of an export. */
const WAYS: Record<string, string> = {
  "Docker MCP profile":
    "duckduckgo none, files none, https-registry-modelcontextprotocol-io none, docs add",
  "Docker MCP catalog": "docs add, curl none",
  MetaMCP: "hackernews none, meta add",
  MCPHub: "hub add, rest none, context7 host",
  "1mcp": "one add, files host",
  ContextForge: "production-east add",
};

test.each(Object.keys(EXPORTS))(
  "an export of %s is recognized by its content, and each of its servers has a way or a reason",
  (source) => {
    const { text = "", remote } = EXPORTS[source] ?? {};
    const reading = readImport(text);
    expect(reading.source).toBe(source);
    const items = toItems(reading.servers, HOSTING);
    expect(items.map(({ key, way }) => `${key} ${way.kind}`).join(", ")).toBe(WAYS[source]);
    const urls = items.flatMap(({ way }) => (way.kind === "add" ? [way.template.url] : []));
    expect(urls).toEqual([remote]);
  },
);

test("a secret of the file is no field’s first value: it is used by choice, in a credential header", () => {
  const [item] = planServers({
    own: {
      type: "http",
      url: "https://own.example/AbCd1234EfGh5678IjKl9012/mcp?api_key=k1&region=eu",
      headers: { Authorization: "Bearer s3", "X-Region": "eu", "X-Forwarded-For": "1.2.3.4" },
    },
  });
  if (!item || item.way.kind !== "add") throw new Error("it is not added by its address");
  expect(JSON.stringify(item.way)).not.toMatch(/AbCd1234|k1|Bearer s3/);
  expect(item.initial).toEqual({ "X-Region:value": "eu" });
  expect(item.way.template.leftOut).toMatchObject([{ name: "X-Forwarded-For" }]);
  expect(toRequest(item, settings(item.initial)).problem).toContain("Fill in part-");
  const { body } = toRequest(item, settings({ ...item.initial, ...item.fromFile })) as {
    body: object;
  };
  expect(body).toEqual({
    slug: "x",
    name: "own",
    url: "https://own.example/AbCd1234EfGh5678IjKl9012/mcp?api_key=k1&region=eu",
    headers: { "X-Region": "eu" },
    credentials: { Authorization: "Bearer s3" },
  });
});

test("packages of the hosting catalogue are hosted, also those that an entry replaces; secrets wait for a choice", () => {
  const items = planServers({
    github: {
      command: "cmd",
      args: ["/c", "npx", "-y", "@modelcontextprotocol/server-github@2025.4.8"],
      env: { GITHUB_PERSONAL_ACCESS_TOKEN: "ghp_abc", EXTRA: "1" },
    },
    postgres: {
      command: "npx",
      args: ["-y", "@modelcontextprotocol/server-postgres", "postgres://u:p@h/d"],
    },
    slack: { command: "npx", args: ["-y", "@zencoderai/slack-mcp-server"] },
  });
  expect(items.map(({ way }) => (way.kind === "host" ? way.entry.id : way.kind))).toEqual([
    "github",
    "postgres",
    "none",
  ]);
  expect(items[0]).toMatchObject({
    initial: {},
    fromFile: { GITHUB_PERSONAL_ACCESS_TOKEN: "ghp_abc" },
    notes: ["The hosted server does not take EXTRA."],
  });
  expect(items[1]?.notes.join(" ")).toContain("takes the place of");
  expect(items[2]?.way).toEqual({ kind: "none", why: "No container host accepts servers now." });
});

test.each([
  [{ a: { command: "/usr/local/bin/server" } }, "on one machine"],
  [{ a: { command: "npx", args: ["-y", "./server"] } }, "a folder or an address"],
  [{ a: { command: "sh", args: ["-c", "x"] } }, "commands of a shell (sh)"],
  [{ a: { command: "env", args: ["A=b", "bash", "-c", "x"] } }, "commands of a shell (bash)"],
  [
    { a: { command: "docker", args: ["run", "-v", "/var/run/docker.sock:/x", "y"] } },
    "container engine",
  ],
  [{ a: { command: "uvx", args: ["mcp-server-fetch"] } }, "a package that uvx installs"],
  [
    { a: { command: "npx", args: ["-y", "@unknown/server"] } },
    "no server of the hosting catalogue",
  ],
  [{ a: { type: "http", url: "unix:///run/mcp.sock" } }, "a socket"],
  [{ a: { type: "http", url: "ftp://example.com" } }, "not one of http or https"],
])("what cannot be in a workspace says why: %j", (servers, words) => {
  expect(why(servers)).toContain(words);
});

test("mcp-remote is the server that it carries messages to, with the header that is in a variable", () => {
  const [item] = planServers({
    far: {
      command: "npx",
      args: [
        "-y",
        "mcp-remote@0.1.0",
        "https://far.example/mcp",
        "--header",
        "Authorization:${AUTH}",
      ],
      env: { AUTH: "Bearer far" },
    },
  });
  expect(item).toMatchObject({
    way: { kind: "add", template: { url: "https://far.example/mcp" } },
  });
  expect(item?.fromFile).toEqual({ "Authorization:value": "Bearer far" });
});

test("a plan that was applied finds its servers again by address or entry, and others not", () => {
  const [item] = planServers({ a: { type: "http", url: "https://a.example/mcp" } });
  if (!item) throw new Error("the plan is empty");
  const server = (url: string) => ({ slug: "s", name: "S", url, origin: null });
  expect(findExisting(item, settings(), [server("https://a.example/mcp")], [])?.slug).toBe("s");
  expect(findExisting(item, settings(), [server("https://b.example/mcp")], [])).toBeUndefined();
});

test.each([
  ["a large text", `{"mcpServers":{"a":"${"x".repeat(2_000_000)}"}}`],
  ["a text of 10,000 levels", `${'{"a":'.repeat(10_000)}1${"}".repeat(10_000)}`],
  ["no configuration", "hello"],
  ["an empty text", ""],
  ["broken JSON", '{"mcpServers": {'],
  ["a list of nothing", "[1, null, {}]"],
])("%s has no servers and a note that says why", (_what, text) => {
  const { servers, notes } = readImport(text);
  expect(servers).toEqual([]);
  expect(notes.join(" ")).toMatch(/\w+ \w+/);
});

test("a prototype key is a name like others, and wrong types leave out their server only", () => {
  const text = `{"users":[],"mcpServers":{"__proto__":{"url":"https://p.example/mcp"},"bad":{"url":7},"good":{"url":"https://g.example/mcp"}}}`;
  const items = planOf(text);
  expect(items.find(({ key }) => key === "good")?.way.kind).toBe("add");
  expect(items.find(({ key }) => key === "bad")?.way.kind).toBe("none");
  expect({}).not.toHaveProperty("url");
  const hosted = `{"users":[],"mcpServers":{"a":{"command":"npx","args":["-y","@modelcontextprotocol/server-github"],"env":{"__proto__":"x"}}}}`;
  expect(planOf(hosted)[0]?.notes).toContain("The hosted server does not take __proto__.");
});

test("a server is not added without a secret of its file: the outcome names all that are missing", () => {
  const [item] = planServers({
    a: {
      type: "http",
      url: "https://a.example/mcp",
      headers: { "X-Key": "Ab3dEf6hIj9kLm2n", Authorization: "Bearer ${TOKEN}", "X-Region": "eu" },
    },
  });
  if (!item) throw new Error("the plan is empty");
  expect(toRequest(item, settings(item.initial))).toEqual({
    resource: null,
    problem: "Fill in X-Key and Authorization: TOKEN first, or choose to send the file’s value.",
  });
  const values = { ...item.initial, ...item.fromFile, "Authorization:TOKEN": "t" };
  expect(toRequest(item, settings(values))).toMatchObject({
    resource: "servers",
    body: { credentials: { "X-Key": "Ab3dEf6hIj9kLm2n", Authorization: "Bearer t" } },
  });
});

test("a text that is too large says so, and not that it is no file", () => {
  const { notes } = readImport(`{"mcpServers": {}}${" ".repeat(MAX_TEXT_LENGTH)}`);
  expect(notes).toEqual(["The file is larger than 1 MiB, so nothing of it was read."]);
});
