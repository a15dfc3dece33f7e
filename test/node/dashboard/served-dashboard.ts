import { z } from "zod";
import { manage, type ManagementApi } from "../../../scripts/management-client.ts";
import { startLocalGateway } from "../../fixtures/local-gateway.ts";
import type { Person } from "./chromium.ts";

const Link = z.object({ url: z.string() });

export interface ServedDashboard {
  api: ManagementApi;
  /** Under a host name: passkeys know no IP addresses. */
  baseUrl: string;
  stop(): Promise<void>;
}

/** The production bundle with its dashboard, nobody in it yet. */
export async function serveDashboard(): Promise<ServedDashboard> {
  const gateway = await startLocalGateway();
  const { api } = gateway;
  return { api, baseUrl: toBaseUrl(api), stop: () => gateway.stop() };
}

/** Where a gateway's dashboard is opened. */
export function toBaseUrl({ apiUrl }: ManagementApi): string {
  return apiUrl.replace("127.0.0.1", "localhost").replace(/\/api$/, "");
}

/** The path of a new setup link, as the server prints it at the first start. */
export async function makeSetupLink(api: ManagementApi, workspace?: string): Promise<string> {
  const { url } = Link.parse(
    await manage(api, "POST", "/setup-links", workspace === undefined ? {} : { workspace }),
  );
  return toPath(url);
}

/** A single-use link's path with its secret, to be opened under the test's own host name. */
export function toPath(link: string): string {
  const { pathname, hash } = new URL(link);
  return pathname + hash;
}

/** Opens a single-use link, makes a passkey, and ends up on the account page. */
export async function join({ page }: Person, path: string, name: string): Promise<void> {
  await page.goto(path);
  await page.getByLabel("Your name").fill(name);
  await page.getByRole("button", { name: "Create a passkey" }).click();
  await page.getByRole("heading", { name: `Welcome, ${name}` }).waitFor();
}
