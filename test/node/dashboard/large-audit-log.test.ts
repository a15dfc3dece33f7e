import type { Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { z } from "zod";
import { manage } from "../../../scripts/management-client.ts";
import { openD1File } from "../../fixtures/d1-file.ts";
import { hasChromium } from "./chromium.ts";
import { openStage, type Stage } from "./stage.ts";

const ROWS = 100_000;
const START_MS = 90_000;
const Created = z.object({ id: z.string() });

/** The calls are written directly into D1's file while the runtime is stopped. */
describe.skipIf(!hasChromium)("an audit log of 100,000 calls", { timeout: START_MS }, () => {
  let stage: Stage;
  let page: Page;

  beforeAll(async () => {
    stage = await openStage("demo", async (dashboard) => {
      const { api, stateDir } = dashboard;
      const workspace = await manage(api, "POST", "/workspaces", { slug: "demo", name: "Demo" });
      await dashboard.pause();
      await writeCalls(stateDir, Created.parse(workspace).id);
      await dashboard.resume();
    });
    ({ page } = stage);
  }, START_MS);

  afterAll(() => stage.close());

  test("the audit log shows its first content", async () => {
    await page.goto("/w/demo/audit");
    await page.getByRole("heading", { name: "Audit log" }).waitFor();
    await page.waitForFunction(
      () => performance.getEntriesByName("first-contentful-paint").length > 0,
    );
    const paintedMs = await page.evaluate(
      () => performance.getEntriesByName("first-contentful-paint")[0]?.startTime,
    );
    console.log(`first content after ${paintedMs?.toFixed(0)} ms`);
  });

  test("the audit log scrolls to the oldest call and renders only the visible rows", async () => {
    const table = page.getByRole("table", { name: "Calls" });
    await table.getByRole("row").nth(5).waitFor();
    const { frameMs, maxRows } = await table.evaluate(async (scroller) => {
      const frames: number[] = [];
      let maxRows = 0;
      let last = performance.now();
      const hasMore = () => scroller.ariaRowCount === "-1";
      // Stops after 30 frames at the end, because the end moves when more rows have arrived.
      for (let framesAtEnd = 0; framesAtEnd < 30;) {
        await new Promise(requestAnimationFrame);
        frames.push(performance.now() - last);
        last = performance.now();
        maxRows = Math.max(maxRows, scroller.querySelectorAll("[role=row]").length);
        const before = scroller.scrollTop;
        scroller.scrollTop += 20_000;
        framesAtEnd = scroller.scrollTop === before && !hasMore() ? framesAtEnd + 1 : 0;
      }
      return { frameMs: frames.toSorted((a, b) => a - b), maxRows };
    });
    const percentile = (share: number) => frameMs[Math.floor(frameMs.length * share)] ?? 0;
    console.log(
      `frames: p50 ${percentile(0.5).toFixed(0)} ms, p95 ${percentile(0.95).toFixed(0)} ms, ${frameMs.length} of them`,
    );
    await page
      .getByRole("row", { name: /tool-1 / })
      .first()
      .waitFor();
    expect(await table.getAttribute("aria-rowcount")).toBe(String(ROWS + 1));
    expect(maxRows).toBeLessThan(100);
  });
});

/** Writes audit rows of calls, one per minute. */
async function writeCalls(stateDir: string, workspaceId: string): Promise<void> {
  const db = await openD1File(stateDir);
  const insert = db.prepare(
    `INSERT INTO mcp_tool_calls (id, workspace_id, seq, server_slug, tool_name, method, status, latency_ms, created_at)
     VALUES (?, ?, ?, 'everything', ?, 'tools/call', 'ok', 12, ?)`,
  );
  const now = Date.now();
  db.exec("BEGIN");
  for (let seq = 1; seq <= ROWS; seq += 1)
    insert.run(
      `${workspaceId}:${seq}`,
      workspaceId,
      seq,
      `tool-${seq}`,
      now - (ROWS - seq) * 60_000,
    );
  db.exec("COMMIT");
  db.close();
}
