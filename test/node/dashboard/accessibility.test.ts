import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { findProblems } from "./axe.ts";
import { hasChromium, openBrowserUser } from "./chromium.ts";
import { openFilledStage, openPage, type FilledStage } from "./filled-stage.ts";
import { PAGES } from "./pages.ts";

const TIMEOUT_MS = 120_000;

describe.skipIf(!hasChromium)("pages of the dashboard", { timeout: TIMEOUT_MS }, () => {
  let stage: FilledStage;

  beforeAll(async () => {
    stage = await openFilledStage();
  }, TIMEOUT_MS);

  afterAll(async () => {
    await stage.close();
  });

  test.each(PAGES)(
    "the page %s has a title, no serious accessibility problem in light and dark, and fits a screen of 375 px",
    async (path) => {
      const { page } = stage.owner;
      await stage.open(path);
      expect(await page.title()).toMatch(/^.+ · mcpnest$/);
      expect(await findProblems(page), "light").toEqual([]);
      await page.emulateMedia({ colorScheme: "dark" });
      expect(await findProblems(page, "colours"), "dark").toEqual([]);
      await page.setViewportSize({ width: 375, height: 800 });
      const readOverflow = () =>
        page.evaluate(
          () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
        );
      await expect.poll(readOverflow, { message: "overflow" }).toBe(0);
    },
  );

  test.each(["/sign-in", "/join#used-up", "/marketplace", "/marketplace?q=postgres"])(
    "the signed-out page %s has no serious accessibility problem in light and dark",
    async (path) => {
      const visitor = await openBrowserUser(stage.browser, stage.baseUrl);
      await openPage(visitor, path);
      expect(await findProblems(visitor.page), "light").toEqual([]);
      await visitor.page.emulateMedia({ colorScheme: "dark" });
      expect(await findProblems(visitor.page, "colours"), "dark").toEqual([]);
      expect(visitor.problems).toEqual([]);
      await visitor.close();
    },
  );

  test("no page violates the content security policy", () => {
    expect(stage.owner.problems).toEqual([]);
  });
});
