import { expect, test } from "vitest";
import { parseReadme } from "../../../web/src/pages/marketplace/readme/parse-readme.ts";

test("a README is cut before paragraphs whose brackets would hold the page for seconds", () => {
  const brackets = "![[a](b".repeat(1_000);
  const { nodes, isCut } = parseReadme(`Before\n\n${"[".repeat(50_000)}\n\nBehind`);
  expect({ nodes, isCut }).toEqual({ nodes: [{ tag: "p", children: ["Before"] }], isCut: true });
  const many = parseReadme(`${brackets}\n\n`.repeat(14));
  expect([many.isCut, many.nodes.length]).toEqual([true, 3]);
  const awesome =
    "- [![badge](https://a.example/b.svg)](https://a.example) [name](https://b.example): text\n";
  expect(parseReadme(awesome.repeat(700)).isCut).toBe(false);
});
