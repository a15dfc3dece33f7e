// npm run dashboard: serves a team of 50 people with 170 tools and 100,000 calls, and prints the CPU time that Chromium
// takes for the dashboard's pages. `-- --screenshots <folder>` writes a screenshot of every page as well; `-- --serve` goes
// on serving, and prints a setup link for an owner.
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { makeSecrets } from "../../scripts/data-folder.ts";
import { startRuntime, type Runtime } from "../../scripts/local-runtime.ts";
import { findFreePort } from "../../scripts/ports.ts";
import { buildWorker } from "../../scripts/worker-bundle.ts";
import { launchChromium, openBrowserUser } from "../node/dashboard/chromium.ts";
import { join as joinTeam, makeSetupLink, toBaseUrl } from "../node/dashboard/served-dashboard.ts";
import { writeCalls } from "./calls.ts";
import { measurePages } from "./measure.ts";
import { takeScreenshots } from "./screenshots.ts";
import { makeTeam, TEAM } from "./team.ts";

const CALLS = 100_000;
const { values } = parseArgs({
  options: { screenshots: { type: "string" }, serve: { type: "boolean" } },
});

const stateDir = await mkdtemp(join(tmpdir(), "mcpnest-team-"));
const port = await findFreePort();
const { operatorKey, masterKeys } = makeSecrets();
const start = async (): Promise<Runtime> =>
  startRuntime({
    bundle: await buildWorker(),
    port,
    stateDir,
    bindings: {
      MCPNEST_OPERATOR_KEY: operatorKey,
      MCPNEST_MASTER_KEYS: masterKeys,
      ALLOWED_HOSTS: `127.0.0.1:${port},localhost:${port}`,
      CLIENT_ADDRESS_HEADER: "",
      ALLOW_PRIVATE_UPSTREAMS: "true",
    },
    onLog: ({ level, message }) => {
      if (level === "error") console.error(message);
    },
  });

let runtime = await start();
const api = { apiUrl: `${runtime.url}/api`, operatorKey };
const { team, close } = await makeTeam(api);
await runtime.stop();
await writeCalls(stateDir, team, CALLS);
// An object without storage is rebuilt from D1, and numbers its calls after those that are there.
await rm(join(stateDir, "do"), { recursive: true });
runtime = await start();
console.log(`${TEAM.people} people, ${TEAM.tools} tools, ${CALLS} calls: ${toBaseUrl(api)}`);
const browser = await launchChromium();
try {
  const owner = await openBrowserUser(browser, toBaseUrl(api));
  await joinTeam(owner, await makeSetupLink(api, "demo"), "Olivia Owner");
  for (const { name, ms } of await measurePages(owner.page))
    console.log(`${name}: ${ms.toFixed(0)} ms`);
  if (values.screenshots) await takeScreenshots(owner.page, values.screenshots);
  for (const problem of owner.problems) console.log(`problem: ${problem}`);
  if (values.serve) {
    console.log(`${toBaseUrl(api)}${await makeSetupLink(api, "demo")}`);
    await once(process, "SIGINT");
  }
} finally {
  await browser.close();
  await runtime.stop();
  await close();
  await rm(stateDir, { recursive: true });
}
