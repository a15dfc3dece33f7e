import type { Db } from "../../workers/db/database.ts";
import { CallLog } from "../audit/call-log.ts";
import { endCallLog } from "../audit/outbox.ts";
import type { WorkspaceStorage } from "../storage/workspace-storage.ts";

/**
 * Creates the object's tables for a workspace. Sequence numbers continue after the last one in D1 (`lastSeq`), so that a
 * rebuilt object assigns none twice.
 */
export function createStorage(storage: WorkspaceStorage, slug: string, lastSeq: number): void {
  storage.migrate();
  storage.writeMeta("slug", slug);
  storage.writeMeta("reserved_seq", String(lastSeq));
  storage.writeMeta("durable_seq", String(lastSeq));
}

/**
 * Clears the object of a workspace that D1 does not have any more, so that a later one of the same slug finds nothing of
 * it. Its call rows are stored in D1 first.
 * `callLog`: the workspace's, if it is in memory.
 * @throws when D1 fails; everything is still there
 */
export async function clearStorage(
  storage: WorkspaceStorage,
  workspaceId: string,
  db: Db,
  callLog = new CallLog(storage, Date.now()),
): Promise<void> {
  await endCallLog(callLog, workspaceId, db);
  await storage.deleteAll();
}
