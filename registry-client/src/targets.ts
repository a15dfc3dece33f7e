import { stat } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import {
  CLIENT_IDS,
  CLIENT_TRAITS,
  type ClientId,
} from "../../workers/contract/marketplace/install/clients.ts";
import { CLIENT_PATHS } from "../../workers/contract/marketplace/install/paths.ts";
import type { Machine } from "./machine.ts";
import { Problem } from "./problem.ts";

/** A client's file. */
export interface Target {
  client: ClientId;
  path: string;
  /** The project that the file must be in; null: it is the person's own. */
  folder: string | null;
}

/** Which files the person has named. */
export interface Selection {
  /** Empty: the clients that are on this machine. */
  clients: ClientId[];
  /** A file in the format of the one client. */
  file: string | null;
  /** The folder of the project whose files are meant, not the person's own. */
  project: string | null;
}

/**
 * The files of the named clients, or of those that are on this machine. Two clients with one file have different formats
 * for it: the first one counts, and `shared` says so for the other.
 */
export async function listTargets(
  machine: Machine,
  { clients, file, project }: Selection,
): Promise<{ targets: Target[]; shared: string[] }> {
  const [named] = clients;
  if (file !== null && named) {
    const target = { client: named, path: resolve(file), folder: null };
    return { targets: [target], shared: [] };
  }
  const targets: Target[] = [];
  const shared: string[] = [];
  for (const client of CLIENT_IDS) {
    if (clients.length > 0 && !clients.includes(client)) continue;
    const path =
      project === null ? toUserPath(client, machine) : toProjectPath(client, project, machine);
    if (path === null) continue;
    const isThere = project === null ? await isPresent(client, path, machine) : await exists(path);
    if (clients.length === 0 && !isThere) continue;
    const other = targets.find((target) => target.path === path);
    if (other)
      shared.push(
        `${CLIENT_TRAITS[client].label} reads the same file as ${CLIENT_TRAITS[other.client].label}, whose format is used: ${path}`,
      );
    else targets.push({ client, path, folder: project === null ? null : resolve(project) });
  }
  if (targets.length === 0)
    throw new Problem(
      project === null
        ? "No client was found on this machine. Name one with --client, and its file is created."
        : "The project has no file of a client. Name a client with --client, and its file is created.",
    );
  return { targets, shared };
}

/** Variables that move a client's file. */
const MOVED_BY: Partial<Record<ClientId, string>> = {
  "claude-code": "CLAUDE_CONFIG_DIR",
  codex: "CODEX_HOME",
};

function toUserPath(client: ClientId, { system, home, env }: Machine): string {
  const path = CLIENT_PATHS[client].paths[system];
  const moved = env[MOVED_BY[client] ?? ""];
  if (moved) return join(moved, path.split(/[\\/]/).at(-1) ?? path);
  const config = env["XDG_CONFIG_HOME"];
  if (system === "linux" && config?.startsWith("/") && path.startsWith("~/.config/"))
    return join(config, path.slice("~/.config/".length));
  return path
    .replace(/^~/, () => home)
    .replace("%USERPROFILE%", () => home)
    .replace("%APPDATA%", () => env["APPDATA"] ?? join(home, "AppData", "Roaming"));
}

function toProjectPath(client: ClientId, project: string, { system }: Machine): string | null {
  const path = CLIENT_PATHS[client].project?.[system];
  return path === undefined ? null : resolve(project, path);
}

/** Whether the client has its file, or the folder that it makes when it is first started. */
async function isPresent(client: ClientId, path: string, { home }: Machine): Promise<boolean> {
  const isInHome = dirname(path) === home;
  return (
    (await exists(path)) ||
    exists(isInHome ? join(home, `.${client.split("-")[0]}`) : dirname(path))
  );
}

async function exists(path: string): Promise<boolean> {
  // A path that cannot be looked at is not there for this user.
  return (await stat(path).catch(() => null)) !== null;
}
