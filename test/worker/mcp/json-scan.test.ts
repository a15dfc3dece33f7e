import { describe, expect, test } from "vitest";
import {
  editObject,
  scanJson,
  findMemberText,
  type ScannedObject,
} from "../../../workers/mcp/json-scan.ts";

const LIMITS = { maxDepth: 64, maxNodes: 1_000 };

function rootOf(text: string): ScannedObject {
  const scan = scanJson(text, LIMITS);
  if (!scan.ok || !scan.root) throw new Error("no object");
  return scan.root;
}

describe("scanning", () => {
  test("finds members by their unescaped names, around any white space and escapes", () => {
    const text =
      ' { "a" : [1, {"b":2}] ,\n"pa\\u0072ams":{"x":"}\\\\\\"]","n":-1.5e3}, "t":true } ';
    const root = rootOf(text);
    expect(findMemberText(text, root, "a")).toBe('[1, {"b":2}]');
    const params = root.members.get("params")?.object ?? null;
    expect(findMemberText(text, params, "x")).toBe('"}\\\\\\"]"');
    expect(findMemberText(text, params, "n")).toBe("-1.5e3");
    expect(findMemberText(text, root, "t")).toBe("true");
  });

  test("nesting of 64 passes and of 65 does not", () => {
    const nested = (depth: number) => "[".repeat(depth) + "]".repeat(depth);
    expect(scanJson(nested(64), LIMITS).ok).toBe(true);
    expect(scanJson(nested(65), LIMITS)).toEqual({ ok: false, problem: "too_deep" });
    expect(scanJson("[".repeat(1_000_000), LIMITS)).toEqual({ ok: false, problem: "too_deep" });
  });

  test("one value beyond the limit is refused", () => {
    const list = (values: number) => `[${Array.from({ length: values }, () => "0").join(",")}]`;
    expect(scanJson(list(999), LIMITS).ok).toBe(true);
    expect(scanJson(list(1_000), LIMITS)).toEqual({ ok: false, problem: "too_many_values" });
  });

  test("a key named twice is refused where messages are routed, also when one is escaped", () => {
    for (const text of [
      '{"method":"a","method":"b"}',
      '{"params":{"name":"a","n\\u0061me":"b"}}',
      '{"params":{"_meta":{"x":1,"x":2}}}',
    ]) {
      expect(scanJson(text, LIMITS)).toEqual({ ok: false, problem: "duplicate_key" });
    }
    expect(scanJson('{"params":{"arguments":{"x":1,"x":2}}}', LIMITS).ok).toBe(true);
  });

  test("text that is no JSON is refused or left to the parser, and never loops", () => {
    for (const text of [
      "",
      "{",
      '{"a"',
      '{"a":',
      "[1,",
      '"open',
      '{"a" 1}',
      "}",
      "[}",
      '{"\\q":1}',
      "{,}",
    ]) {
      const scan = scanJson(text, LIMITS);
      expect(scan.ok ? scan.root : scan.problem).toBe("malformed");
    }
  });
});

describe("editing", () => {
  test("replaces, removes and adds members, and keeps the exact text of all others", () => {
    const text = '{"id":12345678901234567890,"big":1e400,"gone":{"a":[1]},"name":"old"}';
    const edited = editObject(text, rootOf(text), {
      name: '"new"',
      gone: null,
      added: "[true]",
      absent: null,
    });
    expect(edited).toBe('{"id":12345678901234567890,"big":1e400,"name":"new","added":[true]}');
  });
});
