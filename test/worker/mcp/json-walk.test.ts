import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { findResultMember, hasMoreValues, splitArray } from "../../../workers/mcp/json-walk.ts";

describe("a walk over JSON text", () => {
  test("the elements of any list in a result are those that JSON.parse reads", () => {
    fc.assert(
      fc.property(
        fc.array(fc.jsonValue()),
        fc.string(),
        fc.jsonValue(),
        fc.constantFrom(0, 2, "\t"),
        (items, key, other, space) => {
          const message = { [`${key}x`]: other, result: { other, list: items, [key]: 1 } };
          const text = JSON.stringify(message, null, space);
          const start = findResultMember(text, "list");
          if (start === null) throw new Error("no list");
          const elements = [...splitArray(text, start)].map((element) => JSON.parse(element));
          expect(elements).toEqual(JSON.parse(JSON.stringify(items)));
        },
      ),
    );
  });

  test("only a member of the result itself is found", () => {
    const find = (text: string) => findResultMember(text, "list");
    expect(
      find('{"list":[1],"result":{"deeper":{"list":[2]},"text":"\\"list\\":[3]"}}'),
    ).toBeNull();
    expect(find('{"params":{"list":[1]},"result":{"a":["list"],"l\\u0069st" : [2]}}')).toBe(60);
    expect(find('{"result":{"list":null}}')).toBe(18);
  });

  test("elements can be nested to any depth", () => {
    const deep = "[".repeat(200_000) + "]".repeat(200_000);
    expect([...splitArray(`[1,${deep},{"a":[2,3]} ]`, 0)].map((text) => text.length)).toEqual([
      1, 400_000, 12,
    ]);
  });

  test("values are counted without the characters of strings", () => {
    const items = (count: number) => `[${Array.from({ length: count }, () => '"a,[b"').join()}]`;
    expect(hasMoreValues(items(100), 100)).toBe(false);
    expect(hasMoreValues(items(101), 100)).toBe(true);
    expect(hasMoreValues(`["${"x,".repeat(1_000)}\\",[]"`, 100)).toBe(false);
  });
});
