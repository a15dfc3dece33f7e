import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { outlineOf as outlineOfBytes } from "../../../../workers/gateway/call/json-outline.ts";

const encoder = new TextEncoder();
const outlineOf = (text: string) => outlineOfBytes(encoder.encode(text));

/** What the outline of a value holds: nothing below its members' members. */
function cut(value: unknown, depth = 0): unknown {
  if (typeof value !== "object" || value === null) return value;
  if (depth === 2) return Array.isArray(value) ? [] : {};
  if (Array.isArray(value)) return value.map((item) => cut(item, depth + 1));
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [key, cut(item, depth + 1)]),
  );
}

describe("the outline of a JSON object", () => {
  test("holds its members and those of its objects", () => {
    const objects = fc.dictionary(fc.string(), fc.jsonValue({ maxDepth: 5 }), { maxKeys: 6 });
    fc.assert(
      fc.property(objects, (object) => {
        const outline = outlineOf(JSON.stringify(object));
        expect(JSON.parse(outline ?? "null")).toEqual(JSON.parse(JSON.stringify(cut(object))));
      }),
    );
  });

  test("skips long strings with quotes and backslashes", () => {
    const long = fc.array(fc.constantFrom('"', "\\", '\\"', "x".repeat(70), "}"), {
      minLength: 20,
    });
    fc.assert(
      fc.property(long, (parts) => {
        const text = JSON.stringify({
          result: { content: [parts.join("")], isError: true },
          id: 1,
        });
        const outline = outlineOf(text);
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
