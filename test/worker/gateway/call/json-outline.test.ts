import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { JsonOutline } from "../../../../workers/gateway/call/json-outline.ts";

const encoder = new TextEncoder();

function outlineOf(text: string, sizes: number[] = []): string | null {
  const bytes = encoder.encode(text);
  const outline = new JsonOutline();
  let at = 0;
  for (const size of sizes) {
    outline.push(bytes.subarray(at, at + size));
    at += size;
  }
  outline.push(bytes.subarray(at));
  return outline.end();
}

/** What the outline of a value holds: nothing below its members' members. */
function cut(value: unknown, depth = 0): unknown {
  if (typeof value !== "object" || value === null) return value;
  if (depth === 2) return Array.isArray(value) ? [] : {};
  if (Array.isArray(value)) return value.map((item) => cut(item, depth + 1));
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [key, cut(item, depth + 1)]),
  );
}

const sizes = fc.array(fc.nat(40), { maxLength: 60 });

describe("the outline of a JSON object", () => {
  test("holds its members and those of its objects, wherever its chunks are cut", () => {
    const objects = fc.dictionary(fc.string(), fc.jsonValue({ maxDepth: 5 }), { maxKeys: 6 });
    fc.assert(
      fc.property(objects, sizes, (object, cuts) => {
        const outline = outlineOf(JSON.stringify(object), cuts);
        expect(JSON.parse(outline ?? "null")).toEqual(JSON.parse(JSON.stringify(cut(object))));
      }),
    );
  });

  test("skips long strings with quotes and backslashes, wherever its chunks are cut", () => {
    const long = fc.array(fc.constantFrom('"', "\\", '\\"', "x".repeat(70), "}"), {
      minLength: 20,
    });
    fc.assert(
      fc.property(long, sizes, (parts, cuts) => {
        const text = JSON.stringify({
          result: { content: [parts.join("")], isError: true },
          id: 1,
        });
        const outline = outlineOf(text, cuts);
        expect(outline).toBe('{"result":{"content":[],"isError":true},"id":1}');
      }),
    );
  });

  test("is null for every beginning of an object, and for more than one", () => {
    const text = JSON.stringify({
      id: 1,
      result: { content: [{ text: 'a "}"' }], isError: false },
    });
    for (let end = 0; end < text.length; end++) expect(outlineOf(text.slice(0, end))).toBeNull();
    expect(outlineOf(`${text} \n`)).not.toBeNull();
    expect(outlineOf(text + text)).toBeNull();
    expect(outlineOf(`[${text}]`)).toBeNull();
    expect(outlineOf("<html></html>")).toBeNull();
  });
});
