import { CLIENTS } from "../../web/src/connect/clients.ts";
import { TOKEN_VARIABLE } from "../../web/src/connect/deep-links.ts";
import type { Setup } from "./client.ts";

/** The configuration that the dashboard shows for a client and a new token. */
export function dashboardConfig(id: string, { connection }: Setup): string {
  return findClient(id).config(connection);
}

/** The variable that the dashboard says to set, if the configuration reads the token from it. */
export function dashboardEnv(id: string, { connection }: Setup): Record<string, string> {
  return findClient(id).usesEnvironmentVariable ? { [TOKEN_VARIABLE]: connection.token } : {};
}

/** The configuration's file for all projects, below the home folder. */
export function dashboardFile(id: string): string {
  const file = findClient(id).files.find(({ path }) => path.startsWith("~/"));
  if (!file) throw new Error(`the dashboard shows no file for all projects of ${id}`);
  return file.path.slice("~/".length);
}

function findClient(id: string) {
  const client = CLIENTS.find((candidate) => candidate.id === id);
  if (!client) throw new Error(`the dashboard has no configuration for ${id}`);
  return client;
}
