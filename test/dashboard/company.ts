// npm run dashboard:company: serves a company of 500 people, 40 teams and 2,000 rules, and prints how long the access page takes
// from a click on its link to its first rows, as a list and as a grid: the median of five times.
import { z } from "zod";
import { manage, type ManagementApi } from "../../scripts/management-client.ts";
import { startListedUpstream } from "../fixtures/listed-upstream.mjs";
import { startLocalGateway } from "../fixtures/local-gateway.ts";
import { launchChromium, openBrowserUser } from "../node/dashboard/chromium.ts";
import { join, makeSetupLink, toBaseUrl } from "../node/dashboard/served-dashboard.ts";

const PEOPLE = 500;
const TEAMS = 40;
/** Of each team: 2,000 in all. */
const RULES = 50;
const TOOLS = 100;
const TIMES = 5;

const Created = z.object({ id: z.string() });

const gateway = await startLocalGateway();
const upstream = await startListedUpstream();
const browser = await launchChromium();
try {
  await makeCompany(gateway.api);
  const owner = await openBrowserUser(browser, toBaseUrl(gateway.api));
  await join(owner, await makeSetupLink(gateway.api, "demo"), "Olivia Owner");
  const { page } = owner;
  const views = [
    {
      name: "list",
      search: "",
      shown: page.getByRole("checkbox", { name: "Select Person 1", exact: true }),
    },
    { name: "grid", search: "?view=grid", shown: page.getByRole("gridcell").first() },
  ];
  for (const { name, search, shown } of views) {
    const times: number[] = [];
    for (let n = 0; n < TIMES; n += 1) {
      await page.goto("/w/demo/settings");
      await page.getByRole("heading", { name: "Settings", level: 1 }).waitFor();
      // As a link does: without a new load of the dashboard.
      const startedAt = performance.now();
      await page.evaluate((to) => {
        history.pushState(null, "", to);
        dispatchEvent(new PopStateEvent("popstate"));
      }, `/w/demo/access${search}`);
      await shown.waitFor();
      times.push(performance.now() - startedAt);
    }
    const median = times.toSorted((one, other) => one - other)[Math.floor(TIMES / 2)] ?? 0;
    const all = times.map((ms) => ms.toFixed(0)).join(", ");
    console.log(`access page as a ${name}: ${median.toFixed(0)} ms (${all})`);
  }
} finally {
  await browser.close();
  await gateway.stop();
  await upstream.close();
}

async function makeCompany(api: ManagementApi): Promise<void> {
  await manage(api, "POST", "/workspaces", { slug: "demo", name: "Company" });
  const tools = Array.from({ length: TOOLS }, (_, n) => ({ name: `tool_${n}` }));
  await fetch(`${upstream.url}/control/main`, { method: "POST", body: JSON.stringify({ tools }) });
  const input = { slug: "main", name: "Main", url: `${upstream.url}/main` };
  await manage(api, "POST", "/workspaces/demo/servers", input);
  const ids: string[] = [];
  for (let n = 1; n <= PEOPLE; n += 1) {
    const person = await manage(api, "POST", "/workspaces/demo/members", { name: `Person ${n}` });
    ids.push(Created.parse(person).id);
  }
  for (let team = 0; team < TEAMS; team += 1) {
    const memberIds = ids.filter((_, n) => n % TEAMS === team || n % 7 === team % 7);
    const body = { name: `Team ${team + 1}`, memberIds };
    const { id } = Created.parse(await manage(api, "POST", "/workspaces/demo/teams", body));
    const rules = Array.from({ length: RULES }, (_, n) => `main:tool_${(n + team) % TOOLS}`);
    await manage(api, "PUT", `/workspaces/demo/teams/${id}/rules`, { rules });
  }
}
