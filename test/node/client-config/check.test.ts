import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { checkAgainstEntry, toLookUp } from "../../../client-config/check/check-entry.ts";
import { checkConfiguration } from "../../../client-config/check/check.ts";
import { applyFix } from "../../../client-config/documents/edit.ts";
import { FORMATS } from "../../../client-config/formats/format.ts";
import { MAX_TEXT_LENGTH } from "../../../client-config/limits.ts";
import { readConfiguration } from "../../../client-config/read.ts";
import { toSarif } from "../../../client-config/sarif.ts";
import { writeConfiguration } from "../../../client-config/write.ts";
import {
  CLIENT_IDS,
  type ClientId,
} from "../../../workers/contract/marketplace/install/clients.ts";
import { ServerDocument } from "../../../workers/contract/marketplace/server-document.ts";
import { check, cure, json } from "./cure.ts";

describe("a file that its client would not understand", () => {
  const broken: [string, ClientId, string, RegExp][] = [
    [
      "the key of another client",
      "vscode",
      json({ mcpServers: { a: { command: "npx" } } }),
      /"servers"/,
    ],
    [
      "no key at all",
      "cursor",
      json({ a: { command: "npx", args: ["x"] } }),
      /"mcpServers": \{\n\s+"a"/,
    ],
    [
      "url for serverUrl",
      "windsurf",
      json({ mcpServers: { a: { httpUrl: "https://e.com/mcp" } } }),
      /"serverUrl"/,
    ],
    [
      "url for httpUrl",
      "gemini-cli",
      json({ mcpServers: { a: { url: "https://e.com/mcp" } } }),
      /"httpUrl"/,
    ],
    [
      "headers of Codex",
      "codex",
      '[mcp_servers.a]\nurl = "https://e.com/mcp"\nheaders = { A = "b" }\n',
      /http_headers = \{ A = "b" \}/,
    ],
    [
      "a token of Codex",
      "codex",
      '[mcp_servers.a]\nurl = "https://e.com/mcp"\nbearer_token = "x"\n',
      /bearer_token_env_var/,
    ],
    [
      "arguments as a text",
      "cline",
      json({ mcpServers: { a: { command: "npx", args: "-y pkg" } } }),
      /"-y",\s+"pkg"/,
    ],
    [
      "a number as a variable",
      "claude-desktop",
      json({ mcpServers: { a: { command: "x", env: { PORT: 80 } } } }),
      /"PORT": "80"/,
    ],
    [
      "a comma before a bracket",
      "claude-desktop",
      '{"mcpServers": {"a": {"command": "x",},}}',
      /"x"\}\}\}/,
    ],
    ["comments", "claude-code", '// mine\n{"mcpServers": {"a": {"command": "x"}}}', /^\n\{/],
    ["a byte order mark", "cursor", '\uFEFF{"mcpServers": {"a": {"command": "x"}}}', /^\{/],
    [
      "another client's reference",
      "claude-code",
      json({ mcpServers: { a: { command: "x", env: { K: "${env:KEY}" } } } }),
      /"\$\{KEY\}"/,
    ],
    [
      "a name with blanks",
      "cursor",
      json({ mcpServers: { "my server": { command: "x" } } }),
      /"my-server"/,
    ],
    [
      "an address in Claude Desktop",
      "claude-desktop",
      json({
        mcpServers: {
          a: { type: "http", url: "https://e.com/mcp", headers: { Authorization: "Bearer x" } },
        },
      }),
      /mcp-remote[^]*HEADER_1": "Bearer x"/,
    ],
    [
      "a missing type",
      "claude-code",
      json({ mcpServers: { a: { url: "https://e.com/mcp" } } }),
      /"type": "http"/,
    ],
    [
      "another client's type",
      "cline",
      json({ mcpServers: { a: { type: "http", url: "https://e.com/mcp" } } }),
      /"streamableHttp"/,
    ],
    [
      "a map for a list",
      "continue",
      "mcpServers:\n  a:\n    type: stdio\n    command: npx\n",
      /name: "?a"?/,
    ],
    [
      "the names of Goose's members",
      "goose",
      "extensions:\n  a:\n    type: stdio\n    command: npx\n    env:\n      K: v\n",
      /cmd: "npx"[^]*envs/,
    ],
    [
      "a command of opencode as a text",
      "opencode",
      json({ mcp: { a: { type: "local", command: "npx -y x" } } }),
      /\[\s*"npx",\s*"-y",\s*"x"\s*\]/,
    ],
    [
      "a command line as the command",
      "claude-desktop",
      json({ mcpServers: { a: { command: "npx -y pkg", args: ["--x"] } } }),
      /"npx",\s+"args": \[\s*"-y",\s+"pkg",\s+"--x"\s*\]/,
    ],
    [
      "a command line as the command of Codex",
      "codex",
      '[mcp_servers.a]\ncommand = "npx -y pkg"\n',
      /command = "npx"\nargs = \["-y", "pkg"\]/,
    ],
    [
      "a command line as the command of Goose",
      "goose",
      "extensions:\n  a:\n    type: stdio\n    cmd: uvx pkg\n",
      /cmd: "?uvx"?\n\s+args:\s+(?:- |\[)"?pkg/,
    ],
    [
      "a command line in a list",
      "opencode",
      json({ mcp: { a: { type: "local", command: ["npx -y x"] } } }),
      /\[\s*"npx",\s*"-y",\s*"x"\s*\]/,
    ],
    [
      "arg for args",
      "cursor",
      json({ mcpServers: { a: { command: "npx", arg: ["-y", "x"] } } }),
      /"args": \[/,
    ],
    [
      "header for headers",
      "cursor",
      json({ mcpServers: { a: { url: "https://e.com/mcp", header: { A: "b" } } } }),
      /"headers": \{/,
    ],
    [
      "header for the headers of Codex",
      "codex",
      '[mcp_servers.a]\nurl = "https://e.com/mcp"\nheader = { A = "b" }\n',
      /http_headers = \{ A = "b" \}/,
    ],
    [
      "exchanged letters",
      "vscode",
      json({ servers: { a: { type: "stdio", comand: "npx" } } }),
      /"command": "npx"/,
    ],
    [
      "a switch that the client does not have",
      "zed",
      json({ context_servers: { a: { command: "x", disabled: true } } }),
      /"enabled": false/,
    ],
  ];
  for (const [name, client, text, expected] of broken)
    test(`is found and cured: ${name}`, () => {
      const [finding] = check(text, client);
      expect(finding?.fix ?? null).not.toBeNull();
      const cured = cure(text, client);
      expect(cured.text).toMatch(expected);
      expect(cured.left).toEqual([]);
    });

  test("is named where no change of the file cures it", () => {
    const text = json({
      mcpServers: {
        a: { command: "x", url: "https://e.com" },
        b: {},
        c: { command: "x", env: { KEY: "<YOUR_KEY>" } },
      },
    });
    const found = check(text, "cursor");
    expect(found.map(({ server, fix }) => [server, fix])).toEqual([
      ["a", null],
      ["b", null],
      ["c", null],
    ]);
    expect(found.map(({ range }) => range?.line)).toEqual([5, 7, 11]);
  });

  test("is not confused with a sound one", () => {
    const sound: [ClientId, string][] = [
      [
        "claude-code",
        json({
          mcpServers: {
            a: { type: "http", url: "https://e.com/mcp", headers: { A: "Bearer ${T:-x}" } },
          },
        }),
      ],
      [
        "vscode",
        '// ok\n{"servers": {"a": {"type": "stdio", "command": "npx", "env": {"K": "${input:k}"},},}}',
      ],
      ["codex", '[mcp_servers.a]\ncommand = "npx"\nargs = ["-y", "x"]\nenv_vars = ["K"]\n'],
      [
        "goose",
        "extensions:\n  developer:\n    type: builtin\n    name: developer\n    enabled: true\n",
      ],
      ["continue", "mcpServers:\n  - name: a\n    type: sse\n    url: https://e.com/sse\n"],
    ];
    for (const [client, text] of sound) {
      expect(readConfiguration(text).client).toBe(client);
      expect(check(text)).toEqual([]);
    }
  });
});

test("a check of any members ends, and its fixes leave a file that can be read", () => {
  const names = [
    "command",
    "cmd",
    "args",
    "env",
    "envs",
    "url",
    "uri",
    "httpUrl",
    "type",
    "headers",
    "disabled",
    "name",
    "requestOptions",
    "tools",
    "env_keys",
    "bearer_token_env_var",
  ];
  const member = fc.oneof(
    fc.jsonValue({ maxDepth: 2 }),
    fc.constantFrom("http", "sse", "constructor", "https://e.com/mcp", "npx", "${env:X}"),
  );
  const servers = fc.dictionary(
    fc.constantFrom("a", "b c", "__proto__"),
    fc.dictionary(fc.constantFrom(...names), member),
    { maxKeys: 2 },
  );
  const root = fc.constantFrom(
    "mcpServers",
    "servers",
    "context_servers",
    "mcp",
    "mcp_servers",
    "extensions",
  );
  const result = fc.check(
    fc.property(root, servers, fc.constantFrom(...CLIENT_IDS), (key, value, client) => {
      const reading = readConfiguration(
        JSON.stringify({ [key]: value }),
        FORMATS[client].language === "toml" ? "cursor" : client,
      );
      for (const { fix } of checkConfiguration(reading)) {
        const text = fix && applyFix(reading.document, fix);
        const read = text && readConfiguration(text, reading.client);
        expect(read ? read.document.root : {}).not.toBeNull();
      }
      for (const target of CLIENT_IDS) writeConfiguration(reading.configuration, target);
    }),
    { numRuns: 60 },
  );
  expect(fc.defaultReportMessage(result) ?? "").toBe("");
});

test("the client is recognized from the content, and from the name where several fit", () => {
  const plain = json({ mcpServers: { a: { command: "npx", args: ["-y", "x"] } } });
  expect(readConfiguration(plain).candidates.length).toBeGreaterThan(3);
  expect(readConfiguration(plain, undefined, "/home/me/.cursor/mcp.json").client).toBe("cursor");
  expect(readConfiguration(plain, undefined, "cline_mcp_settings.json").client).toBe("cline");
  const content: [ClientId, unknown][] = [
    ["windsurf", { mcpServers: { a: { serverUrl: "https://e.com/mcp" } } }],
    ["gemini-cli", { mcpServers: { a: { httpUrl: "https://e.com/mcp", trust: true } } }],
    ["cline", { mcpServers: { a: { type: "streamableHttp", url: "https://e.com/mcp" } } }],
    ["zed", { context_servers: { a: { command: "x" } } }],
    ["opencode", { mcp: { a: { type: "local", command: ["x"] } } }],
    ["copilot-cli", { mcpServers: { a: { type: "local", command: "x", tools: ["*"] } } }],
    [
      "claude-code",
      { mcpServers: { a: { type: "http", url: "https://e.com", headers: { A: "${T}" } } } },
    ],
  ];
  for (const [client, value] of content) expect(readConfiguration(json(value)).client).toBe(client);
});

describe("hostile files end in a finding", () => {
  const deep = 10_000;
  const hostile: [string, string][] = [
    ["10 MB", " ".repeat(10 * MAX_TEXT_LENGTH)],
    ["deep JSON", '{"a":'.repeat(deep)],
    ["deep lists", "[".repeat(deep) + "]".repeat(deep)],
    ["deep TOML", `a = ${"[".repeat(deep)}`],
    ["deep YAML", `a: ${"[".repeat(deep)}`],
    [
      "deep blocks of YAML",
      Array.from({ length: 400 }, (_, index) => `${" ".repeat(index)}a:`).join("\n"),
    ],
    ["dotted keys of TOML", `${"a.".repeat(deep)}a = 1`],
    [
      "an alias bomb",
      [
        "a0: &a0 [x, x]",
        ...Array.from(
          { length: 60 },
          (_, index) => `a${index + 1}: &a${index + 1} [*a${index}, *a${index}]`,
        ),
      ].join("\n"),
    ],
    [
      "a merge bomb",
      [
        "a0: &a0 {x: 1}",
        ...Array.from(
          { length: 60 },
          (_, index) =>
            `a${index + 1}: &a${index + 1} {<<: [*a${index}, *a${index}], y${index}: *a${index}}`,
        ),
      ].join("\n"),
    ],
    ["an alias of itself", "a: &a [*a]"],
    ["quotes without an end", '"\\'.repeat(200_000)],
    ["comments without an end", `{${"/*".repeat(200_000)}`],
    ["doubled keys", '{"mcpServers": {"a": {"command": "x"}, "a": {"command": "y"}}}'],
  ];
  for (const [name, text] of hostile)
    for (const client of ["cursor", "codex", "goose"] as const)
      test(`${name}, as a file of ${client}`, () => {
        const findings = check(text, client);
        expect(findings.length).toBeGreaterThan(0);
        expect(findings.length).toBeLessThan(22);
      });

  test("names of object members are names as all others", () => {
    const text =
      '{"mcpServers": {"__proto__": {"command": "x", "env": {"__proto__": "y"}}, "constructor": {"command": "z"}}}';
    const { configuration } = readConfiguration(text, "cursor");
    expect(configuration.servers.map(({ name }) => name)).toEqual(["__proto__", "constructor"]);
    expect(({} as Record<string, unknown>)["command"]).toBe(undefined);
  });
});

describe("against the catalogue’s entry", () => {
  const document = ServerDocument.parse({
    name: "io.github.acme/weather",
    description: "Weather",
    version: "2.0.0",
    packages: [
      {
        registryType: "npm",
        identifier: "@acme/weather",
        version: "2.0.0",
        transport: { type: "stdio" },
        environmentVariables: [{ name: "WEATHER_KEY", isRequired: true, isSecret: true }],
        packageArguments: [{ type: "named", name: "--units", value: "metric" }],
      },
    ],
  });

  test("a missing variable, an option and a version that do not exist are found", () => {
    const text = json({
      mcpServers: {
        a: { command: "npx", args: ["-y", "@acme/weather@9.9.9", "--units=metric", "--unit"] },
      },
    });
    const { configuration, document: file, client } = readConfiguration(text, "cursor");
    const [server] = configuration.servers;
    if (!server) throw new Error("There is no server.");
    expect(toLookUp(server)).toEqual({ package: "npm:@acme/weather" });
    const found = checkAgainstEntry(
      server,
      client,
      { document, versions: ["1.0.0", "2.0.0"] },
      file,
    );
    expect(found.map(({ message }) => message)).toEqual([
      "The catalogue knows no version 9.9.9 of @acme/weather.",
      "The variable WEATHER_KEY is missing.",
      "The catalogue’s entry has no option --unit.",
    ]);
    const fixed = found.reduce((rest, { fix }) => {
      const reading = readConfiguration(rest, "cursor");
      return fix ? (applyFix(reading.document, fix) ?? rest) : rest;
    }, text);
    expect(fixed).toContain("@acme/weather@2.0.0");
    expect(fixed).toContain('"WEATHER_KEY": "${env:WEATHER_KEY}"');
  });
});

test("findings are SARIF with rules, levels and lines", () => {
  const findings = check(json({ mcpServers: { a: { command: "x", args: "y z" } } }), "cursor");
  expect(toSarif(findings, { file: ".cursor/my mcp.json", toolVersion: "1.0.0" })).toMatchObject({
    version: "2.1.0",
    runs: [
      {
        tool: { driver: { name: "mcpnest", rules: [{ id: "FMT-01" }] } },
        results: [
          {
            ruleId: "FMT-01",
            level: "error",
            locations: [
              {
                physicalLocation: {
                  artifactLocation: { uri: ".cursor/my%20mcp.json" },
                  region: { startLine: 5 },
                },
              },
            ],
          },
        ],
      },
    ],
  });
});
