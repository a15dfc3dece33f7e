import type { SyncMessage } from "../../contract/api/marketplace-sync.ts";
import { openDb, type Db } from "../../db/database.ts";
import {
  advanceRun,
  delayRun,
  findPresentRun,
  hasStoredPage,
  listMissingRecords,
  type RunProgress,
  type RunRow,
} from "../../db/marketplace-runs.ts";
import { findSource, type SourceRow } from "../../db/marketplace-sources.ts";
import type { Env } from "../../runtime/env.ts";
import { logEvent } from "../../runtime/log.ts";
import { readPage, type RegistryPage } from "../registry-page.ts";
import { storePage } from "../store-page.ts";
import { fetchPage, type FetchedPage, type ReceivedPage } from "./fetch-page.ts";
import { fetchRepositories } from "./github/fetch-repositories.ts";
import { settleNames } from "./github/settle-names.ts";
import { finishRun, MAX_ATTEMPTS, sendStep, toLease } from "./runs.ts";
import { findSourceOffReason, toSourceUrl } from "./source-address.ts";

/** Longest waiting time after a failure, unless the registry asks for more. */
const MAX_DELAY_SECONDS = 10 * 60;
/** Pages of a run: a registry that invents cursors has no end. */
const MAX_PAGES = 10_000;
/** Records that one step deletes. */
const DELETED_AT_ONCE = 200;
const MAX_REASON_CHARS = 300;

/** Does one step of a run: a page, or a part of its end. A message of a step that is over does nothing. */
export async function runStep(env: Env, { run: number, step }: SyncMessage): Promise<void> {
  const db = openDb(env.DB);
  const run = await findPresentRun(db, { number, step });
  if (!run) return;
  if (run.phase === "pages") await syncPage(env, db, run);
  else await endPhase(env, db, run);
}

async function syncPage(env: Env, db: Db, run: RunRow): Promise<void> {
  const source = (await findSource(db, run.source))?.source;
  if (!source) return fail(db, run, "The source is removed");
  const reason = findSourceOffReason(source, env);
  if (reason !== null) return fail(db, run, `The source is not synced any more. ${reason}`);
  const { cursor } = run;
  const fetchedAt = Date.now();
  const fetched = await fetchNext(env, run, source);
  if (!fetched.ok) return waitOrFail(env, db, run, fetched);
  const { nextCursor } = fetched;
  const problem = nextCursor === null ? null : await findCursorProblem(db, run, nextCursor);
  if (problem !== null) return fail(db, run, problem);
  const page = await readEntries(db, source, fetched);
  // Two transactions: after a kill between them the page is stored again, which changes nothing.
  const stored = await storePage(db, run.source, page, fetchedAt);
  // The end of a run asks for nothing.
  const pause = nextCursor === null ? null : fetched.pause;
  const progress = {
    ...stored,
    rejected: page.rejected.map(({ reason, ...entry }) => ({
      ...entry,
      reason: reason.slice(0, MAX_REASON_CHARS),
    })),
    phase: nextCursor === null ? ("end" as const) : ("pages" as const),
    cursor: nextCursor ?? "",
    page: { cursor, names: run.kind === "sweep" ? listNames(page) : [] },
    problem: pause?.problem ?? null,
  };
  await advance(env, db, run, progress, Math.ceil(pause?.waitSeconds ?? 0));
}

async function fetchNext(env: Env, run: RunRow, source: SourceRow): Promise<FetchedPage> {
  const baseUrl = toSourceUrl(source, env) ?? "";
  return source.kind === "github"
    ? fetchRepositories(env, { ...run, baseUrl })
    : fetchPage(env, { baseUrl, since: run.since, cursor: run.cursor });
}

async function readEntries(db: Db, { kind }: SourceRow, fetched: ReceivedPage) {
  const page = readPage(fetched);
  return kind === "github" ? { ...page, entries: await settleNames(db, page.entries) } : page;
}

/** Names of the servers of a page, also of entries that are left out: what has a broken entry is still there. */
function listNames({ entries, rejected, deleted }: RegistryPage): string[] {
  const gone = new Set(deleted);
  const names = [
    ...entries.map(({ document }) => document.name),
    ...rejected.flatMap(({ name }) => name ?? []),
  ];
  return names.filter((name) => !gone.has(name));
}

async function findCursorProblem(db: Db, run: RunRow, nextCursor: string): Promise<string | null> {
  if (nextCursor === run.cursor || (await hasStoredPage(db, run.number, nextCursor)))
    return `The registry sends the cursor of an earlier page again, on page ${run.pages + 1}`;
  return run.pages + 1 < MAX_PAGES ? null : `The registry has more than ${MAX_PAGES} pages`;
}

/** Ends an update; a sweep and a removal first delete the records that the run has not seen, in parts. */
async function endPhase(env: Env, db: Db, run: RunRow): Promise<void> {
  if (run.kind === "update") return finishRun(db, run, { state: "done", problem: null });
  const { names, missing, total } = await listMissingRecords(db, run, DELETED_AT_ONCE);
  // Each part keeps the answer: it lessens both numbers alike.
  if (missing * 2 > total && !run.acceptsLoss) {
    const problem = `${missing} of ${total} servers are no longer in the registry. Nothing was deleted, because this is more than half: check the registry, then start a sweep with acceptsLoss`;
    return finishRun(db, run, { state: "done", problem });
  }
  if (names.length === 0) return finishRun(db, run, { state: "done", problem: null });
  const { deleted } = await storePage(db, run.source, { entries: [], deleted: names }, Date.now());
  const counts = { changed: 0, unchanged: 0, deleted };
  const rest = { rejected: [], phase: "end" as const, cursor: "", page: null, problem: null };
  await advance(env, db, run, { ...counts, ...rest });
}

async function advance(
  env: Env,
  db: Db,
  run: RunRow,
  progress: Omit<RunProgress, "leaseUntil">,
  seconds = 0,
): Promise<void> {
  const isAdvanced = await advanceRun(db, run, { ...progress, leaseUntil: toLease(seconds) });
  if (!isAdvanced) return;
  const { number, source, step } = run;
  if (seconds > 0) logEvent({ event: "marketplace_run_paused", run: number, source, seconds });
  await sendStep(env, { number, step: step + 1 }, seconds);
}

async function waitOrFail(
  env: Env,
  db: Db,
  run: RunRow,
  { problem, isTemporary, retryAfterSeconds }: Extract<FetchedPage, { ok: false }>,
): Promise<void> {
  const attempt = run.attempt + 1;
  if (!isTemporary) return fail(db, run, problem);
  if (attempt >= MAX_ATTEMPTS) return fail(db, run, `${problem}, ${attempt} times in a row`);
  const seconds = toDelaySeconds(attempt, retryAfterSeconds);
  const leaseUntil = toLease(seconds);
  if (!(await delayRun(db, run, { attempt, problem, leaseUntil }))) return;
  const { number, source, pages } = run;
  logEvent({ event: "marketplace_run_delayed", run: number, source, pages, attempt, seconds });
  await sendStep(env, { ...run, step: run.step + 1 }, seconds);
}

/** 1, 2, 4 … seconds, and at least as long as the registry asks for. */
function toDelaySeconds(attempt: number, retryAfterSeconds: number): number {
  const growing = Math.min(2 ** (attempt - 1), MAX_DELAY_SECONDS);
  return Math.ceil(Math.max(growing, retryAfterSeconds));
}

async function fail(db: Db, run: RunRow, problem: string): Promise<void> {
  await finishRun(db, run, { state: "failed", problem });
}
