import { DAY_MS } from "../../contract/units.ts";
import { openDb, type Db } from "../../db/database.ts";
import { listDueSources, markSynced, type SourceRow } from "../../db/marketplace-sources.ts";
import type { Env } from "../../runtime/env.ts";
import { logFailure } from "../../runtime/log.ts";
import { storeHostedEntries } from "./hosted-entries.ts";
import { resumeRun, startRun } from "./runs.ts";
import { isSynced } from "./source-address.ts";

/**
 * Starts the runs that are due at `now` (epoch ms), and goes on with those whose Worker or message is lost. One query if there
 * are none: it runs every minute.
 */
export async function scheduleSyncs(env: Env, now: number): Promise<void> {
  const db = openDb(env.DB);
  for (const { source, run } of await listDueSources(db, now)) {
    const work = run ? resumeRun(env, db, run) : startDue(env, db, source, now);
    await work.catch((error: unknown) =>
      logFailure("marketplace_sync_not_scheduled", error, { source: source.name }),
    );
  }
}

async function startDue(env: Env, db: Db, source: SourceRow, now: number): Promise<void> {
  if (source.kind === "hosted") {
    await storeHostedEntries(db);
    await markSynced(db, source.name, now, now + DAY_MS);
  } else if (isSynced(source, env))
    await startRun(env, db, source, { isSweep: false, acceptsLoss: false, event: null });
}
