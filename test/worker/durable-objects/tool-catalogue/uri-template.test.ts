import { expect, test } from "vitest";
import { matchesTemplate } from "../../../../durable-objects/tool-catalogue/uri-template.ts";

test("a URI matches exactly the templates that can expand to it", () => {
  expect(matchesTemplate("test://template/{id}/data", "test://template/7/data")).toBe(true);
  expect(matchesTemplate("test://template/{id}/data", "test://template/7/8/data")).toBe(false);
  expect(matchesTemplate("file:///{+path}", "file:///a/b/c")).toBe(true);
  expect(matchesTemplate("a://{x}", "b://1")).toBe(false);
  expect(matchesTemplate("a://{x}/z", "a://1/zz")).toBe(false);
  expect(matchesTemplate("{+all}", "x".repeat(100_000))).toBe(true);
});
