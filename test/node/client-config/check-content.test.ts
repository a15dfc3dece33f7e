import { expect, test } from "vitest";
import { listLookUps } from "../../../client-config/check/check-entry.ts";
import { readConfiguration } from "../../../client-config/read.ts";
import { isServerDocument } from "../../../client-config/server-document/recognize.ts";
import { writeConfiguration } from "../../../client-config/write.ts";
import { describeChecked } from "../../../web/src/pages/workshop/check/describe-checked.ts";
import {
  CLIENT_IDS,
  type ClientId,
} from "../../../workers/contract/marketplace/install/clients.ts";
import { check, cure, json } from "./cure.ts";
import { BENIGN } from "./scan-corpus/benign.ts";

const reserved: [ClientId, string][] = [
  [
    "cursor",
    '{"__proto__": {"polluted": 1}, "mcpServers": {"__proto__": {"command": "x"}, "constructor": {"command": "y", "prototype": {"polluted": 1}}}}',
  ],
  [
    "codex",
    '[__proto__]\npolluted = 1\n[mcp_servers.__proto__]\ncommand = "x"\n[mcp_servers.constructor]\ncommand = "y"\nprototype = { polluted = 1 }\n',
  ],
  [
    "goose",
    "__proto__:\n  polluted: 1\nextensions:\n  __proto__:\n    type: stdio\n    cmd: x\n  constructor:\n    type: stdio\n    cmd: y\n    prototype:\n      polluted: 1\n",
  ],
];
test.each(reserved)(
  "a name of every object is found and cured in a file of %s, its server is read, and no object changes",
  (client, text) => {
    const { configuration } = readConfiguration(text, client);
    expect(configuration.servers.map(({ name }) => name)).toEqual(["__proto__", "constructor"]);
    const found = check(text, client).filter(({ message }) => message.includes("no safe name"));
    expect(found.map(({ path, server }) => [path.at(-1), server])).toEqual([
      ["__proto__", null],
      ["__proto__", "__proto__"],
      ["constructor", "constructor"],
      ["prototype", "constructor"],
    ]);
    expect(found.every(({ range }) => range !== null)).toBe(true);
    const cured = cure(text, client);
    const names = readConfiguration(cured.text, client).configuration.servers;
    expect(names.map(({ name }) => name)).toEqual(["proto-server", "constructor-server"]);
    expect(cured.text).not.toContain("polluted");
    expect({}).not.toHaveProperty("polluted");
  },
);

test("a command line that only a shell can split is found and stays; a path with blanks and unknown members are left alone", () => {
  for (const command of ["npx -y 'a b'", "npx -y x && rm y", "node x.js $(pwd)"]) {
    const [finding] = check(json({ mcpServers: { a: { command } } }), "cursor");
    expect(finding).toMatchObject({ message: "The command is a whole command line.", fix: null });
  }
  const sound = {
    a: { command: "C:\\Program Files\\nodejs\\node.exe", args: ["x"] },
    b: { command: "/Applications/My Server.app/Contents/MacOS/server" },
    c: { command: "My Server" },
    d: { command: "x", tags: ["t"], note: "n", title: "t", cwd: "/", autoApprove: [], id: 1 },
  };
  expect(check(json({ mcpServers: sound }), "cursor")).toEqual([]);
});

test("a server.json is recognized by its content, and a client's file is not one", () => {
  const schema = "https://static.modelcontextprotocol.io/schemas/2025-12-11/server.schema.json";
  const whole = { name: "com.example/x", version: "1.0.0", packages: [] };
  const texts: [string, boolean][] = [
    [json({ $schema: schema }), true],
    [`{"$schema": "${schema}", "name": `, true],
    [json(whole), true],
    [json({ name: "com.example/x", version: "1.0.0", remotes: [] }), true],
    [json({ ...whole, mcpServers: {} }), false],
    [json({ ...whole, context_servers: {} }), false],
    [json({ name: "x", version: "1.0.0" }), false],
    [json({ $schema: "https://opencode.ai/config.json", mcp: {} }), false],
    ["name: x\nversion: 1\npackages: []\n", false],
    ["", false],
    ["[]", false],
  ];
  for (const [text, expected] of texts)
    expect([text, isServerDocument(text)]).toEqual([text, expected]);
  expect(isServerDocument("{", "a/server.json")).toBe(true);
  expect(isServerDocument(json({ mcpServers: {} }), "server.json")).toBe(false);
});

test("the page says what a text was read as, and of the marketplace only if it was asked", () => {
  const reading = readConfiguration('{"mcpServers": {');
  expect(listLookUps(reading.configuration.servers)).toEqual({ packages: [], urls: [] });
  expect(describeChecked(reading, false)).toBe("0 servers, read as the file of Claude Desktop.");
  expect(describeChecked(reading, true)).toContain("Compared with the marketplace");
  expect(describeChecked(null, false)).toBe("Read as server.json.");
});

test("the name of every object as a server's name in a list is found and cured", () => {
  const text = "mcpServers:\n  - name: constructor\n    type: stdio\n    command: npx\n";
  expect(check(text, "continue")).toMatchObject([
    { server: "constructor", message: "“constructor” is no safe name for a server." },
  ]);
  expect(cure(text, "continue").text).toContain("constructor-server");
});

test("files as people have them, in the form of each client, have no slips, command lines and unsafe names", () => {
  const doubts = BENIGN.flatMap(({ name, text }) =>
    CLIENT_IDS.flatMap((client) => {
      const written = writeConfiguration(readConfiguration(text).configuration, client);
      return check(written.text, client)
        .filter(({ message }) => /probably|whole command line|no safe name/.test(message))
        .map(({ message }) => [name, client, message]);
    }),
  );
  expect(doubts).toEqual([]);
});

test.each([
  ["not a url", /does not begin with http/],
  ["javascript:alert(1)", /does not begin with http/],
  ["file:///etc/passwd", /does not begin with http/],
  ["", /is empty/],
  ["http://user:pw@127.0.0.1/", /has a user or password/],
])("the address “%s” is a finding, and one with a reference is none", (url, message) => {
  const find = (address: string) => check(json({ mcpServers: { a: { url: address } } }), "cursor");
  expect(find(url)).toMatchObject([{ severity: "high", message: expect.stringMatching(message) }]);
  expect(find(`\${env:HOST}${url}`)).toEqual([]);
});

test.each([
  ["", "empty"],
  ["[]", "a list"],
  ['"x"', "a single value"],
  ["null", "a single value"],
  ["1", "a single value"],
])("the text %j is said to be no configuration", (text, what) => {
  expect(check(text).map(({ message }) => message)).toEqual([
    `The text is ${what}, not the configuration of a client.`,
  ]);
});

test("a second document of YAML, a page and a chain of lists are what they are", () => {
  const say = (text: string) => check(text)[0]?.message;
  expect(say("extensions: {}\n---\nb: 2\n")).toMatch(/not valid YAML: it has several documents/);
  expect(say("<html></html>")).toMatch(/not valid JSON/);
  expect(say("- ".repeat(300))).toMatch(/nested more than 100 levels/);
});
