import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  editDocument,
  readDocument,
  type Language,
} from "../../registry-client/src/documents/document.ts";
import { toDigest, type Item, type Place } from "../../registry-client/src/places.ts";
import { planFile, toUnfinished } from "../../registry-client/src/plan.ts";
import type { ClientId } from "../../workers/contract/marketplace/install/clients.ts";
import { installOf } from "../../workers/contract/marketplace/install/installation.ts";
import { ServerDocument } from "../../workers/contract/marketplace/server-document.ts";

const FILES: Record<
  string,
  { client: ClientId; language: Language; root: string; field: Place["field"]; texts: string[] }
> = {
  "JSON with comments": {
    client: "cursor",
    language: "json",
    root: "mcpServers",
    field: null,
    texts: [
      '{\n\t// a\n\t"mcpServers": {\n\t\t// b\n\t\t"own": {"a": [1]}, // c\n\t},\n\t"z": 1\n}\n',
      '{\r\n    "mcpServers": {\r\n        "own": {} // last\r\n    }\r\n}',
      '{ "a": 1, "mcpServers": { "own": {} } }',
      '{"__proto__": {"a": 1}, "mcpServers": {"constructor": {}}}',
    ],
  },
  TOML: {
    client: "codex",
    language: "toml",
    root: "mcp_servers",
    field: null,
    texts: [
      "# a\r\n[tui]\r\nb = 1 # c\r\n",
      '[mcp_servers]\n[mcp_servers.own]\ncommand = "a"\n\n\n[[list]]\nb = 1\n\n# end\n',
      'text = """\n[mcp_servers.new]\n"""\n',
    ],
  },
  "a map in YAML": {
    client: "goose",
    language: "yaml",
    root: "extensions",
    field: null,
    texts: [
      "# a\r\nextensions:\r\n    own:\r\n        a: 1 # b\r\n    # c\r\nlast: 1\r\n",
      "extensions: {} # a\nlast: 1\n",
      "extensions:\n  own:\n    text: |\n      long\n\n      text\n\n# end",
    ],
  },
  "a list in YAML": {
    client: "continue",
    language: "yaml",
    root: "mcpServers",
    field: "name",
    texts: [
      "mcpServers:\n- name: own\n  a: 1\nlast: 1\n",
      "mcpServers: []\n",
      "mcpServers:\n  - name: own # a\n",
    ],
  },
};

describe("an edit of a client's file", () => {
  test.each(Object.entries(FILES))(
    "in %s changes nothing else, whatever is written",
    (_name, file) => {
      const { client, language, root, field, texts } = file;
      const place = { root, field, key: "new" };
      fc.assert(
        fc.property(
          fc.constantFrom(...texts),
          fc.string({ unit: "binary" }),
          fc.string({ unit: "binary" }),
          (text, first, second) => {
            const toItem = (value: string): Pick<Item, "value" | "text"> => {
              const document = ServerDocument.parse({
                name: "com.acme/new",
                packages: [
                  {
                    registryType: "npm",
                    identifier: "p",
                    version: "1.0.0",
                    packageArguments: [{ type: "positional", value: `x${value}` }],
                  },
                ],
              });
              const written = installOf(document, client, {})?.file?.text ?? "";
              const members = readDocument(language, written)[root];
              return {
                text: written,
                value: Array.isArray(members)
                  ? members[0]
                  : (members as Record<string, unknown>)["new"],
              };
            };
            const added = editDocument(language, text, place, toItem(first));
            const changed = editDocument(language, added, place, toItem(second));
            const again = editDocument(language, changed, place, toItem(first));
            const removed = editDocument(language, changed, place, null);
            expect(again).toBe(added);
            // In a file of one line, a space can stay; a last line break can be new.
            const toCompared = (whole: string) =>
              text.includes("\n") ? whole.trimEnd() : whole.replaceAll(" ", "");
            expect(toCompared(removed)).toBe(toCompared(text));
          },
        ),
        { numRuns: 60 },
      );
    },
  );
});

test("a run that ends between its steps has changed nothing by hand, wherever it ends", () => {
  const toItem = (key: string, value: unknown): Item => ({
    place: { root: "mcpServers", field: null, key },
    value,
    text: "",
    shown: value,
    servers: [key],
  });
  const plan = (
    items: Item[],
    owned: Parameters<typeof planFile>[0]["owned"],
    file: Record<string, unknown>,
  ) => {
    const names = new Set(items.flatMap(({ servers }) => servers));
    const find = ({ key }: Place) => file[key];
    return planFile({
      registry: "r",
      items,
      listed: names,
      complete: names,
      owned,
      find,
      force: false,
    });
  };
  const before = { changed: 1, removed: 1 };
  const after = { changed: 2, added: 2 };
  const old = plan([toItem("changed", 1), toItem("removed", 1)], [], {}).owned;
  const wanted = [toItem("changed", 2), toItem("added", 2)];
  const unfinished = toUnfinished(old, plan(wanted, old, before).owned);
  for (const file of [before, after]) {
    const next = plan(wanted, unfinished, file);
    expect(next.kept).toEqual([]);
    expect(next.changes.map(({ kind }) => kind)).toEqual(
      file === before ? ["update", "add", "remove"] : [],
    );
    expect(next.owned.map(({ key, digests }) => [key, digests])).toEqual([
      ["changed", [toDigest(2)]],
      ["added", [toDigest(2)]],
    ]);
  }
});
