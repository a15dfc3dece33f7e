// npm run sign-ins: real clients sign a person in with nothing but the address of a workspace. Chromium shows the consent
// page, and the clients call a tool. The installation is the only step that uses the network. `-- <name> …`: single clients.
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { z } from "zod";
import { manage, type ManagementApi } from "../../scripts/management-client.ts";
import { install, toFolder, toVersion } from "../clients/install.ts";
import { isIsolated, runIsolated } from "../clients/isolation.ts";
import { startModel, type Model } from "../clients/model.ts";
import { withHome } from "../clients/processes.ts";
import { startEverythingUpstream } from "../fixtures/everything-upstream.mjs";
import { launchChromium, openBrowserUser, type BrowserUser } from "../node/dashboard/chromium.ts";
import { join, makeSetupLink, serveDashboard } from "../node/dashboard/served-dashboard.ts";
import { SIGN_IN_CLIENTS, type SignInClient } from "./sign-in-clients.ts";
import { startProxy } from "./without-documents.ts";

const WORKSPACE = "acme";
const Tokens = z.object({
  items: z.array(
    z.object({
      id: z.string(),
      client: z.object({ name: z.string(), host: z.string().nullable() }).nullable(),
      lastUsedAt: z.number().nullable(),
    }),
  ),
});

/** The gateway, the person in Chromium, and the model of the clients that have one. */
interface Stage {
  api: ManagementApi;
  url: string;
  person: BrowserUser;
  model: Model;
}

const { positionals } = parseArgs({ allowPositionals: true });
const ids = new Set(z.array(z.enum(SIGN_IN_CLIENTS.map(({ id }) => id))).parse(positionals));
const clients = SIGN_IN_CLIENTS.filter(({ id }) => ids.size === 0 || ids.has(id));

if (isIsolated()) {
  await signInAll();
} else {
  for (const client of clients) await install(client);
  process.exitCode = runIsolated([fileURLToPath(import.meta.url), ...process.argv.slice(2)]);
}

async function signInAll(): Promise<void> {
  const [dashboard, upstream, model, browser] = await Promise.all([
    serveDashboard(),
    startEverythingUpstream("streamableHttp"),
    startModel(),
    launchChromium(),
  ]);
  const { api } = dashboard;
  const proxy = await startProxy(Number(new URL(api.apiUrl).port));
  const hosts = [new URL(api.apiUrl).host, new URL(proxy.url).host];
  const allowed = hosts.flatMap((host) => [host, host.replace("127.0.0.1", "localhost")]);
  await dashboard.pause();
  await dashboard.resume({ ALLOWED_HOSTS: allowed.join() });
  const baseUrl = proxy.url.replace("127.0.0.1", "localhost");
  try {
    const workspace = { slug: WORKSPACE, name: "Acme", defaultAccess: "open" };
    await manage(api, "POST", "/workspaces", workspace);
    const server = { slug: "everything", url: upstream.url };
    await manage(api, "POST", `/workspaces/${WORKSPACE}/servers`, server);
    const person = await openBrowserUser(browser, baseUrl);
    await join(person, await makeSetupLink(api, WORKSPACE), "Ada");
    const stage = { api, url: `${baseUrl}/mcp/${WORKSPACE}`, person, model };
    console.log("| client | version | name | identified by | consent page | calls a tool |");
    console.log("| --- | --- | --- | --- | --- | --- |");
    for (const client of clients) console.log(`| ${(await signIn(client, stage)).join(" | ")} |`);
  } finally {
    await browser.close();
    upstream.close();
    await Promise.all([proxy.close(), model.close(), dashboard.stop()]);
  }
}

/** The cells of a client. A failure of one client does not stop the others. */
async function signIn(client: SignInClient, stage: Stage): Promise<string[]> {
  const { api, url, person, model } = stage;
  const before = new Set((await listGrants(api)).map(({ id }) => id));
  let shown = "not opened";
  let called: string;
  const allow = async (address: string) => {
    shown = "opened";
    await person.page.goto(address);
    await person.page.getByRole("button", { name: "Allow" }).click();
    await person.page.waitForURL((now) => now.origin !== new URL(url).origin);
    shown = "allowed";
  };
  try {
    const folder = toFolder(client);
    const setting = { folder, name: WORKSPACE, url, model, allow };
    called = await withHome((home) => client.run({ ...setting, home }));
  } catch (error) {
    called = `no: ${error instanceof Error ? error.message : String(error)}`;
    process.exitCode = 1;
  }
  const grant = (await listGrants(api)).find(({ id }) => !before.has(id))?.client;
  const identified = grant?.host ? `its document at ${grant.host}` : "registration";
  const version = toVersion(client.packages[0] ?? "");
  return [client.label, version, grant?.name ?? "", grant ? identified : "", shown, called];
}

async function listGrants(api: ManagementApi) {
  const { items } = Tokens.parse(await manage(api, "GET", `/workspaces/${WORKSPACE}/tokens`));
  return items.filter(({ client }) => client !== null);
}
