import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { hasChromium } from "./chromium.ts";
import { openFilledStage, type FilledStage } from "./filled-stage.ts";
import { PAGES } from "./pages.ts";
import { checkPopups, refuseChanges } from "./popups.ts";

const TIMEOUT_MS = 240_000;

describe.skipIf(!hasChromium)("popups of the dashboard", { timeout: TIMEOUT_MS }, () => {
  let stage: FilledStage;

  beforeAll(async () => {
    stage = await openFilledStage();
  }, TIMEOUT_MS);

  afterAll(async () => {
    await stage.close();
  });

  const seen = new Set<string>();
  // The controls of a search are filters, which open nothing, and lists of choices, which other pages have.
  test.each(PAGES.filter((path) => !path.startsWith("/marketplace?q=")))(
    "every dialog, menu and list of the page %s is accessible in light and dark, fits 375 px, closes on Escape and gives the focus back",
    async (path) => {
      const { page } = stage.owner;
      await stage.open(path);
      await refuseChanges(page);
      const problems = await checkPopups(page, seen);
      await page.unrouteAll();
      expect(problems).toEqual([]);
    },
  );

  test("no popup violates the content security policy", () => {
    expect(stage.owner.problems).toEqual([]);
  });
});
