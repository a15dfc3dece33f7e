import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import type { Page } from "playwright-core";
import { z } from "zod";

const Findings = z.array(
  z.object({ id: z.string(), impact: z.string(), nodes: z.array(z.string()) }),
);

/** The rules whose outcome depends on the colour scheme. */
const COLOUR_RULES = ["color-contrast", "link-in-text-block"];

const axe = await readFile(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

/**
 * Runs axe on a page and returns its serious and critical findings, with the elements. `rules`: only those of the colours,
 * for a page whose other rules have been checked in another colour scheme.
 */
export async function findProblems(
  page: Page,
  rules: "all" | "colours" = "all",
): Promise<z.infer<typeof Findings>> {
  const runOnly = rules === "all" ? {} : { runOnly: COLOUR_RULES };
  // An isolated world, because the page's content security policy blocks injected scripts.
  const session = await page.context().newCDPSession(page);
  const { frameTree } = await session.send("Page.getFrameTree");
  const { executionContextId } = await session.send("Page.createIsolatedWorld", {
    frameId: frameTree.frame.id,
    worldName: "axe",
  });
  // The world lives as long as the document. To evaluate all of axe takes as long as to run it.
  const { result: known } = await session.send("Runtime.evaluate", {
    expression: "typeof axe",
    contextId: executionContextId,
  });
  if (known.value === "undefined")
    await session.send("Runtime.evaluate", { expression: axe, contextId: executionContextId });
  const { result } = await session.send("Runtime.evaluate", {
    expression: `axe.run(document, ${JSON.stringify({ resultTypes: ["violations"], ...runOnly })}).then(({ violations }) => violations
      .filter(({ impact }) => impact === "serious" || impact === "critical")
      .map(({ id, impact, nodes }) => ({ id, impact, nodes: nodes.map(({ html }) => html.slice(0, 200)) })))`,
    contextId: executionContextId,
    awaitPromise: true,
    returnByValue: true,
  });
  await session.detach();
  return Findings.parse(result.value);
}
