import {
  MAX_FOLLOWED_ENTRIES,
  type FollowMessage,
} from "../../contract/records/followed-registry.ts";
import type { WorkspaceRecord } from "../../contract/records/workspace.ts";
import { openDb, type Db } from "../../db/database.ts";
import {
  findPresentFollow,
  markGone,
  recordAttempt,
  storeFoundEntries,
  type FollowRow,
} from "../../db/followed-registries.ts";
import { findWorkspaceById } from "../../db/workspaces.ts";
import { isOwnAddress } from "../../http/own-gateway.ts";
import type { Env } from "../../runtime/env.ts";
import { logFailure } from "../../runtime/log.ts";
import { egressOf } from "../../upstream/egress.ts";
import { checkUpstreamUrl } from "../../upstream/guarded-fetch.ts";
import { readPage } from "../registry-page.ts";
import { fetchPage } from "../sync/fetch-page.ts";
import { applyProposal } from "./apply.ts";
import { toFoundEntry } from "./found-entry.ts";
import { isWithin, toSearchText } from "./pattern.ts";
import { readPlan } from "./read-plan.ts";
import { endRun, failRun, goOn } from "./run.ts";
import { openValues, TOKEN_NAME, toRegistryPlace } from "./secrets.ts";

/** Pages of a reading: registries that know `search` send few. */
const MAX_PAGES = 300;
/** Shorter than that of a sync: many workspaces share the queue. */
const PAGE_MS = 10_000;
/** Proposals that one step applies: each asks its server. */
const APPLIED_AT_ONCE = 3;

const OWN_ADDRESS =
  "Its address leads back to this gateway, because it has the gateway's host. Add the server itself.";
const UNREADABLE_TOKEN = "The stored token cannot be decrypted: enter it again";

/** Does one step of a follow: reads a page, or applies some proposals. A message of a step that is over does nothing. */
export async function runFollowStep(env: Env, message: FollowMessage): Promise<void> {
  const db = openDb(env.DB);
  const follow = await findPresentFollow(db, { id: message.follow, step: message.step });
  const workspace = follow && (await findWorkspaceById(db, follow.workspaceId));
  if (!follow || !workspace) return;
  if (follow.phase === "pages") await readNextPage(env, db, workspace, follow);
  else await applySome(env, db, workspace, follow);
}

async function readNextPage(
  env: Env,
  db: Db,
  workspace: WorkspaceRecord,
  follow: FollowRow,
): Promise<void> {
  const { url: baseUrl, pattern, cursor, pages } = follow;
  const values = await openValues(env, workspace, follow, toRegistryPlace(baseUrl)).catch(
    (error: unknown) => logFailure("follow_value_unreadable", error, { follow: follow.id }),
  );
  if (!values) return failRun(db, follow, UNREADABLE_TOKEN);
  const fetched = await fetchPage(env, {
    baseUrl,
    since: null,
    cursor,
    search: toSearchText(pattern),
    token: values.get(TOKEN_NAME),
    totalMs: PAGE_MS,
  });
  if (!fetched.ok) return failRun(db, follow, fetched.problem, fetched.retryAfterSeconds);
  const { nextCursor } = fetched;
  if (nextCursor === cursor || (nextCursor !== null && pages + 1 >= MAX_PAGES))
    return failRun(db, follow, `The registry has more than ${MAX_PAGES} pages, or sends one again`);
  const found = readPage(fetched)
    .entries.filter(({ document, isLatest }) => isLatest && isWithin(pattern, document.name))
    .map((entry) => [entry.document.name, toFoundEntry(entry, refuserOf(env, follow))] as const);
  const count = await storeFoundEntries(db, follow, [...new Map(found)]);
  if (count > MAX_FOLLOWED_ENTRIES)
    return failRun(
      db,
      follow,
      `More than ${MAX_FOLLOWED_ENTRIES} entries are within the pattern: narrow it`,
    );
  if (nextCursor === null) await markGone(db, follow);
  const phase = nextCursor === null ? "apply" : "pages";
  await goOn(env, db, follow, { phase, cursor: nextCursor ?? "", pages: pages + 1 });
}

/** Judges addresses of entries as the form that adds a server does. */
function refuserOf(env: Env, { host }: FollowRow): (url: string) => string | null {
  return (url) => {
    if (isOwnAddress(url, host, env.ALLOWED_HOSTS)) return OWN_ADDRESS;
    const problem = checkUpstreamUrl(url, egressOf(env));
    return problem && `${problem}.`;
  };
}

async function applySome(
  env: Env,
  db: Db,
  workspace: WorkspaceRecord,
  follow: FollowRow,
): Promise<void> {
  const proposals = await readPlan(db, follow);
  const due = proposals.filter(({ state, row }) => state === "due" && row.triedRun < follow.run);
  if (due.length === 0) return endRun(db, follow);
  for (const proposal of due.slice(0, APPLIED_AT_ONCE)) {
    const problem = await applyProposal(env, db, workspace, follow, proposal);
    await recordAttempt(db, follow, proposal.name, problem);
  }
  await goOn(env, db, follow);
}
