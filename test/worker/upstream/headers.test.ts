import { describe, expect, test } from "vitest";
import {
  computeParamHeaders,
  decodeHeaderValue,
  encodeHeaderValue,
  findParamHeaders,
} from "../../../workers/mcp/headers.ts";

describe("header values", () => {
  test("a header value of visible ASCII stays unchanged", () => {
    for (const value of ["get_weather", "file:///a b?c=%20", "a=?base64?b?=", "=?base64?SGk="]) {
      expect(encodeHeaderValue(value)).toBe(value);
      expect(decodeHeaderValue(value)).toBe(value);
    }
    expect([encodeHeaderValue(42), encodeHeaderValue(-1.5), encodeHeaderValue(true)]).toEqual([
      "42",
      "-1.5",
      "true",
    ]);
  });

  test("any other header value is encoded and decodes to the same text", () => {
    expect(encodeHeaderValue("日本")).toBe("=?base64?5pel5pys?=");
    const long = "é".repeat(500_000);
    for (const value of [
      "",
      " a",
      "a ",
      "a\tb",
      "a\r\nb",
      "\u0000",
      "\uFEFFx",
      "=?base64?SGk=?=",
      "=?base64?!?=",
      long,
    ]) {
      const encoded = encodeHeaderValue(value);
      expect(encoded.startsWith("=?base64?")).toBe(true);
      expect(decodeHeaderValue(encoded)).toBe(value);
    }
  });

  test("an encoded header value with broken base64 or UTF-8 has no value", () => {
    for (const inner of ["SGVsbG8", "SGVs!!!bG8=", "SGVsbG9=", "SGVs bG8=", "/w==", "===="]) {
      expect(decodeHeaderValue(`=?base64?${inner}?=`)).toBe(null);
    }
  });
});

describe("x-mcp-header annotations", () => {
  const annotated = (name: unknown, type: unknown = "string") => ({ type, "x-mcp-header": name });
  const schema = (properties: Record<string, unknown>, extra = {}) => ({
    type: "object",
    properties,
    ...extra,
  });

  test("annotations are found at any depth of properties", () => {
    const place = schema({
      region: annotated("Region"),
      deep: schema({ n: annotated("N", "integer") }),
    });
    expect(
      findParamHeaders(
        schema({ place, dry: annotated("Dry-Run", "boolean"), plain: { type: "string" } }),
      ),
    ).toEqual([
      { path: ["place", "region"], name: "Region" },
      { path: ["place", "deep", "n"], name: "N" },
      { path: ["dry"], name: "Dry-Run" },
    ]);
    for (const none of [
      undefined,
      null,
      true,
      {},
      schema({}),
      schema({ "x-mcp-header": { type: "string" } }),
    ]) {
      expect(findParamHeaders(none)).toEqual([]);
    }
  });

  test("an annotation needs a header token as name and a type of string, integer or boolean", () => {
    for (const name of ["", "My Region", "Region:Primary", "Région", "Region\t1", 7, null]) {
      expect(findParamHeaders(schema({ a: annotated(name) }))).toBe("invalid");
    }
    for (const type of ["object", "array", "null", "number", null, ["string", "null"]]) {
      expect(findParamHeaders(schema({ a: annotated("A", type) }))).toBe("invalid");
    }
  });

  test("annotations need different names, ignoring case", () => {
    expect(findParamHeaders(schema({ a: annotated("Region"), b: annotated("Region") }))).toBe(
      "invalid",
    );
    expect(
      findParamHeaders(schema({ a: annotated("MyField"), b: schema({ c: annotated("myfield") }) })),
    ).toBe("invalid");
  });

  test("an annotation outside a chain of properties is invalid", () => {
    const a = annotated("A");
    for (const extra of [
      { $defs: { a } },
      { anyOf: [a] },
      { items: a },
      { additionalProperties: a },
      { "x-mcp-header": "A" },
    ]) {
      expect(findParamHeaders(schema({}, extra))).toBe("invalid");
    }
    expect(findParamHeaders(schema({ list: { type: "array", items: a } }))).toBe("invalid");
  });

  test("annotated arguments that are present become headers", () => {
    const headers = [
      { path: ["region"], name: "Region" },
      { path: ["place", "n"], name: "N" },
      { path: ["dry"], name: "Dry" },
    ];
    expect(computeParamHeaders(headers, { region: "é", place: { n: 3 }, dry: false })).toEqual([
      ["Mcp-Param-Region", "=?base64?w6k=?="],
      ["Mcp-Param-N", "3"],
      ["Mcp-Param-Dry", "false"],
    ]);
    expect(computeParamHeaders(headers, { region: null, place: "x", dry: {} })).toEqual([]);
    expect(computeParamHeaders([{ path: ["constructor", "name"], name: "C" }], {})).toEqual([]);
    expect(computeParamHeaders(headers, undefined)).toEqual([]);
  });

  test("a number that lost digits in parsing becomes no header", () => {
    expect(
      computeParamHeaders([{ path: ["n"], name: "N" }], JSON.parse('{"n":12345678901234567890}')),
    ).toEqual([]);
  });
});
