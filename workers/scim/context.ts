import type { Command, Refusal } from "../contract/rpc/commands.ts";
import type { DirectoryResults, ScimOutcome } from "../contract/rpc/directory-commands.ts";
import type { Db } from "../db/database.ts";
import type { Env } from "../runtime/env.ts";
import { workspacesOf } from "../runtime/objects.ts";
import { ScimError } from "./scim-error.ts";

/** An authenticated request of a directory. */
export interface ScimContext {
  env: Env;
  db: Db;
  workspace: { id: string; slug: string };
  /** The id of the token: the actor in audit events. */
  actor: string;
  /** The address of the workspace’s SCIM service, without a slash at its end. */
  base: string;
}

type ScimCommand = Extract<keyof DirectoryResults, `scim-${string}`>;

const STATUS: Record<Refusal["code"], number> = {
  not_found: 404,
  conflict: 409,
  invalid: 400,
  forbidden: 403,
  unavailable: 503,
  database_full: 503,
};

/** Tries of a change whose resource changes again and again between its reading and the change. */
const MAX_TRIES = 20;

/**
 * Has the Workspace object execute a command. Returns the id, or `version`: the resource has changed since it was read.
 * @throws ScimError for every other refusal
 */
export async function execute<T extends ScimCommand>(
  { env, workspace, actor }: ScimContext,
  command: Command<T>,
): Promise<{ id: string } | "version"> {
  const object = workspacesOf(env).getByName(workspace.slug);
  const changed = await object.change(command, actor, workspace.id);
  if (!changed.ok) {
    const { code, message } = changed.refusal;
    throw new ScimError(STATUS[code], null, message);
  }
  const outcome: ScimOutcome = changed.result;
  if (outcome.ok) return { id: outcome.id };
  const { problem, detail } = outcome;
  switch (problem) {
    case "version":
      return "version";
    case "not_found":
      throw new ScimError(404, null, detail);
    case "uniqueness":
      throw new ScimError(409, "uniqueness", detail);
    case "conflict":
      throw new ScimError(409, null, detail);
    case "value":
      throw new ScimError(400, "invalidValue", detail);
  }
}

/** The 412 of a resource that is not the one that the caller has read. */
export function versionMismatch(): ScimError {
  return new ScimError(412, null, "The resource has changed since it was read: read it again.");
}

/**
 * Changes a resource that is read first. Without `If-Match`, a change that another request has overtaken is made again from what is
 * stored then, so that none is lost.
 */
export async function changeRead(
  ifMatch: string | null,
  attempt: () => Promise<"version" | { id: string }>,
): Promise<void> {
  for (let tries = 0; tries < MAX_TRIES; tries++) {
    if ((await attempt()) !== "version") return;
    if (ifMatch !== null && ifMatch.trim() !== "*") break;
  }
  throw versionMismatch();
}

/** Compares `If-Match` or `If-None-Match` with a resource’s ETag, weakly. */
export function matches(header: string, etag: string): boolean {
  const plain = (tag: string) => tag.trim().replace(/^W\//, "");
  return header.split(",").some((tag) => tag.trim() === "*" || plain(tag) === plain(etag));
}
