import * as fc from "fast-check";
import { parse as parseToml } from "smol-toml";
import { expect, test } from "vitest";
import { parse as parseYaml } from "yaml";
import {
  CLIENT_IDS,
  type ClientId,
} from "../../../workers/contract/marketplace/install/clients.ts";
import { installOf } from "../../../workers/contract/marketplace/install/installation.ts";
import { packOf } from "../../../workers/contract/marketplace/install/pack.ts";
import { ServerDocument } from "../../../workers/contract/marketplace/server-document.ts";

const TOKEN = { name: "API_TOKEN", isRequired: true, isSecret: true };
const npm = (identifier: string) => ({
  packages: [{ registryType: "npm", identifier, version: "1.2.3", environmentVariables: [TOKEN] }],
});
const remote = (host: string) => ({
  remotes: [
    {
      type: "streamable-http",
      url: `https://${host}/mcp`,
      headers: [{ name: "Authorization", value: "Bearer {token}", variables: { token: {} } }],
    },
  ],
});
const toDocument = (name: string, parts: object) => ServerDocument.parse({ name, ...parts });

const WEATHER = toDocument("com.example/weather", npm("@example/weather"));
const MAPS = toDocument("com.example/maps", remote("maps.example.com"));
const BUNDLE = toDocument("com.example/bundle", {
  packages: [
    {
      registryType: "mcpb",
      identifier: "https://example.com/mcp.mcpb",
      fileSha256: "0".repeat(64),
    },
  ],
});

function parse({ language, text }: { language: string; text: string }): Record<string, unknown> {
  if (language === "json") return JSON.parse(text);
  return language === "toml" ? parseToml(text) : parseYaml(text);
}

/** Servers by name or as a list, and inputs: those of several files together. */
function merge(files: Record<string, unknown>[]): Record<string, unknown> {
  const merged: Record<string, unknown> = {};
  for (const [key, value] of files.flatMap((file) => Object.entries(file))) {
    const before = merged[key];
    merged[key] = Array.isArray(value)
      ? [...(Array.isArray(before) ? before : []), ...value]
      : Object.assign({}, before, value);
  }
  return merged;
}

const fileOf = (client: ClientId, documents: ServerDocument[], values = {}) => {
  const { file } = packOf(documents, client, values);
  if (!file) throw new Error("the pack has no server");
  return parse(file);
};

test.each(CLIENT_IDS)("the file for %s has what the files of the single servers have", (client) => {
  const values = { "com.example/weather": { "environment:API_TOKEN": "typed" } };
  const single = [WEATHER, MAPS].map((document) => {
    const own = document === WEATHER ? values["com.example/weather"] : {};
    const { file } = installOf(document, client, own) ?? {};
    return file ? parse(file) : {};
  });
  expect(fileOf(client, [WEATHER, MAPS], values)).toEqual(merge(single));
  expect(JSON.stringify(single)).toContain("typed");
});

test("two servers with the same name in the client get different names", () => {
  const other = toDocument("org.other/weather", npm("@other/weather"));
  const { servers } = packOf([WEATHER, other], "cursor", {});
  expect(servers.map(({ key }) => key)).toEqual(["weather", "weather-2"]);
  expect(Object.keys(fileOf("cursor", [WEATHER, other])["mcpServers"] as object)).toEqual([
    "weather",
    "weather-2",
  ]);
});

test("a server that the client cannot run, and a bundle, are left out with the reason", () => {
  const { leftOut, servers } = packOf([BUNDLE, MAPS], "claude-desktop", {});
  expect(servers.map(({ name }) => name)).toEqual(["com.example/maps"]);
  expect(leftOut).toEqual([
    {
      name: "com.example/bundle",
      why: "It is a bundle, which has no configuration: install it from its own page.",
    },
  ]);
  const none = packOf([BUNDLE], "zed", {});
  expect(none).toMatchObject({ file: null, servers: [] });
  expect(none.leftOut[0]?.why).toMatch(/only Claude Desktop/);
});

test("servers that refer to the same variable say so, unless their values are typed", () => {
  const other = toDocument("com.example/other", npm("@example/other"));
  expect(packOf([WEATHER, other], "claude-code", {}).warnings).toEqual([
    "weather and other take the same value, API_TOKEN. If they need different ones, type them.",
  ]);
  expect(packOf([WEATHER, other], "vscode", {}).warnings).toEqual([]);
  const values = { "com.example/other": { "environment:API_TOKEN": "its own" } };
  expect(packOf([WEATHER, other], "claude-code", values).warnings).toEqual([]);
});

test("a server that would have no link and no command alone is left out with the reason", () => {
  const registryBaseUrl = "https://npm.evil.example";
  const [source] = npm("weather").packages;
  const foreign = toDocument("com.example/foreign", { packages: [{ ...source, registryBaseUrl }] });
  const starts = { type: "named", name: "-c", value: "touch /tmp/x" };
  const shell = toDocument("com.example/shell", {
    packages: [{ ...source, runtimeArguments: [starts] }],
  });
  const pack = packOf([foreign, WEATHER, shell], "cursor", {});
  expect(pack.servers.map(({ name }) => name)).toEqual([WEATHER.name]);
  expect(pack.leftOut).toEqual([
    {
      name: foreign.name,
      why: "The entry’s package is in another registry: https://npm.evil.example",
    },
    { name: shell.name, why: expect.stringMatching(/^[A-Z].{10}/) },
  ]);
  expect(pack.file?.text).not.toMatch(/evil|touch/);
});

test("no typed value breaks out of its server's place in any client's file", () => {
  const hostile = fc.oneof(
    fc.constantFrom('"', "\n[mcp_servers.evil]\n", '"}}, "evil": {"command": "sh"', "\n  evil:\n"),
    fc.string({ unit: "binary", maxLength: 8 }),
  );
  fc.assert(
    fc.property(hostile, hostile, fc.constantFrom(...CLIENT_IDS), (one, two, client) => {
      const typed = fileOf(client, [WEATHER, MAPS], {
        "com.example/weather": { "environment:API_TOKEN": one },
        "com.example/maps": { "header:authorization:token": two },
      });
      const plain = fileOf(client, [WEATHER, MAPS]);
      const shape = (file: Record<string, unknown>) =>
        Object.entries(file)
          .filter(([key]) => key !== "inputs")
          .map(([key, value]) => [
            key,
            Array.isArray(value) ? value.length : Object.keys(value as object),
          ]);
      expect(shape(typed)).toEqual(shape(plain));
    }),
    { numRuns: 300 },
  );
});
