import { expect, test } from "vitest";
import { repairSchema } from "../../../workers/mcp/definitions/repair-schema.ts";

const DRAFT_7 = "http://json-schema.org/draft-07/schema";

/** The repaired schema, and the paths of its changes. */
function repair(schema: Record<string, unknown>): [schema: unknown, changed: string[]] {
  const changed: string[] = [];
  const repaired = repairSchema(schema, (path) => changed.push(path.join(".")));
  return [repaired, changed];
}

test.each([
  ["#top", { $anchor: "top", properties: { c: { $ref: "#top" } } }, "#"],
  ["#in", { allOf: [{ $anchor: "in" }], properties: { c: { $ref: "#in" } } }, "#/allOf/0"],
])("a reference to the anchor %s becomes a pointer", (_, schema, pointer) => {
  const [repaired] = repair(schema);
  expect(repaired).toEqual({ ...schema, properties: { c: { $ref: pointer } } });
});

test.each<[object, object]>([
  [{ type: ["string", null], nullable: false }, { type: ["string", "null"] }],
  [{ type: ["string", "text"], nullable: true }, {}],
  [
    { type: ["string", null], nullable: true },
    { type: ["string", "null"], nullable: true },
  ],
])("%j becomes %j, because nullable must fit the type", (property, expected) => {
  const [repaired] = repair({ properties: { a: property } });
  expect(repaired).toEqual({ properties: { a: expected } });
});

test.each(["(?i:abc)", "(?-i:x)", "(?s-m:.)", "(?<y>a)|(?<y>b)"])(
  "the pattern %s, which older clients do not compile, is removed and reported",
  (pattern) => {
    const schema = { pattern, patternProperties: { [pattern]: {} } };
    expect(repair(schema)).toEqual([
      { patternProperties: {} },
      ["pattern", `patternProperties.${pattern}`],
    ]);
  },
);

test.each(["\\(?i:", "(?:a)", "(?=a)(?<=b)(?<!c)(?<x>d)(?<y>e)"])(
  "the pattern %s, which all clients compile, stays",
  (pattern) => {
    expect(repair({ pattern })).toEqual([{ pattern }, []]);
  },
);

test.each(["__proto__", "constructor"])("a format named %s is removed", (format) => {
  expect(repair({ type: "string", format })).toEqual([{ type: "string" }, ["format"]]);
});

test("a list of items becomes prefixItems where the dialect is none that clients know", () => {
  const items = [{ type: "string" }];
  expect(repair({ $schema: `${DRAFT_7}#foo`, items })[0]).toEqual({ prefixItems: items });
  expect(repair({ $schema: `${DRAFT_7}#`, items })[0]).toEqual({ $schema: `${DRAFT_7}#`, items });
});
