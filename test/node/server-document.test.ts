import { describe, expect, test } from "vitest";
import { applyJsonFix } from "../../client-config/server-document/apply-fix.ts";
import { checkServerDocument, isBlocking } from "../../client-config/server-document/check.ts";
import { CURRENT_SCHEMA, toSchemaUrl } from "../../client-config/server-document/schemas.ts";

const VALID = {
  $schema: toSchemaUrl(CURRENT_SCHEMA),
  name: "io.github.ada/engine",
  title: "Engine",
  description: "Computes tables of polynomials with the method of differences",
  version: "1.2.3",
  websiteUrl: "https://engine.example.com",
  repository: { url: "https://github.com/ada/engine", source: "github" },
  packages: [
    {
      registryType: "npm",
      identifier: "@ada/engine",
      version: "1.2.3",
      transport: { type: "stdio" },
      packageArguments: [{ type: "named", name: "--digits", format: "number", default: "8" }],
      environmentVariables: [{ name: "ENGINE_TOKEN", isSecret: true, isRequired: true }],
    },
  ],
  remotes: [
    {
      type: "streamable-http",
      url: "https://{tenant}.example.com/mcp",
      variables: { tenant: { isRequired: true } },
      headers: [
        {
          name: "Authorization",
          value: "Bearer {token}",
          variables: { token: { isSecret: true } },
        },
      ],
    },
  ],
};

type Draft = typeof VALID & Record<string, unknown>;
type Change = (draft: Record<string, never> & Draft) => void;

function make(change: Change): string {
  const draft = structuredClone(VALID) as Parameters<Change>[0];
  change(draft);
  return JSON.stringify(draft, null, 2);
}

const rulesOf = (text: string, against?: "current") =>
  checkServerDocument(text, against).map(({ rule }) => rule.replace("FMT-02/", ""));

/** Draws attention to a part of the draft whose type does not matter. */
const open = (value: unknown) => value as Record<string, unknown>;
const pkg = (draft: Draft) => open(draft.packages[0]);
const remote = (draft: Draft) => open(draft.remotes[0]);
const variable = (draft: Draft) => open(draft.packages[0]?.environmentVariables[0]);
const argument = (draft: Draft) => open(draft.packages[0]?.packageArguments[0]);
const header = (draft: Draft) => open(draft.remotes[0]?.headers[0]);
const assign = (of: (draft: Draft) => object, values: object): Change => {
  return (draft) => void Object.assign(of(draft), values);
};
const all = (draft: Draft) => draft;

const SHA = "a".repeat(64);
const BUNDLE = "https://github.com/ada/engine/releases/download/v1/engine.mcpb";

/** Rule, path of its finding, the change that it is about, and whether its fix cures it. */
const RULES: [rule: string, path: string, change: Change, isCured?: false][] = [
  ["unknown-schema", "$schema", assign(all, { $schema: "https://evil.example.com/schema.json" })],
  ["old-schema", "$schema", assign(all, { $schema: toSchemaUrl("2025-10-17") })],
  ["schema", "name", assign(all, { name: "engine" }), false],
  ["schema", "description", assign(all, { description: "x".repeat(101) }), false],
  ["schema", "packages.0.transport", (draft) => void delete pkg(draft)["transport"]],
  ["schema", "packages.0.version", assign(pkg, { version: 1 }), false],
  ["schema", "remotes.0.type", assign(remote, { type: "http" }), false],
  [
    "schema",
    "packages.0.packageArguments.0.type",
    (draft) => void delete argument(draft)["type"],
    false,
  ],
  [
    "template-description",
    "description",
    assign(all, { description: "Description of my MCP server" }),
    false,
  ],
  [
    "hidden-characters",
    "description",
    assign(all, { description: "Adds\u200B numbers to numbers" }),
  ],
  ["version-range", "version", assign(all, { version: "^1.2.3" })],
  ["version-range", "packages.0.version", assign(pkg, { version: ">=2.0.0" })],
  ["version-range", "packages.0.version", assign(pkg, { version: "1.x" }), false],
  ["version-order", "version", assign(all, { version: "first" }), false],
  ["plain-link", "websiteUrl", assign(all, { websiteUrl: "http://engine.example.com" })],
  [
    "repository-source",
    "repository.source",
    assign((draft) => draft.repository, { source: "gitlab" }),
  ],
  ["meta", "_meta.mine", assign(all, { _meta: { mine: {} } })],
  [
    "meta-size",
    "_meta.io.modelcontextprotocol.registry/publisher-provided",
    assign(all, {
      _meta: { "io.modelcontextprotocol.registry/publisher-provided": { a: "x".repeat(5_000) } },
    }),
  ],
  ["no-way", "packages", assign(all, { packages: [], remotes: [] }), false],
  ["registry-type", "packages.0.registryType", assign(pkg, { registryType: "NPM" })],
  ["identifier-mismatch", "packages.0.identifier", assign(pkg, { registryType: "pypi" })],
  [
    "registry-url",
    "packages.0.registryBaseUrl",
    assign(pkg, { registryBaseUrl: "https://npm.example.com" }),
  ],
  ["unpinned", "packages.0.version", (draft) => void delete pkg(draft)["version"], false],
  [
    "unpinned",
    "packages.0.identifier",
    assign(pkg, { registryType: "oci", identifier: "ghcr.io/ada/engine:latest" }),
  ],
  [
    "image-version",
    "packages.0.version",
    assign(pkg, { registryType: "oci", identifier: "ghcr.io/ada/engine:1" }),
  ],
  [
    "bundle-hash",
    "packages.0.fileSha256",
    assign(pkg, { registryType: "mcpb", identifier: BUNDLE }),
    false,
  ],
  [
    "bundle-address",
    "packages.0.identifier",
    assign(pkg, { registryType: "mcpb", identifier: "https://example.com/a.zip", fileSha256: SHA }),
    false,
  ],
  [
    "missing-url-variable",
    "packages.0.transport.url",
    assign(pkg, { transport: { type: "streamable-http", url: "http://localhost:{port}/mcp" } }),
  ],
  [
    "fixed-port",
    "packages.0.transport.url",
    assign(pkg, { transport: { type: "streamable-http", url: "http://localhost:80/mcp" } }),
    false,
  ],
  [
    "missing-url-variable",
    "remotes.0.url",
    assign(remote, { url: "https://{region}.example.com/mcp" }),
  ],
  ["local-remote", "remotes.0.url", assign(remote, { url: "http://localhost:8080/mcp" }), false],
  ["plain-remote", "remotes.0.url", assign(remote, { url: "http://api.example.com/mcp" })],
  ["sse", "remotes.0.type", assign(remote, { type: "sse" }), false],
  ["no-headers", "remotes.0", (draft) => void delete remote(draft)["headers"], false],
  ["argument-dashes", "packages.0.packageArguments.0.name", assign(argument, { name: "digits" })],
  ["value-format", "packages.0.packageArguments.0.default", assign(argument, { default: "many" })],
  [
    "default-choice",
    "packages.0.packageArguments.0.default",
    assign(argument, { choices: ["4", "6"] }),
  ],
  ["fixed-value", "packages.0.packageArguments.0.default", assign(argument, { value: "9" })],
  [
    "missing-secret",
    "packages.0.environmentVariables.0.isSecret",
    assign(variable, { isSecret: false }),
  ],
  ["secret-value", "packages.0.environmentVariables.0.value", assign(variable, { value: "abc" })],
  ["secret-template", "remotes.0.headers.0.isSecret", assign(header, { isSecret: true })],
  ["missing-variable", "remotes.0.headers.0.value", assign(header, { value: "Bearer {key}" })],
  ["unused-variable", "remotes.0.headers.0.variables.token", assign(header, { value: "Bearer" })],
  [
    "duplicate-variable",
    "packages.0.environmentVariables.1",
    (draft) =>
      void draft.packages[0]?.environmentVariables.push({
        name: "ENGINE_TOKEN",
        isSecret: true,
        isRequired: true,
      }),
  ],
  ["unknown-member", "packages.0.runtime_hint", assign(pkg, { runtime_hint: "npx" })],
  ["unknown-member", "homepage", assign(all, { homepage: "https://example.com" })],
];

describe("a server.json", () => {
  test("that follows the current schema and all rules has no finding", () => {
    expect(checkServerDocument(JSON.stringify(VALID), "current")).toEqual([]);
  });

  test.each(RULES)(
    "breaks the rule %s at %s, and the fix cures it",
    (rule, path, change, isCured) => {
      const text = make(change);
      const finding = checkServerDocument(text).find(
        (found) => found.rule === `FMT-02/${rule}` && found.path.join(".") === path,
      );
      if (!finding) throw new Error(`only ${rulesOf(text).join()} was found`);
      expect(finding.fix === null).toBe(isCured === false);
      if (!finding.fix) return;
      const cured = applyJsonFix(text, finding.fix);
      expect(rulesOf(cured)).not.toContain(rule);
      expect(checkServerDocument(cured).filter(isBlocking)).toEqual([]);
    },
  );

  test("of the first schema is rewritten for the current one", () => {
    const old = {
      $schema: toSchemaUrl("2025-07-09"),
      name: "io.github.ada/engine",
      description: "Computes tables of polynomials",
      status: "active",
      version: "1.0.0",
      packages: [
        {
          registry_type: "npm",
          identifier: "engine",
          version: "1.0.0",
          transport: { type: "stdio" },
          environment_variables: [{ name: "ENGINE_KEY", is_secret: true }],
        },
      ],
    };
    const text = JSON.stringify(old);
    const found = checkServerDocument(text);
    expect(found.map(({ rule, severity }) => [rule, severity])).toEqual([
      ["FMT-02/old-schema", "low"],
    ]);
    // A registry does not accept it unchanged.
    expect(checkServerDocument(text, "current").some(isBlocking)).toBe(true);
    const fix = found[0]?.fix;
    if (!fix) throw new Error("the old schema has a fix");
    expect(checkServerDocument(applyJsonFix(text, fix), "current").filter(isBlocking)).toEqual([]);
  });

  test("has its findings at the line and column of the value", () => {
    const text = make(assign(pkg, { version: "latest" }));
    const [finding] = checkServerDocument(text);
    const { line = 0, column = 0, offset = 0, length = 0 } = finding?.range ?? {};
    expect(text.slice(offset, offset + length)).toBe('"latest"');
    expect(text.split("\n")[line - 1]?.slice(column - 1)).toBe('"latest",');
  });
});

describe("a text that is no server.json", () => {
  const valid = JSON.stringify(VALID);

  test.each([
    ["with comments", `// a\n${valid}`, "comment"],
    ["with a comma at the end", valid.replace(/\}$/, ",}"), "syntax"],
    ["that ends in the middle", valid.slice(0, 100), "syntax"],
    ["that is empty", "", "syntax"],
    ["that is no object", "[]", "schema"],
    ["with a byte order mark", `\uFEFF${valid}`, "bom"],
    ["with a member twice", valid.replace("{", '{"name":"io.github.eve/engine",'), "duplicate"],
    ["with __proto__", valid.replace("{", '{"__proto__":{"name":"a/b"},'), "prototype"],
    ["with more than a MiB", `${valid}${" ".repeat(2 ** 20)}`, "size"],
    ["with 10,000 levels", "[".repeat(10_000), "depth"],
    ["with 100,000 objects in objects", '{"a":'.repeat(100_000), "depth"],
  ])("%s gets a finding that says so", (_what, text, rule) => {
    expect(rulesOf(text)).toContain(rule);
  });

  test("takes no member from __proto__, and its removal leaves a valid file", () => {
    const text = valid.replace("{", '{"__proto__":{"description":"x"},');
    const [finding] = checkServerDocument(text);
    if (!finding?.fix) throw new Error("the member can be removed");
    expect(checkServerDocument(applyJsonFix(text, finding.fix))).toEqual([]);
  });

  test("gets at most 200 findings, however many errors it has", () => {
    const environmentVariables = Array.from({ length: 10_000 }, (_, i) => ({
      name: `API_KEY_${i}`,
    }));
    expect(checkServerDocument(make(assign(pkg, { environmentVariables })))).toHaveLength(200);
  });

  test("declares a schema by an address that is never fetched", () => {
    const original = globalThis.fetch;
    const asked: unknown[] = [];
    globalThis.fetch = (input) => {
      asked.push(input);
      return Promise.reject(new Error("no network"));
    };
    try {
      const text = make(
        assign(all, {
          $schema: "https://evil.example.com/s.json",
          $ref: "https://evil.example.com/r.json",
        }),
      );
      expect(rulesOf(text)).toContain("unknown-schema");
      expect(asked).toEqual([]);
    } finally {
      globalThis.fetch = original;
    }
  });
});
