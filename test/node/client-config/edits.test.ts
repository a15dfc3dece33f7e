import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { openDocument } from "../../../client-config/documents/document.ts";
import { applyEdits } from "../../../client-config/documents/edit.ts";
import type { Language } from "../../../client-config/documents/node.ts";
import { setValue } from "../../../client-config/documents/target.ts";

const TEXTS: Record<Language, string> = {
  json: `// My servers
{
  "theme": "dark", // I like it
  "mcpServers": {
    // the one
    "a": {
      "command": "npx", // runner
      "args": ["-y", "pkg"],
      "env": { "KEY": "x" },
    },
    "b": { "url": "https://example.com/mcp" }
  }
}
`,
  toml: `# My servers
model = "o3" # I like it

[mcp_servers.a]
command = "npx" # runner
args = ["-y", "pkg"]
env = { KEY = "x" }

# the other
[mcp_servers.b]
url = "https://example.com/mcp"

[mcp_servers.b.http_headers]
X-A = "1"
`,
  yaml: `# My servers
theme: dark # I like it
extensions:
  # the one
  a:
    cmd: npx # runner
    args: ["-y", "pkg"]
    envs: {KEY: x}
  b:
    args:
      - one
      - two # second
    empty:
    text: |
      several
      lines
`,
};
const COMMENTS = /(?:#|\/\/) .*/g;

describe.each(["json", "toml", "yaml"] as const)("edits of %s", (language) => {
  const { document } = openDocument(TEXTS[language], language);
  const paths = listPaths(document.value);

  test("each value can be replaced, and all else and every comment stays", () => {
    for (const path of paths.filter((found) => found.length > 0)) {
      const expected = setValue(document.value, path, "new");
      const text = applyEdits(document, [{ path, value: "new" }]);
      const found = text === null ? expected : openDocument(text, language).document.value;
      expect(found).toEqual(expected);
    }
    const leaves = paths.filter((path) => typeof toLeaf(document.value, path) === "string");
    expect(leaves.length).toBeGreaterThan(4);
    for (const path of leaves) {
      const text = applyEdits(document, [{ path, value: "new" }]);
      expect(text === null ? path : null).toBeNull();
      expect(text?.match(COMMENTS)).toEqual(TEXTS[language].match(COMMENTS));
    }
  });

  test("each member and item can be removed, and members can be added", () => {
    for (const path of paths.filter((found) => found.length > 1)) {
      const text = applyEdits(document, [{ path, value: undefined }]);
      expect(text === null ? path : null).toBeNull();
    }
    const [server = []] = paths.filter((path) => path.length === 2);
    for (const value of ["x", 1, true, ["a"], { B: "c" }])
      expect(applyEdits(document, [{ path: [...server, "new"], value }])).not.toBeNull();
    const [root = ""] = server;
    const added = applyEdits(document, [
      { path: [root, "c"], value: { command: "uvx", args: ["x"] } },
    ]);
    expect(added).not.toBeNull();
    expect(added?.match(COMMENTS)).toEqual(TEXTS[language].match(COMMENTS));
  });

  test("an edit of any value at any place is made exactly, or not at all", () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...paths),
        fc.string({ maxLength: 5 }),
        fc.json({ maxDepth: 2 }),
        (path, key, json) => {
          const value: unknown = JSON.parse(json);
          const place = [...path, key];
          const text = applyEdits(document, [{ path: place, value }]);
          const expected = setValue(document.value, place, value);
          const found = text === null ? expected : openDocument(text, language).document.value;
          expect(JSON.parse(JSON.stringify(found))).toEqual(JSON.parse(JSON.stringify(expected)));
        },
      ),
      { numRuns: 120 },
    );
  });
});

function listPaths(value: unknown, path: (string | number)[] = []): (string | number)[][] {
  if (typeof value !== "object" || value === null) return [path];
  const below = Object.entries(value).flatMap(([key, member]) =>
    listPaths(member, [...path, Array.isArray(value) ? Number(key) : key]),
  );
  return [path, ...below];
}

function toLeaf(value: unknown, path: (string | number)[]): unknown {
  return path.reduce<unknown>((found, step) => (found as Record<string, unknown>)[step], value);
}
