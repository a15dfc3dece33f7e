import type { Browser, Page } from "playwright-core";
import { launchChromium, openBrowserUser, type BrowserUser } from "./chromium.ts";
import {
  join,
  makeSetupLink,
  serveDashboard,
  type OperatorRights,
  type ServedDashboard,
} from "./served-dashboard.ts";

/** A running gateway with its dashboard, and a browser with a signed-in owner. */
export interface Stage {
  dashboard: ServedDashboard;
  browser: Browser;
  /** Ada, who owns the workspace. */
  owner: BrowserUser;
  /** The owner's. */
  page: Page;
  close(): Promise<void>;
}

interface StageOptions extends OperatorRights {
  bindings?: Record<string, string>;
}

/** Serves the dashboard and signs an owner of `workspace` in, which `prepare` creates. `bindings`: settings that differ. */
export async function openStage(
  workspace: string,
  prepare: (dashboard: ServedDashboard) => Promise<unknown>,
  { bindings = {}, ...rights }: StageOptions = {},
): Promise<Stage> {
  const [dashboard, browser] = await Promise.all([serveDashboard(bindings), launchChromium()]);
  await prepare(dashboard);
  const owner = await openBrowserUser(browser, dashboard.baseUrl);
  await join(owner, await makeSetupLink(dashboard.api, workspace, rights), "Ada");
  const close = async () => {
    await browser.close();
    await dashboard.stop();
  };
  return { dashboard, browser, owner, page: owner.page, close };
}
