import * as toml from "toml-eslint-parser";
import { expect, it, vi } from "vitest";
import * as yaml from "yaml";
import { checkConfiguration } from "../../../client-config/check/check.ts";
import { applyFix } from "../../../client-config/documents/edit.ts";
import { readImport } from "../../../client-config/import/read-import.ts";
import { MAX_LINE_MARKS, MAX_LINES, MAX_MARKS } from "../../../client-config/limits.ts";
import { readConfiguration } from "../../../client-config/read.ts";
import { scanText } from "../../../client-config/scan/scan-text.ts";
import { isServerDocument } from "../../../client-config/server-document/recognize.ts";

// The parsers' time grows with the square of some texts, so that what reaches them is what counts.
vi.mock("yaml", async (load) => {
  const original = await load<typeof yaml>();
  return { ...original, parseDocument: vi.fn<typeof yaml.parseDocument>(original.parseDocument) };
});
vi.mock("toml-eslint-parser", async (load) => {
  const original = await load<typeof toml>();
  return { ...original, parseTOML: vi.fn<typeof toml.parseTOML>(original.parseTOML) };
});

const toStairs = (count: number) =>
  Array.from({ length: count }, (_, level) => `${" ".repeat(level)}a:`).join("\n");
const fill = (fragment: string) => fragment.repeat(Math.floor((250 * 1024) / fragment.length));

it.each([
  ["anchors, 900 KB", "&a ".repeat(300_000)],
  ["anchors on one line", fill("&a ")],
  ["anchors on many lines", "a: &b\n".repeat(MAX_MARKS + 1)],
  ["maps in one another on one line", "a: ".repeat(MAX_LINE_MARKS + 1)],
  ["lists in one another on one line", "- ".repeat(10_000)],
  ["lines with lists and closing brackets", fill("- }- ]\n")],
  ["maps side by side on one line", `a: ${fill("{}")}`],
  ["stairs", toStairs(1_300)],
  ["short stairs", toStairs(102)],
  ["lines", `a: 1${"\n".repeat(MAX_LINES + 1)}`],
])("YAML with too many %s does not reach the parser", (_name, text) => {
  vi.mocked(yaml.parseDocument).mockClear();
  const [finding] = checkConfiguration(readConfiguration(text));
  expect(finding?.message).toMatch(/^Nothing of this YAML was read: it (?:is|has) .*\.$/);
  expect(scanText(text, { client: null, fileName: null, isShared: null }).kind).toBe("nothing");
  expect(readImport(text).notes[0]).toBe(finding?.message);
  expect(yaml.parseDocument).not.toHaveBeenCalled();
});

it.each([
  ["keys", "a=1\n".repeat(100_000)],
  ["keys on one line", `a = { ${"b=1,".repeat(MAX_LINES)} }`],
  ["lines", `a=1${"\n".repeat(MAX_LINES + 1)}`],
  ["steps in a header", `[${"a.".repeat(200)}b]\nc=1\n`],
  ["steps in a key", `${"a.".repeat(200)}b=1\n`],
])("TOML with too many %s does not reach the parser", (_name, text) => {
  vi.mocked(toml.parseTOML).mockClear();
  const [finding] = checkConfiguration(readConfiguration(text, "codex"));
  expect(finding?.message).toMatch(/^Nothing of this TOML was read: it (?:is|has) .*\.$/);
  expect(toml.parseTOML).not.toHaveBeenCalled();
});

it("aliases that repeat a long text are refused, and those of an ordinary file are read", () => {
  const repeat = (length: number, times: number) =>
    `a: &a ${"x".repeat(length)}\nextensions:\n  one:\n    cmd: npx\n    args:\n${"      - *a\n".repeat(times)}`;
  expect(readConfiguration(repeat(100_000, 1_000)).findings[0]?.message).toMatch(
    /aliases repeat more than/,
  );
  expect(readConfiguration(repeat(10, 10)).configuration.servers).toMatchObject([{ name: "one" }]);
});

it("large files that people can have are read", () => {
  const projects = Array.from(
    { length: 3_500 },
    (_, index) => `[projects."/home/ada/work/project.${index}"]\ntrust_level = "trusted"\n`,
  ).join("\n");
  const codex = `[mcp_servers.a]\ncommand = "npx"\nargs = ["""\n${'a.b = { "'.repeat(300)}"""]\n${projects}`;
  const goose = `extensions:\n  a:\n    cmd: npx\n    args: [-y, x]\ninstructions: |\n${"  - one: it's [a] *list* & more\n".repeat(900)}`;
  for (const text of [codex, goose])
    expect(readConfiguration(text).configuration.servers).toMatchObject([{ name: "a" }]);
});

it("what begins like YAML or TOML is no server.json, unless its name says so", () => {
  const text = 'a: "$schema"\n';
  expect(isServerDocument(text)).toBe(false);
  expect(isServerDocument(text, "server.json")).toBe(true);
});

it("a comment on each of 100,000 lines is removed by one fix", () => {
  const text = `{"mcpServers": {\n${"//x\n".repeat(100_000)}"a": {"command": "x"}}}`;
  const { document } = readConfiguration(text, "cursor");
  const textEdits = document.comments.map(({ start, end }) => ({
    offset: start,
    length: end - start,
    text: "",
  }));
  const fixed = applyFix(document, { title: "", edits: [], textEdits: textEdits.toReversed() });
  expect(fixed).toBe(`{"mcpServers": {\n${"\n".repeat(100_000)}"a": {"command": "x"}}}`);
});
