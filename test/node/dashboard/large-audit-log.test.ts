import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join as joinPath } from "node:path";
import { DatabaseSync } from "node:sqlite";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { z } from "zod";
import { makeSecrets } from "../../../scripts/data-folder.ts";
import { startRuntime, type Runtime } from "../../../scripts/local-runtime.ts";
import { manage } from "../../../scripts/management-client.ts";
import { findFreePort } from "../../../scripts/ports.ts";
import { buildWorker } from "../../../scripts/worker-bundle.ts";
import { hasChromium, launchChromium, openBrowserUser, type BrowserUser } from "./chromium.ts";
import { join, makeSetupLink } from "./served-dashboard.ts";

const ROWS = 100_000;
const START_MS = 90_000;
const Created = z.object({ id: z.string() });

/** The calls are written directly into D1's file while the runtime is stopped. */
describe.skipIf(!hasChromium)("an audit log of 100,000 calls", { timeout: START_MS }, () => {
  let runtime: Runtime | undefined;
  let state: string;
  let browser: Browser;
  let owner: BrowserUser;

  beforeAll(async () => {
    state = await mkdtemp(joinPath(tmpdir(), "mcpnest-long-"));
    const port = await findFreePort();
    const { operatorKey, masterKeys } = makeSecrets();
    const start = async () =>
      startRuntime({
        bundle: await buildWorker(),
        port,
        stateDir: state,
        bindings: {
          MCPNEST_OPERATOR_KEY: operatorKey,
          MCPNEST_MASTER_KEYS: masterKeys,
          ALLOWED_HOSTS: `127.0.0.1:${port},localhost:${port}`,
          CLIENT_ADDRESS_HEADER: "",
          ALLOW_PRIVATE_UPSTREAMS: "true",
        },
        onLog: () => {},
      });
    runtime = await start();
    const api = { apiUrl: `${runtime.url}/api`, operatorKey };
    const workspace = await manage(api, "POST", "/workspaces", { slug: "demo", name: "Demo" });
    await runtime.stop();
    await writeCalls(state, Created.parse(workspace).id);
    runtime = await start();
    browser = await launchChromium();
    owner = await openBrowserUser(browser, `http://localhost:${port}`);
    await join(owner, await makeSetupLink(api, "demo"), "Ada");
  }, START_MS);

  afterAll(async () => {
    await browser.close();
    await runtime?.stop();
    if (state) await rm(state, { recursive: true, force: true });
  });

  test("the audit log shows its first content", async () => {
    await owner.page.goto("/w/demo/audit");
    await owner.page.getByRole("heading", { name: "Audit log" }).waitFor();
    await owner.page.waitForFunction(
      () => performance.getEntriesByName("first-contentful-paint").length > 0,
    );
    const paintedMs = await owner.page.evaluate(
      () => performance.getEntriesByName("first-contentful-paint")[0]?.startTime,
    );
    console.log(`first content after ${paintedMs?.toFixed(0)} ms`);
  });

  test("the audit log scrolls to the oldest call and renders only the visible rows", async () => {
    const { page } = owner;
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
async function writeCalls(folder: string, workspaceId: string): Promise<void> {
  const d1 = joinPath(folder, "d1", "miniflare-D1DatabaseObject");
  const files = (await readdir(d1)).filter((name) => /^[0-9a-f]{64}\.sqlite$/.test(name));
  const db = new DatabaseSync(joinPath(d1, files[0] ?? ""));
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
