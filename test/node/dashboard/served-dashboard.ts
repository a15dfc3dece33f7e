import { z } from "zod";
import { manage, type ManagementApi } from "../../../scripts/management-client.ts";
import { startLocalGateway, type LocalGateway } from "../../fixtures/local-gateway.ts";
import type { BrowserUser } from "./chromium.ts";

const Link = z.object({ url: z.string() });

/** A running gateway with its dashboard. */
export interface ServedDashboard extends LocalGateway {
  /** With a host name, because passkeys do not work on IP addresses. */
  baseUrl: string;
}

/** Starts the production bundle with its dashboard and an empty database. `bindings`: settings that differ. */
export async function serveDashboard(
  bindings: Record<string, string> = {},
): Promise<ServedDashboard> {
  const gateway = await startLocalGateway(bindings);
  return { ...gateway, baseUrl: toBaseUrl(gateway.api) };
}

/** URL of a gateway's dashboard, with a host name. */
export function toBaseUrl({ apiUrl }: ManagementApi): string {
  return apiUrl.replace("127.0.0.1", "localhost").replace(/\/api$/, "");
}

/** What of the operator's work a user does. */
export interface OperatorRights {
  managesHosts?: boolean;
  curatesMarketplace?: boolean;
}

/** Creates a setup link, as the server does at its first start, and returns its path with the secret. */
export async function makeSetupLink(
  api: ManagementApi,
  workspace?: string,
  rights: OperatorRights = {},
): Promise<string> {
  const body = { ...rights, ...(workspace === undefined ? {} : { workspace }) };
  return toPath(Link.parse(await manage(api, "POST", "/setup-links", body)).url);
}

/** Path and secret of a single-use link, to open with the test's host name. */
export function toPath(link: string): string {
  const { pathname, hash } = new URL(link);
  return pathname + hash;
}

/** Opens a single-use link, creates a passkey and waits for the account page. */
export async function join({ page }: BrowserUser, path: string, name: string): Promise<void> {
  await page.goto(path);
  await page.getByLabel("Your name").fill(name);
  await page.getByRole("button", { name: "Create a passkey" }).click();
  await page.getByRole("heading", { name: `Welcome, ${name}` }).waitFor();
}
