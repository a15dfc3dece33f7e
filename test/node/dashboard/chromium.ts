import { existsSync } from "node:fs";
import { chromium, type Browser, type BrowserContext, type Page } from "playwright-core";

/** The headless shell is Chromium without the browser's own interface: the same tests take half of its CPU time. */
const EXECUTABLES = ["/usr/bin/chromium-headless-shell", "/usr/bin/chromium"];
const executablePath = EXECUTABLES.find((path) => existsSync(path)) ?? "";
const ARGS = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

/** Whether the browser tests can run. With `CI` set, a missing browser is a failure instead of a skip. */
export const hasChromium = executablePath !== "";
if (!hasChromium) {
  const how = `${EXECUTABLES[0]} is missing: apt-get install -y chromium-headless-shell`;
  if (process.env["CI"]) throw new Error(how);
  console.warn(`The dashboard's browser tests are skipped: ${how}`);
}

/** Starts a headless Chromium. */
export function launchChromium(): Promise<Browser> {
  return chromium.launch({ executablePath, args: ARGS });
}

/** A user with a separate browser context and a virtual passkey device. Collects errors of the page. */
export interface BrowserUser {
  page: Page;
  /** Violations of the content security policy and uncaught errors. */
  problems: string[];
  close(): Promise<void>;
}

/** Opens a browser context that shares nothing with the others. */
export async function openBrowserUser(
  browser: Browser,
  baseUrl: string,
  options: { width?: number } = {},
): Promise<BrowserUser> {
  const context = await browser.newContext({
    baseURL: baseUrl,
    colorScheme: "light",
    viewport: { width: options.width ?? 1280, height: 900 },
    reducedMotion: "reduce",
    // The headless shell refuses them otherwise.
    permissions: ["clipboard-read", "clipboard-write"],
  });
  const problems: string[] = [];
  await reportViolations(context, problems);
  const page = await context.newPage();
  page.setDefaultTimeout(15_000);
  page.on("pageerror", (error) => problems.push(`uncaught: ${error.message}`));
  await addPasskeyDevice(page);
  return { page, problems, close: () => context.close() };
}

async function reportViolations(context: BrowserContext, problems: string[]): Promise<void> {
  await context.exposeFunction("reportViolation", (violation: string) => {
    problems.push(violation);
  });
  await context.addInitScript(() => {
    document.addEventListener("securitypolicyviolation", (event) => {
      const report = Reflect.get(globalThis, "reportViolation");
      report(`${event.violatedDirective}: ${event.blockedURI} ${event.sample} ${event.sourceFile}`);
    });
  });
}

/** Adds an authenticator that confirms every request (WebAuthn level 3, section 11, "User Agent Automation"). */
async function addPasskeyDevice(page: Page): Promise<void> {
  const session = await page.context().newCDPSession(page);
  await session.send("WebAuthn.enable");
  await session.send("WebAuthn.addVirtualAuthenticator", {
    options: {
      protocol: "ctap2",
      transport: "internal",
      hasResidentKey: true,
      hasUserVerification: true,
      isUserVerified: true,
      automaticPresenceSimulation: true,
    },
  });
}
