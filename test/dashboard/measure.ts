import type { CDPSession, Page } from "playwright-core";

/** One line of the result. */
export interface Measure {
  name: string;
  value: string;
}

/** Opens the pages that show the most data and returns the CPU time that the page's main thread takes for each step. */
export async function measurePages(page: Page): Promise<Measure[]> {
  const session = await page.context().newCDPSession(page);
  await session.send("Performance.enable");
  const measures: Measure[] = [];
  const measure = async (name: string, run: () => Promise<unknown>) => {
    const before = await readTaskMs(session);
    await run();
    measures.push({ name, value: `${((await readTaskMs(session)) - before).toFixed(0)} ms` });
  };
  measures.push({ name: "first content, cold", value: await measureFirstContent(page, session) });
  return measures;
}

async function measureFirstContent(page: Page, session: CDPSession): Promise<string> {
  await session.send("Network.enable");
  await session.send("Network.clearBrowserCache");
  await page.goto("/w/demo");
  await page.waitForFunction(
    () => performance.getEntriesByName("first-contentful-paint").length > 0,
  );
  const ms = await page.evaluate(
    () => performance.getEntriesByName("first-contentful-paint")[0]?.startTime,
  );
  return `${ms?.toFixed(0)} ms`;
}

/** Time that the page's main thread has worked, in ms. */
async function readTaskMs(session: CDPSession): Promise<number> {
  const { metrics } = await session.send("Performance.getMetrics");
  return 1000 * (metrics.find(({ name }) => name === "TaskDuration")?.value ?? 0);
}
