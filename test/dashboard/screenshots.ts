import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import type { Page } from "playwright-core";
import { PAGES } from "../node/dashboard/pages.ts";

const WIDTHS = [1440, 375];
const SCHEMES = ["light", "dark"] as const;

/** Writes a screenshot of every page, light and dark, 1440 and 375 px wide, to a folder. */
export async function takeScreenshots(page: Page, folder: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  for (const path of PAGES.filter((candidate) => !candidate.includes(":instance"))) {
    const shown = path.replaceAll("everything", "github").replace("get-sum", "github_get_issue");
    const name =
      shown
        .replace("/w/demo", "")
        .replaceAll(/[^\w-]+/g, "-")
        .replace(/^-/, "") || "home";
    for (const width of WIDTHS) {
      await page.setViewportSize({ width, height: width === 375 ? 800 : 900 });
      for (const colorScheme of SCHEMES) {
        await page.emulateMedia({ colorScheme });
        await openPage(page, shown);
        await page.screenshot({ path: join(folder, `${name}-${width}-${colorScheme}.png`) });
      }
    }
  }
}

/** Opens a page and waits until its content is there. */
export async function openPage(page: Page, path: string): Promise<void> {
  await page.goto(path);
  await page.locator("h1").first().waitFor();
  await page.waitForFunction(() => document.querySelector('[aria-label="Loading"]') === null);
  await page.evaluate(() => document.fonts.ready);
}
