import type { Context } from "hono";
import type { EntryState, OriginState } from "../contract/api/marketplace-requests.ts";
import type { ServerOrigin } from "../contract/marketplace/server-origin.ts";
import type { Refusal } from "../contract/rpc/commands.ts";
import type { Db } from "../db/database.ts";
import { findEntryStates, findOrigin } from "../db/marketplace-entries.ts";
import { findOpenRequest } from "../db/marketplace-requests.ts";
import { findListedNames } from "../db/marketplace.ts";
import type { ManagementEnv } from "./authorize.ts";

/** What an input says of a server's origin. */
interface Stated {
  origin?: string | null | undefined;
  request?: string | undefined;
  /** Of a hosted server: what it runs. */
  catalogueId?: string;
}

/** `origin` undefined: the input does not say. */
type ReadOrigin =
  | { ok: true; origin: ServerOrigin | null | undefined }
  | { ok: false; refusal: Refusal };

/**
 * Reads the origin that an input states from the marketplace, with its version now. Refused: an entry that is not there, and
 * a request that is not open or for another entry.
 */
export async function readOrigin(
  c: Context<ManagementEnv>,
  { origin, request, catalogueId }: Stated,
): Promise<ReadOrigin> {
  const refuseWith = (code: Refusal["code"], message: string) =>
    ({ ok: false, refusal: { code, message } }) as const;
  if (request !== undefined) {
    const open = await findOpenRequest(c.var.db, c.var.workspace.id, request);
    if (!open)
      return refuseWith(
        "conflict",
        "request: is not open any more. Leave it out to add the server all the same.",
      );
    if (!(await isSameEntry(c.var.db, open.entry, origin)))
      return refuseWith("invalid", `request: is for ${open.entry}; send that as origin.`);
  }
  if (origin === undefined || origin === null) return { ok: true, origin };
  const found = await findOrigin(c.var.db, origin);
  if (!found)
    return refuseWith(
      "invalid",
      `origin: the marketplace has no entry "${origin}". Leave it out to add the server without one.`,
    );
  if (catalogueId !== undefined) {
    const state = (await findEntryStates(c.var.db, [found.name])).get(found.name);
    if (state?.hostedAs !== catalogueId)
      return refuseWith(
        "invalid",
        `origin: ${found.name} does not have the package of ${catalogueId}.`,
      );
  }
  return { ok: true, origin: found };
}

/** Whether two names are of one entry: it can have got another name since it was asked for. */
async function isSameEntry(
  db: Db,
  asked: string,
  origin: string | null | undefined,
): Promise<boolean> {
  if (origin === undefined || origin === null || origin === asked) return origin === asked;
  const listed = await findListedNames(db, [asked, origin]);
  return listed.has(asked) && listed.get(asked) === listed.get(origin);
}

/** An origin with what the marketplace says of its entry now. */
export function toOriginState(
  origin: ServerOrigin | null,
  entries: Map<string, EntryState>,
): OriginState | null {
  return origin && { ...origin, entry: entries.get(origin.name) ?? null };
}
