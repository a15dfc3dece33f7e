import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Lost } from "../../../client-config/differences.ts";
import type {
  Configuration,
  ConfiguredServer,
  NamedValue,
  Program,
  Remote,
  Template,
  Value,
} from "../../../client-config/model.ts";
import { readConfiguration } from "../../../client-config/read.ts";
import { toEnvironment, toTemplate } from "../../../client-config/references.ts";
import { writeConfiguration } from "../../../client-config/write.ts";
import { CLIENT_IDS } from "../../../workers/contract/marketplace/install/clients.ts";

const name = fc.oneof(
  fc.stringMatching(/^[a-z][a-z0-9-]{0,8}$/),
  fc.constantFrom("__proto__", "constructor", "a b", "ü", "yes", "1", "a.b", 'say "hi"', "<<"),
);
const variable = fc.stringMatching(/^[A-Z][A-Z0-9_]{0,8}$/);
const text = fc.oneof(
  fc.string({ maxLength: 12 }),
  fc.constantFrom(
    "-y",
    "~",
    "null",
    "1.0",
    "$HOME/x",
    "${X}",
    "${env:X}",
    "a: b",
    "# c",
    "\u{1F600}\n",
    "{env:A}",
    "${{ secrets.B }}",
    "${input:c}",
  ),
);
const reference = fc.oneof(
  fc.record({
    kind: fc.constant("environment" as const),
    name: variable,
    default: fc.option(fc.constantFrom("", "d")),
  }),
  fc.record({
    kind: fc.constant("input" as const),
    name: fc.constantFrom("token", "api-key"),
    default: fc.constant(null),
  }),
  fc.record({
    kind: fc.constant("file" as const),
    name: fc.constant("/etc/key"),
    default: fc.constant(null),
  }),
);
const template = fc.oneof(
  { weight: 2, arbitrary: text.map((part): Template => [part]) },
  { weight: 1, arbitrary: reference.map((part): Template => [part]) },
  {
    weight: 1,
    arbitrary: fc.tuple(fc.constant("Bearer "), reference).map((parts): Template => parts),
  },
  { weight: 1, arbitrary: fc.array(fc.oneof(text, reference), { maxLength: 3 }).map(toTemplate) },
);
const value = template.map((parts): Value => ({ template: parts, raw: "", path: [] }));
const named = (names: fc.Arbitrary<string>) =>
  fc.uniqueArray(fc.record({ name: names, value }), {
    maxLength: 3,
    selector: (item) => item.name.toLowerCase(),
  });
const program: fc.Arbitrary<Program> = fc.record({
  kind: fc.constant("program" as const),
  command: value,
  args: fc.array(value, { maxLength: 4 }),
  env: named(fc.oneof(variable, fc.constant("__proto__"))),
  envFile: fc.option(value),
  workingDirectory: fc.option(value),
});
const remote: fc.Arbitrary<Remote> = fc.record({
  kind: fc.constant("remote" as const),
  transport: fc.constantFrom("streamable-http" as const, "sse" as const),
  url: fc
    .constantFrom("https://example.com/mcp", "http://localhost:1/sse", "https://example.com/sse")
    .map((url): Value => ({ template: [url], raw: url, path: [] })),
  headers: named(fc.constantFrom("Authorization", "X-Api-Key", "x-tenant")),
  bridge: fc.constant(null),
});
const tools = fc.array(fc.constantFrom("read", "write"), { maxLength: 2 });
const server: fc.Arbitrary<ConfiguredServer> = fc.record({
  name,
  path: fc.constant([]),
  connection: fc.oneof(program, remote),
  isEnabled: fc.boolean(),
  timeoutMs: fc.option(fc.constantFrom(1000, 1500, 60_000)),
  approvedTools: fc.oneof(tools, fc.constant("all" as const)),
  includedTools: fc.option(tools),
  excludedTools: tools,
  own: fc.constant({}),
});
/** What one client alone knows, of every kind of JSON that all formats can say. */
const own = fc.dictionary(
  fc.constantFrom("sandboxEnabled", "x-note", "__proto__", "oauth", "startup"),
  fc.oneof(
    fc.boolean(),
    fc.integer(),
    fc.string({ maxLength: 5 }),
    fc.constant({ scopes: ["a"], "b c": { d: 1.5 } }),
  ),
);
const inputs = fc.constant(
  ["token", "api-key"].map((id) => ({
    id,
    description: "Key",
    isSecret: id === "token",
    choices: id === "token" ? [] : ["a", "b"],
    default: null,
    path: [],
    own: {},
  })),
);
const configuration = fc.record({
  servers: fc.uniqueArray(server, { maxLength: 3, selector: (item) => item.name }),
  inputs,
  own,
});

/** Without what a text's place changes: the order of members, and places. */
function toComparable({ servers, inputs }: Configuration) {
  return {
    inputs: inputs.map(({ path: _path, ...input }) => input),
    servers: servers
      .map(({ path: _path, connection, own: others, ...rest }) => ({
        ...rest,
        own: JSON.stringify(Object.entries(others).toSorted(([a], [b]) => (a < b ? -1 : 1))),
        connection: toComparableConnection(connection),
      }))
      .toSorted((a, b) => (a.name < b.name ? -1 : 1)),
  };
}

function toComparableConnection(connection: Program | Remote): unknown {
  const named = (values: NamedValue[], isHeader: boolean) =>
    values
      .map(({ name: id, value: { template: parts } }) => ({
        id: isHeader ? id.toLowerCase() : id,
        parts,
      }))
      .toSorted((a, b) => (a.id < b.id ? -1 : 1));
  if (connection.kind === "remote") {
    const { transport, url, headers, bridge } = connection;
    return {
      transport,
      url: url.template,
      headers: named(headers, true),
      bridge: bridge && toComparableConnection(bridge),
    };
  }
  const { command, args, env, envFile, workingDirectory } = connection;
  return {
    command: command.template,
    args: args.map((arg) => arg.template),
    env: named(env, false),
    envFile: envFile?.template ?? null,
    workingDirectory: workingDirectory?.template ?? null,
  };
}

/** What must be left of `before` where `lost` is gone: each lost thing is taken from `after`, and nothing else. */
function withoutLost(before: Configuration, lost: Lost[], after: Configuration): Configuration {
  const isLost = (server: string, member: Lost["member"], id: string | null = null) =>
    lost.some((item) => item.server === server && item.member === member && item.name === id);
  const inputsLost = lost.filter(({ member }) => member === "input").map((item) => item.name);
  const keep = (kept: Value): Value => ({
    ...kept,
    template: toTemplate(
      kept.template.map((part) =>
        typeof part === "object" && part.kind === "input" && inputsLost.includes(part.name)
          ? toEnvironment(part)
          : part,
      ),
    ),
  });
  return {
    client: after.client,
    inputs: before.inputs.filter(({ id }) => !inputsLost.includes(id)),
    servers: before.servers.flatMap((item) => {
      if (isLost(item.name, "server")) return [];
      const found = after.servers.find((other) => other.name === item.name);
      if (!found) return [item];
      const pick = <K extends keyof ConfiguredServer & Lost["member"]>(member: K) =>
        isLost(item.name, member) ? found[member] : item[member];
      const takeNamed = (values: NamedValue[], others: NamedValue[], member: "env" | "headers") =>
        values.flatMap(({ name: id, value: kept }) => {
          if (!isLost(item.name, member, id)) return [{ name: id, value: keep(kept) }];
          const other = others.find((one) => one.name.toLowerCase() === id.toLowerCase());
          return other ? [{ name: id, value: other.value }] : [];
        });
      const takeOne = (
        kept: Value,
        other: Value | undefined,
        member: Lost["member"],
        id: string | null = null,
      ) => (isLost(item.name, member, id) && other ? other : keep(kept));
      const a = item.connection;
      const b = found.connection;
      if (a.kind !== b.kind) return [item];
      const connection =
        a.kind === "remote" && b.kind === "remote"
          ? {
              ...a,
              transport: isLost(item.name, "transport") ? b.transport : a.transport,
              url: takeOne(a.url, b.url, "url"),
              headers: takeNamed(a.headers, b.headers, "headers"),
              bridge: isLost(item.name, "bridge") ? b.bridge : a.bridge,
            }
          : a.kind === "program" && b.kind === "program"
            ? {
                ...a,
                command: takeOne(a.command, b.command, "command"),
                args: a.args.map((arg, index) =>
                  takeOne(arg, b.args[index], "args", String(index)),
                ),
                env: takeNamed(a.env, b.env, "env"),
                envFile: isLost(item.name, "envFile") ? b.envFile : a.envFile && keep(a.envFile),
                workingDirectory: isLost(item.name, "workingDirectory")
                  ? b.workingDirectory
                  : a.workingDirectory && keep(a.workingDirectory),
              }
            : a;
      return [
        {
          ...item,
          connection,
          isEnabled: pick("isEnabled"),
          timeoutMs: pick("timeoutMs"),
          approvedTools: pick("approvedTools"),
          includedTools: pick("includedTools"),
          excludedTools: pick("excludedTools"),
          own: Object.fromEntries(
            Object.entries(item.own).filter(([id]) => !isLost(item.name, "own", id)),
          ),
        },
      ];
    }),
  };
}

/** What a client’s file can say of a configuration, with members that only this client knows. */
function toOwn(
  client: Configuration["client"],
  parts: {
    servers: ConfiguredServer[];
    inputs: Configuration["inputs"];
    own: Record<string, unknown>;
  },
) {
  const servers = parts.servers.map((item) => ({ ...item, own: parts.own }));
  return readConfiguration(
    writeConfiguration({ client, servers, inputs: parts.inputs }, client).text,
    client,
  ).configuration;
}

describe("a configuration keeps everything but what is named as lost", () => {
  test.each(CLIENT_IDS)("from %s to every client and back", (a) => {
    const parameters = fc.check(
      fc.property(configuration, (parts) => {
        const original = toOwn(a, parts);
        for (const b of CLIENT_IDS) expectRoundTrip(original, b);
      }),
      { numRuns: 12 },
    );
    expect(fc.defaultReportMessage(parameters) ?? "").toBe("");
  });
});

test("Goose asks for each variable that it finds, also for one that another client wrote as text", () => {
  const headers = { Authorization: "${A}", "x-tenant": "$B" };
  const text = JSON.stringify({
    mcpServers: { a: { type: "http", url: "https://example.com/mcp", headers } },
  });
  const original = readConfiguration(text, "claude-code").configuration;
  expectRoundTrip(original, "goose");
  const written = writeConfiguration(original, "goose");
  expect(written.lost).toMatchObject([{ server: "a", member: "headers", name: "x-tenant" }]);
  expect(written.text).toContain('env_keys:\n      - "A"\n      - "B"');
});

function expectRoundTrip(original: Configuration, b: Configuration["client"]): void {
  const a = original.client;
  const there = writeConfiguration(original, b);
  const converted = readConfiguration(there.text, b);
  expect(converted.findings).toEqual([]);
  expect(toComparable(converted.configuration)).toEqual(
    toComparable(withoutLost(original, there.lost, converted.configuration)),
  );
  const back = writeConfiguration(converted.configuration, a);
  const returned = readConfiguration(back.text, a).configuration;
  expect(toComparable(returned)).toEqual(
    toComparable(withoutLost(converted.configuration, back.lost, returned)),
  );
  const isWhole = there.lost.length === 0;
  expect(isWhole ? toComparable(returned) : null).toEqual(isWhole ? toComparable(original) : null);
  expect(a === b ? there.lost : []).toEqual([]);
}

test("reading never throws, whatever the text is", () => {
  const hostile = fc.oneof(
    fc.string({ maxLength: 200, unit: "binary" }),
    fc
      .array(
        fc.constantFrom(
          "{",
          "}",
          "[",
          "]",
          ":",
          ",",
          '"',
          "\n",
          " ",
          "- ",
          "&a ",
          "*a",
          "<<: ",
          "mcpServers",
          "[mcp_servers.a]",
          "=",
          "'''",
          "|",
          "#",
          "//",
          "/*",
          "\uFEFF",
          "%YAML",
          "---",
          "!!map ",
          "\\u",
        ),
        { maxLength: 40 },
      )
      .map((parts) => parts.join("")),
    fc.json({ maxDepth: 4 }),
  );
  const result = fc.check(
    fc.property(
      hostile,
      fc.option(fc.constantFrom(...CLIENT_IDS), { nil: undefined }),
      (text, client) => {
        const { document, configuration: read } = readConfiguration(text, client);
        for (const { path } of read.servers) document.locate(path);
      },
    ),
    { numRuns: 1000 },
  );
  expect(fc.defaultReportMessage(result) ?? "").toBe("");
});
