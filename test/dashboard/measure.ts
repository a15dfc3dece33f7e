import type { CDPSession, Page } from "playwright-core";
import { openPage } from "./screenshots.ts";

/** One line of the result. */
export interface Measure {
  name: string;
  ms: number;
}

/** Steps of the audit log that are scrolled, in px. */
const SCROLL_PX = 2_000;
const SCROLLS = 50;

/** Opens the pages that show the most data, and returns the CPU time that the page's main thread takes for each step. */
export async function measurePages(page: Page): Promise<Measure[]> {
  const session = await page.context().newCDPSession(page);
  await session.send("Performance.enable");
  const measures: Measure[] = [
    { name: "first content of the overview, cold", ms: await measureFirstContent(page, session) },
  ];
  const measure = async (name: string, run: () => Promise<unknown>) => {
    const before = await readTaskMs(session);
    await run();
    measures.push({ name, ms: (await readTaskMs(session)) - before });
  };
  // Another page first, so that the frame is loaded.
  await openPage(page, "/w/demo/settings");
  const calls = page.getByRole("table", { name: "Calls" });
  await measure("audit log: open", async () => {
    await page.getByRole("link", { name: "Audit log" }).click();
    await calls.getByRole("row").nth(5).waitFor();
  });
  await measure(`audit log: ${SCROLLS} scrolls of ${SCROLL_PX} px`, () =>
    calls.evaluate(
      async (scroller, { px, count }) => {
        for (let i = 0; i < count; i += 1) {
          scroller.scrollTop += px;
          await new Promise(requestAnimationFrame);
        }
      },
      { px: SCROLL_PX, count: SCROLLS },
    ),
  );
  await measure("audit log: filter by a part of a tool's name", async () => {
    await page.getByRole("searchbox").first().fill("delete_pa");
    await calls
      .getByRole("row", { name: /delete_page/ })
      .first()
      .waitFor();
  });
  await openPage(page, "/w/demo/access");
  const grid = page.getByRole("grid", { name: "People and tools" });
  await measure("access grid: open", async () => {
    await page.getByRole("combobox", { name: "View" }).click();
    await page.getByRole("option", { name: "Grid" }).click();
    await grid.getByRole("gridcell").first().waitFor();
  });
  // Alan has rules, so that another one asks nothing.
  const label = /^Alan Lovelace: github:get_pull_request/;
  await measure("access grid: tick", async () => {
    await grid.getByRole("checkbox", { name: label }).click();
    await grid.getByRole("checkbox", { name: label, checked: true }).waitFor();
  });
  return measures;
}

async function measureFirstContent(page: Page, session: CDPSession): Promise<number> {
  await session.send("Network.enable");
  await session.send("Network.clearBrowserCache");
  await page.goto("/w/demo");
  await page.waitForFunction(
    () => performance.getEntriesByName("first-contentful-paint").length > 0,
  );
  return page.evaluate(
    () => performance.getEntriesByName("first-contentful-paint")[0]?.startTime ?? 0,
  );
}

/** Time that the page's main thread has worked, in ms. */
async function readTaskMs(session: CDPSession): Promise<number> {
  const { metrics } = await session.send("Performance.getMetrics");
  return 1000 * (metrics.find(({ name }) => name === "TaskDuration")?.value ?? 0);
}
