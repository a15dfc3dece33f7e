import type { ElementHandle, Locator, Page, Request } from "playwright-core";
import { findProblems } from "./axe.ts";

/** Toasts are dialogs too, in a region. */
const POPUP = "[role=dialog]:not([role=region] *), [role=menu], [role=listbox]";
/** The controls of a page. Those of a list of tools change the address. */
const OPENERS = ["button", "[role=combobox]", "[role=switch]"].map(
  (role) => `main ${role}:enabled:not([aria-label="Tools"] *)`,
);
/**
 * In how many idle frames of 16 ms after everything is loaded something can open: React shows what was loaded up to 300 ms
 * later. A busy machine has longer frames.
 */
const OPENING_FRAMES = 40;
/** How long something that is wrong is waited for. */
const WAIT_MS = 3_000;

/**
 * Clicks every control of a page whose name is new, and returns what is wrong with what it opens: findings of axe in light
 * and dark, a popup beyond a screen of 375 px, one that Escape does not close or that does not give the focus back.
 * Requests that change something are refused, so that a click changes nothing. Adds the names to `seen`.
 */
export async function checkPopups(page: Page, seen: Set<string>): Promise<string[]> {
  const loading = trackLoading(page);
  try {
    return await clickControls(page, seen, loading.wait);
  } finally {
    loading.stop();
  }
}

async function clickControls(
  page: Page,
  seen: Set<string>,
  waitForLoading: () => Promise<void>,
): Promise<string[]> {
  const problems: string[] = [];
  const address = page.url();
  for (;;) {
    const found = await findNewOpener(page, seen);
    if (!found) return problems;
    const { opener, name } = found;
    seen.add(name);
    await opener.click();
    await waitForLoading();
    const isOpen = await opensPopup(page);
    if (isOpen) problems.push(...(await checkPopup(page, opener, name)));
    if (page.url() !== address) await goBack(page, address);
  }
}

/** Goes back to a page's address. To load the page again takes longer than all checks of a popup. */
async function goBack(page: Page, address: string): Promise<void> {
  await page.goBack();
  if (page.url() !== address) await page.goto(address);
  await page.locator("h1").first().waitFor();
  await page.waitForFunction(() => document.querySelector('[aria-label="Loading"]') === null);
}

/**
 * `wait` waits until the page is idle and loads nothing: the code of a dialog is loaded when the first one opens,
 * and some dialogs read what they show before. A stream never ends.
 */
function trackLoading(page: Page): { wait: () => Promise<void>; stop: () => void } {
  const loading = new Set<Request>();
  const begin = (request: Request) => {
    if (["script", "fetch"].includes(request.resourceType())) loading.add(request);
  };
  const end = (request: Request) => loading.delete(request);
  page.on("request", begin).on("requestfinished", end).on("requestfailed", end);
  return {
    async wait() {
      const deadline = Date.now() + WAIT_MS;
      for (let isLoading = true; isLoading && Date.now() < deadline;) {
        isLoading = loading.size > 0;
        await page.evaluate(
          () => new Promise((done) => requestAnimationFrame(() => requestIdleCallback(done))),
        );
        isLoading ||= loading.size > 0;
      }
    },
    stop: () => page.off("request", begin).off("requestfinished", end).off("requestfailed", end),
  };
}

/** Waits until the page shows a popup, or has shown none for `OPENING_FRAMES`. */
function opensPopup(page: Page): Promise<boolean> {
  return page.evaluate(
    async ({ popup, frames }) => {
      for (let frame = 0; frame < frames; frame++) {
        if ([...document.querySelectorAll(popup)].some((element) => element.checkVisibility()))
          return true;
        await new Promise((done) => requestAnimationFrame(() => requestIdleCallback(done)));
      }
      return false;
    },
    { popup: POPUP, frames: OPENING_FRAMES },
  );
}

/**
 * The first visible control whose name is not in `seen`, with its name: the same for all lists of choices, which are one
 * component, and for the same control of several rows.
 */
async function findNewOpener(
  page: Page,
  seen: Set<string>,
): Promise<{ opener: ElementHandle; name: string } | undefined> {
  const found = await page.evaluateHandle(
    ({ openers, known }) => {
      const readName = (element: Element) => {
        if (element.getAttribute("role") === "combobox") return "list of choices";
        const label = element.getAttribute("aria-label") ?? element.textContent;
        return label.trim().split(" ").slice(0, 2).join(" ");
      };
      const opener = [...document.querySelectorAll(openers)].find(
        (element) => element.checkVisibility() && !known.includes(readName(element)),
      );
      return { opener, name: opener === undefined ? "" : readName(opener) };
    },
    { openers: OPENERS.join(), known: [...seen] },
  );
  const opener = (await found.getProperty("opener")).asElement();
  return opener === null
    ? undefined
    : { opener, name: String(await (await found.getProperty("name")).jsonValue()) };
}

async function checkPopup(page: Page, opener: ElementHandle, name: string): Promise<string[]> {
  const problems: string[] = [];
  for (const [colorScheme, rules] of [
    ["light", "all"],
    ["dark", "colours"],
  ] as const) {
    await page.emulateMedia({ colorScheme });
    const found = await findProblems(page, rules);
    problems.push(...found.map((finding) => `${name}, ${colorScheme}: ${JSON.stringify(finding)}`));
  }
  await page.emulateMedia({ colorScheme: "light" });
  await page.keyboard.press("Escape");
  const isClosed = await isReached(findPopup(page).waitFor({ state: "hidden", timeout: WAIT_MS }));
  if (!isClosed) return [...problems, `${name}: Escape does not close it`];
  const focusReturns = page.waitForFunction(
    (element) => element === document.activeElement,
    opener,
    { timeout: WAIT_MS },
  );
  if (!(await isReached(focusReturns))) problems.push(`${name}: the focus does not return`);
  await opener.click();
  await findPopup(page).waitFor();
  await page.setViewportSize({ width: 375, height: 800 });
  const fits = page.waitForFunction(
    (popup) => {
      const { width, left, right } = popup.getBoundingClientRect();
      // A popup that is not there has no width.
      return width > 0 && left >= 0 && right <= 375;
    },
    await findPopup(page).elementHandle(),
    { timeout: WAIT_MS },
  );
  if (!(await isReached(fits))) problems.push(`${name}: wider than 375 px, or gone`);
  await page.setViewportSize({ width: 1280, height: 900 });
  await page.keyboard.press("Escape");
  await findPopup(page).waitFor({ state: "hidden" });
  return problems;
}

function findPopup(page: Page): Locator {
  return page.locator(POPUP).filter({ visible: true }).last();
}

/** False: the time for it is over. */
function isReached(condition: Promise<unknown>): Promise<boolean> {
  return condition.then(
    () => true,
    () => false,
  );
}

/** Refuses every request of the page that changes something. */
export async function refuseChanges(page: Page): Promise<void> {
  await page.route("**/api/**", (route) =>
    route.request().method() === "GET"
      ? route.fallback()
      : route.fulfill({
          status: 409,
          json: { error: { code: "refused", message: "Refused by the test.", requestId: "req_1" } },
        }),
  );
}
