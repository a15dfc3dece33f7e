import { CLIENTS } from "../../web/src/connect/clients/clients.ts";
import type { Setup } from "./client.ts";

/** The configuration that the dashboard shows for a client and a new token. */
export function dashboardConfig(id: string, { connection }: Setup): string {
  return findClient(id).file.text(connection);
}

/** The configuration's file for all projects, below the home folder. */
export function dashboardFile(id: string): string {
  return findClient(id).file.paths.linux.slice("~/".length);
}

function findClient(id: string) {
  const client = CLIENTS.find((candidate) => candidate.id === id);
  if (!client) throw new Error(`the dashboard has no configuration for ${id}`);
  return client;
}
