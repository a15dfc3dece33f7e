import { execFileSync } from "node:child_process";
import * as fc from "fast-check";
import { parse as parseToml } from "smol-toml";
import { describe, expect, test } from "vitest";
import { parse as parseYaml } from "yaml";
import {
  fillUrl,
  findUrlErrors,
  toEntryTemplate,
} from "../../../web/src/pages/servers/entry-template.ts";
import {
  CLIENT_IDS,
  type ClientId,
} from "../../../workers/contract/marketplace/install/clients.ts";
import type { Installation } from "../../../workers/contract/marketplace/install/configuration.ts";
import { installOf } from "../../../workers/contract/marketplace/install/installation.ts";
import { ServerDocument } from "../../../workers/contract/marketplace/server-document.ts";

/** Texts that end a string, a command or a line in some format. */
const HOSTILE = [
  `"`,
  `'`,
  "\\",
  "`",
  "$(touch /tmp/x)",
  "; rm -rf /",
  "\n[mcp_servers.evil]\n",
  '"]}}, "evil": {"command": "sh"',
  "'\\''",
  '"""',
  "'''",
  "’; calc; ‘",
  "\r\nX-Evil: 1",
  "\u001b[201~\n",
  "\u202e\u2066",
  "\u{e0041}",
  "\u2028",
  "\u0085\u007f",
  "\0",
  "\ud800",
  "&calc|calc",
  "%PATH%",
  "${env:HOME}",
  "{env:HOME}",
  "# ",
  ": ",
  "- ",
  "{}",
  "@evil.example/",
  "../..",
  "?a=b#c",
  "😀",
];
const hostile = fc
  .array(fc.oneof(fc.constantFrom(...HOSTILE), fc.string({ unit: "binary", maxLength: 4 })), {
    minLength: 1,
    maxLength: 4,
  })
  .map((parts) => parts.join(""));

/** A text as a program can get it. */
const toGiven = (text: string) => text.toWellFormed().replaceAll("\0", "");
const isGiven = (text: string) => text !== "" && toGiven(text) !== "";

interface Case {
  /** From the entry: its description, title, a fixed argument, a default, and a description of a variable. */
  entry: string;
  /** From the person. */
  typed: string;
}
const cases = fc.record({ entry: hostile, typed: hostile }).filter(
  // A text of spaces alone is none, for the entry's schema.
  ({ entry, typed }) => isGiven(entry.trim()) && isGiven(typed),
);

const toProgramEntry = ({ entry }: Case) =>
  ServerDocument.parse({
    name: "com.example/weather",
    title: entry,
    description: entry,
    packages: [
      {
        registryType: "npm",
        identifier: "weather",
        packageArguments: [
          { type: "positional", value: `x${entry}` },
          { type: "named", name: "--option", isRequired: true, description: entry },
        ],
        environmentVariables: [
          { name: "API_TOKEN", isRequired: true, isSecret: true, description: entry },
          { name: "MODE", default: entry, choices: [entry, "b"] },
        ],
      },
    ],
  });
const toAddressEntry = ({ entry }: Case) =>
  ServerDocument.parse({
    name: "com.example/weather",
    title: entry,
    remotes: [
      {
        type: "streamable-http",
        url: "https://a.example/{tenant}/mcp?q=1",
        headers: [
          { name: "X-Fixed", value: `x${entry}`.replaceAll(/[{}]/g, "") },
          { name: "X-Token", isRequired: true, isSecret: true, description: entry },
        ],
      },
    ],
  });

const programValues = ({ typed }: Case) => ({
  "package:1": typed,
  "environment:API_TOKEN": typed,
});
const addressValues = ({ typed }: Case) => ({ "url:tenant": typed, "header:x-token": typed });

const install = (document: ServerDocument, client: ClientId, values: Record<string, string>) => {
  const installation = installOf(document, client, values);
  if (installation === null) throw new Error(`${client} cannot run it`);
  return installation;
};

/** The only server in a client's file, parsed. */
function parseFile({ file, key }: Installation) {
  const { language, text } = file ?? { language: "json", text: "" };
  // The parsers return what the test compares.
  const whole: ReturnType<typeof JSON.parse> =
    language === "json"
      ? JSON.parse(text)
      : language === "toml"
        ? parseToml(text)
        : parseYaml(text);
  const roots = Object.keys(whole).filter((root) => root !== "inputs");
  expect(roots).toHaveLength(1);
  const servers = whole[String(roots[0])];
  // Continue has a list, with the name in the server.
  const names = Array.isArray(servers) ? servers.map(({ name }) => name) : Object.keys(servers);
  expect(names).toEqual([key]);
  return Array.isArray(servers) ? servers[0] : servers[key];
}

const toHeader = (text: string) => toGiven(text).replaceAll(/[\r\n]+/g, " ");

describe("no value leaves its place", () => {
  test.each(CLIENT_IDS)("in the file of %s for a program", (client) => {
    fc.assert(
      fc.property(cases, (given) => {
        const server = parseFile(install(toProgramEntry(given), client, programValues(given)));
        const [entry, typed] = [toGiven(given.entry), toGiven(given.typed)];
        const args = ["-y", "weather", `x${entry}`, `--option=${typed}`];
        const env = { API_TOKEN: typed, MODE: entry };
        const command = server["cmd"] ?? server["command"];
        expect(client === "opencode" ? command : [command, ...server["args"]]).toEqual([
          "npx",
          ...args,
        ]);
        expect({ ...(server["env"] ?? server["envs"] ?? server["environment"]) }).toEqual(env);
      }),
      { numRuns: 60 },
    );
  });

  test.each(CLIENT_IDS)("in the file of %s for an address", (client) => {
    fc.assert(
      fc.property(cases, (given) => {
        const server = parseFile(install(toAddressEntry(given), client, addressValues(given)));
        const isPath = given.typed === "." || given.typed === "..";
        const tenant = isPath ? null : encodeURIComponent(toGiven(given.typed));
        const fixed = toHeader(`x${given.entry}`.replaceAll(/[{}]/g, "").trimEnd());
        const url =
          server["url"] ??
          server["serverUrl"] ??
          server["httpUrl"] ??
          server["uri"] ??
          server["args"][2];
        expect(url).toBe(tenant === null ? url : `https://a.example/${tenant}/mcp?q=1`);
        expect(new URL(String(url)).host).toBe("a.example");
        const headers =
          client === "claude-desktop"
            ? { "X-Fixed": server["env"]["HEADER_1"], "X-Token": server["env"]["HEADER_2"] }
            : (server["headers"] ?? server["http_headers"] ?? server["requestOptions"].headers);
        expect(headers["X-Token"]).toBe(toHeader(given.typed));
        expect(headers["X-Fixed"].trimEnd()).toBe(fixed.trimEnd());
        expect(Object.keys(headers)).toEqual(["X-Fixed", "X-Token"]);
      }),
      { numRuns: 60 },
    );
  });

  test.each(["cursor", "lm-studio", "vscode", "goose"] as const)("in a link of %s", (client) => {
    let count = 0;
    fc.assert(
      fc.property(cases, (given) => {
        const { links, noLink } = install(toProgramEntry(given), client, programValues(given));
        if (noLink !== null) return;
        count += links.length;
        for (const { href, decoded } of links) {
          const url = new URL(href);
          expect(url.href).toBe(href);
          expect(url.hash).toBe("");
          expect(JSON.stringify(readLink(client, url))).toBe(JSON.stringify(decoded));
        }
      }),
      { numRuns: 100 },
    );
    expect(count).toBeGreaterThan(0);
  });

  test("in a command of a POSIX shell", () => {
    const commands = sampleCommands("posix");
    const clients = "claude codex gemini code".split(" ");
    const script = [
      ...clients.map((name) => `${name}() { printf '%s\\0' ${name} "$@"; printf '\\n\\0'; }`),
      ...commands.map(({ command }) => command),
    ].join("\n");
    const printed = execFileSync("sh", { input: script, encoding: "utf8" });
    expect(
      printed
        .split("\n\0")
        .slice(0, -1)
        .map((words) => words.split("\0").slice(0, -1)),
    ).toEqual(commands.map(({ words }) => words));
  });

  test("in a command of PowerShell", () => {
    const commands = sampleCommands("powershell");
    expect(commands.map(({ command }) => readPowerShell(command))).toEqual(
      commands.map(({ words }) => words),
    );
    // What cmd.exe and the conversion of arguments would read.
    expect(commands.flatMap(({ words }) => words).join("")).not.toMatch(/["%!&|<>^`]/);
  });
});

/** The content of a link, as its client reads it. */
function readLink(client: ClientId, url: URL): unknown {
  if (client === "vscode") return JSON.parse(decodeURIComponent(url.search.slice(1)));
  const query = url.searchParams;
  if (client !== "goose") {
    return JSON.parse(Buffer.from(query.get("config") ?? "", "base64").toString());
  }
  return {
    cmd: query.get("cmd"),
    arg: query.getAll("arg"),
    env: query.getAll("env"),
    id: query.get("id"),
    name: query.get("name"),
    description: query.get("description"),
  };
}

/** Commands with hostile values, each with the words that its client gets. */
function sampleCommands(shell: "posix" | "powershell") {
  const found = fc.sample(cases, 800).flatMap((given) => {
    const { entry, typed } = { entry: toGiven(given.entry), typed: toGiven(given.typed) };
    const document = toProgramEntry(given);
    const program = ["npx", "-y", "weather", `x${entry}`, `--option=${typed}`];
    const [first = "", ...rest] = program;
    const env = ["--env", `API_TOKEN=${typed}`, "--env", `MODE=${entry}`];
    const expected: [ClientId, string[]][] = [
      [
        "claude-code",
        ["claude", "mcp", "add", "--scope", "user", "weather", ...env, "--", ...program],
      ],
      ["codex", ["codex", "mcp", "add", "weather", ...env, "--", ...program]],
      [
        "gemini-cli",
        ["gemini", "mcp", "add", "weather", first, "--scope", "user", ...env, "--", ...rest],
      ],
    ];
    return expected.flatMap(([client, words]) => {
      const command = install(document, client, programValues(given)).commands?.[shell];
      return command === undefined || command === null ? [] : [{ command, words }];
    });
  });
  expect(found.length).toBeGreaterThan(50);
  return found;
}

/** The words of a line of PowerShell that consists of plain words and strings in single quotes. */
function readPowerShell(command: string): string[] {
  const quote = "['\u2018\u2019\u201a\u201b]";
  const word = new RegExp(
    `(?:^| )(?:(-{0,2}[A-Za-z][A-Za-z-]*)|${quote}((?:[^'\u2018-\u201b]|(${quote})${quote})*)${quote})(?= |$)`,
    "y",
  );
  const words: string[] = [];
  while (word.lastIndex < command.length) {
    const found = word.exec(command);
    if (!found) throw new Error(`not a list of words: ${command}`);
    words.push(
      found[1] ?? (found[2] ?? "").replaceAll(/(['\u2018-\u201b])['\u2018-\u201b]/g, "$1"),
    );
  }
  return words;
}

describe("the form that adds a server to a workspace", () => {
  const toTemplate = (remote: object) => {
    const document = ServerDocument.parse({
      name: "com.example/weather",
      remotes: [{ type: "streamable-http", ...remote }],
    });
    const [first] = document.remotes;
    if (!first) throw new Error("the entry has a remote");
    return toEntryTemplate(document, first);
  };

  test("a value stays in its part of the address, or is an error of its field", () => {
    const outside = "evil.example/@good.com";
    const { url, urlFields } = toTemplate({
      url: "https://{host}/{path}",
      variables: { host: { default: outside } },
    });
    const first = { "url:host": outside, "url:path": "a/../b?c" };
    expect(fillUrl(url, urlFields, first)).not.toContain("evil.example");
    expect(Object.keys(findUrlErrors(url, urlFields, first))).toEqual(["url:host"]);
    const corrected = { ...first, "url:host": "good.com" };
    expect(findUrlErrors(url, urlFields, corrected)).toEqual({});
    expect(fillUrl(url, urlFields, corrected)).toBe("https://good.com/a%2F..%2Fb%3Fc");
  });

  test("headers that cannot be sent are left out, each with the reason", () => {
    const names = ["X-Good", "X-A: b\r\nX-Inj", "__proto__", "Host", "x-good", "Mcp-Session-Id"];
    const { headers, leftOut } = toTemplate({
      url: "https://good.com",
      headers: names.map((name) => ({ name, value: "v" })),
    });
    expect(headers.map(({ name }) => name)).toEqual(["X-Good"]);
    expect(leftOut.map(({ name }) => name)).toEqual(names.slice(1));
    for (const { reason } of leftOut) expect(reason).toMatch(/^[a-z].*\.$/);
  });
});
