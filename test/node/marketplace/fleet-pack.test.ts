import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as fc from "fast-check";
import { parse as parseToml } from "smol-toml";
import { describe, expect, test } from "vitest";
import type { FleetClient, FleetServer } from "../../../workers/contract/api/fleet-pack.ts";
import { toClaudeCode } from "../../../workers/contract/fleet/claude-code.ts";
import { toCodex } from "../../../workers/contract/fleet/codex.ts";
import { toCopilot, toVsCode } from "../../../workers/contract/fleet/copilot.ts";
import { makeFleetPack } from "../../../workers/contract/fleet/fleet-pack.ts";
import { toFleetServers } from "../../../workers/contract/fleet/fleet-servers.ts";

const ORIGIN = "https://mcp.example.com";
const ACME = { origin: ORIGIN, slug: "acme", servers: ["github", "notes"] };
const GATEWAY = `${ORIGIN}/api/gw/acme`;

/** Texts that end a string, a command or a line in some format. */
const HOSTILE = [
  ...Array.from("\"'\\`<>&\n\r\t\0\u001b\u007f\u0085\u00e9\u2018\u2019\u201b\u2028\u202e\ufffe"),
  "\ud800",
  "\u{1f600}",
  "'''",
  '"""',
  "]]>",
  "</string><key>x</key>",
  "$(touch /tmp/x)",
  "${HOME}",
  "'@\r\n",
  "%s%n",
  '"]\n[mcp_servers.evil.identity]\nurl = "x"',
];
const hostile = fc
  .array(fc.oneof(fc.constantFrom(...HOSTILE), fc.string({ unit: "binary", maxLength: 3 })), {
    minLength: 1,
    maxLength: 5,
  })
  .map((parts) => parts.join(""));
/** The first server is the workspace. */
const hostileServers = fc.tuple(hostile, hostile, hostile).map(([first, name, url]) => [
  { name: `a${first}`, url: first },
  { name: `b${name}`, url },
]);

const contentOf = (client: FleetClient, name: string) => {
  const file = client.files.find((one) => one.name === name);
  if (!file) throw new Error(`no ${name}`);
  return file.content;
};
const toUrlList = (servers: FleetServer[]) => servers.map(({ url }) => ({ serverUrl: url }));
const toFixed = ([, ...servers]: FleetServer[]) => ({
  mcpServers: Object.fromEntries(
    servers.map(({ name, url }) => [
      name,
      { type: "http", url, headers: { Authorization: "Bearer ${MCPNEST_ACME_TOKEN}" } },
    ]),
  ),
});
/** What Codex reads: a name or address that TOML has no form for is another one there, which no server has. */
const toRequirements = (servers: FleetServer[]) => ({
  mcp_servers: Object.fromEntries(
    servers.map(({ name, url }) => [
      name.toWellFormed(),
      { identity: { url: url.toWellFormed() } },
    ]),
  ),
  plugins: { "mcpnest@none": { mcp_servers: {} } },
});
const isXml = (text: string) =>
  text
    .toWellFormed()
    .replaceAll(/[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/gu, "\ufffd");

describe("no name and no address leaves its place", () => {
  test("in JSON, TOML and property lists", async () => {
    await fc.assert(
      fc.asyncProperty(hostileServers, async (servers) => {
        const claude = await toClaudeCode("acme", servers, "MCPNEST_ACME_TOKEN");
        const settings = {
          allowManagedMcpServersOnly: true,
          allowedMcpServers: toUrlList(servers),
        };
        expect(JSON.parse(contentOf(claude, "managed-settings.json"))).toEqual(settings);
        expect(JSON.parse(contentOf(claude, "managed-mcp.json"))).toEqual(toFixed(servers));
        expect(readProfile(contentOf(claude, "claude-code.mobileconfig"))).toMatchObject({
          allowManagedMcpServersOnly: true,
          allowedMcpServers: servers.map(({ url }) => ({ serverUrl: isXml(url) })),
        });

        const copilot = await toCopilot("acme", servers);
        const list = toUrlList(servers);
        expect(JSON.parse(contentOf(copilot, "managed-settings.json"))).toEqual({
          allowedMcpServers: list,
        });
        const { allowedMcpServers } = readProfile(contentOf(copilot, "copilot.mobileconfig"));
        expect(JSON.parse(String(allowedMcpServers))).toEqual(list);

        const codex = await toCodex("acme", servers);
        expect(parseToml(contentOf(codex, "requirements.toml"))).toEqual(toRequirements(servers));
        const { requirements_toml_base64: encoded } = readProfile(
          contentOf(codex, "codex.mobileconfig"),
        );
        expect(parseToml(atob(String(encoded)))).toEqual(toRequirements(servers));
        for (const { content } of [...claude.files, ...copilot.files, ...codex.files])
          expect(content).toMatch(/^[\t\n\r\u0020-\u007e]*$/);
      }),
      { numRuns: 60 },
    );
  });

  test("in scripts for Windows PowerShell", async () => {
    await fc.assert(
      fc.asyncProperty(hostileServers, async (servers) => {
        const claude = await toClaudeCode("acme", servers, "MCPNEST_ACME_TOKEN");
        const [settings] = readPowerShell(contentOf(claude, "claude-code.ps1")).slice(-1);
        expect(JSON.parse(settings ?? "").allowedMcpServers).toEqual(toUrlList(servers));
        const [fixed] = readPowerShell(contentOf(claude, "claude-code-servers.ps1")).slice(-1);
        expect(JSON.parse(fixed ?? "")).toEqual(toFixed(servers));
        const copilot = await toCopilot("acme", servers);
        const [list] = readPowerShell(contentOf(copilot, "copilot.ps1")).slice(-1);
        expect(JSON.parse(list ?? "")).toEqual(toUrlList(servers));
        const codex = await toCodex("acme", servers);
        const [toml] = readPowerShell(contentOf(codex, "codex.ps1")).slice(-1);
        expect(parseToml(toml ?? "")).toEqual(toRequirements(servers));
      }),
      { numRuns: 60 },
    );
  });

  test("in the script for macOS, which a shell runs", async () => {
    const folder = mkdtempSync(join(tmpdir(), "mcpnest-fleet-"));
    try {
      for (const servers of fc.sample(hostileServers, 6)) {
        const claude = await toClaudeCode("acme", servers, "MCPNEST_ACME_TOKEN");
        const script = contentOf(claude, "claude-code-servers.sh");
        execFileSync("sh", { input: script.replaceAll("/Library", `${folder}/Library`) });
        const path = join(folder, "Library/Application Support/ClaudeCode/managed-mcp.json");
        expect(JSON.parse(readFileSync(path, "utf8"))).toEqual(toFixed(servers));
      }
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});

describe("a fleet pack", () => {
  test("allows the workspace's address and that of each server, under short names that differ", () => {
    const long = "a".repeat(39);
    const servers = ["acme", "acme-2", "token", long, `${long.slice(0, 30)}-b`];
    expect(toFleetServers({ ...ACME, servers })).toEqual([
      { name: "acme", url: GATEWAY },
      { name: "acme-2", url: `${GATEWAY}/acme` },
      { name: "acme-2-2", url: `${GATEWAY}/acme-2` },
      // A server with the slug `token` has no separate address.
      { name: "a".repeat(25), url: `${GATEWAY}/${long}` },
      { name: `${"a".repeat(23)}-2`, url: `${GATEWAY}/${long.slice(0, 30)}-b` },
    ]);
  });

  test("of a workspace without servers allows its own address alone, and refuses all else", async () => {
    const { servers, clients } = await makeFleetPack({ ...ACME, servers: [] });
    expect(servers).toEqual([{ name: "acme", url: GATEWAY }]);
    const [claude, copilot, , codex] = clients;
    if (!claude || !copilot || !codex) throw new Error("a client is missing");
    expect(JSON.parse(contentOf(claude, "managed-mcp.json"))).toEqual({ mcpServers: {} });
    expect(JSON.parse(contentOf(copilot, "managed-settings.json"))).toEqual({
      allowedMcpServers: [{ serverUrl: GATEWAY }],
    });
    expect(parseToml(contentOf(codex, "requirements.toml"))).toEqual(toRequirements(servers));
  });

  test("is not made for an origin that a list would read as a pattern or a variable", async () => {
    for (const origin of ["https://*.example.com", "https://${HOST}", `${ORIGIN}/x`, "mcp"])
      await expect(makeFleetPack({ ...ACME, origin })).rejects.toThrow(TypeError);
  });

  test("replaces the profile of an earlier one: the identifier stays, the UUID follows the content", async () => {
    const read = async (servers: string[]) => {
      const client = await toCopilot("acme", toFleetServers({ ...ACME, servers }));
      return readPlist(contentOf(client, "copilot.mobileconfig"));
    };
    const [before, again, after] = [await read(["a"]), await read(["a"]), await read(["a", "b"])];
    expect(again).toEqual(before);
    expect(after["PayloadIdentifier"]).toBe(before["PayloadIdentifier"]);
    expect(after["PayloadUUID"]).not.toBe(before["PayloadUUID"]);
    expect(after["PayloadUUID"]).toMatch(
      /^[0-9A-F]{8}-[0-9A-F]{4}-8[0-9A-F]{3}-[89AB][0-9A-F]{3}-/,
    );
    expect(
      readProfile(contentOf(await toVsCode("acme", ORIGIN), "vscode.mobileconfig")),
    ).toMatchObject({ ChatMCP: "registry", McpGalleryServiceUrl: `${ORIGIN}/api/registry/acme` });
  });
});

type Plist = Record<string, unknown>;

/** The settings in a configuration profile. */
function readProfile(xml: string): Plist {
  const [payload, ...others] = readPlist(xml)["PayloadContent"] as Plist[];
  if (!payload || others.length > 0) throw new Error("not one payload");
  return payload;
}

/** A property list, read strictly: whatever is no element of one is an error. */
function readPlist(xml: string): Plist {
  const [, body = ""] =
    /^<\?xml [^>]*\?>\n<!DOCTYPE plist [^>]*>\n<plist version="1.0">([^]*)<\/plist>\n$/.exec(xml) ??
    [];
  const tokens = body.matchAll(/\s*(?:<(\w+)>([^<>]*)<\/\1>|<(\w+)\/>|<(\/?\w+)>)\s*/gy);
  const list = [...tokens];
  expect(list.map(([text]) => text).join("")).toBe(body);
  const value = readPlistValue(list.values());
  return value as Plist;
}

function readPlistValue(tokens: Iterator<RegExpExecArray>, first = tokens.next().value): unknown {
  const [, name, text = "", empty, open] = first as RegExpExecArray;
  if (empty !== undefined) return empty === "true";
  if (name === "integer") return Number(text);
  if (name !== undefined) return readXmlText(text);
  const members: unknown[] = [];
  for (let next = tokens.next().value; next?.[4] !== `/${open}`; next = tokens.next().value)
    members.push(readPlistValue(tokens, next));
  if (open === "array") return members;
  const pairs = Array.from({ length: members.length / 2 }, (_, index) => [
    members[2 * index],
    members[2 * index + 1],
  ]);
  return Object.fromEntries(pairs);
}

function readXmlText(text: string): string {
  expect(text.replaceAll(/&#\d+;/g, "")).not.toContain("&");
  return text.replaceAll(/&#(\d+);/g, (_, code: string) => String.fromCodePoint(Number(code)));
}

/** The strings in single quotes of a script; outside of them it has no text of ours. */
function readPowerShell(script: string): string[] {
  const strings = [...script.matchAll(/'((?:[^']|'')*)'/g)];
  const rest = script.replaceAll(/'(?:[^']|'')*'/g, "");
  expect(rest).toMatch(/^[\w\s$=;:.(){}|,@[\]-]*$/);
  return strings.map(([, text = ""]) => text.replaceAll("''", "'"));
}
