import type {
  EntityChange,
  ServerRecord,
  WorkspaceRecord,
} from "../../workers/contract/records/workspace.ts";
import type { Detected } from "../../workers/contract/rpc/tool-catalogue.ts";
import { findLastCallSeq } from "../../workers/db/calls.ts";
import type { Db } from "../../workers/db/database.ts";
import { saveChanges } from "../../workers/db/workspaces.ts";
import { logEvent, logFailure } from "../../workers/runtime/log.ts";
import type { LoadedWorkspace } from "../admission/loaded-workspace.ts";
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

/** Creates the storage of a workspace that D1 has. Its calls are numbered on from the last one that D1 has. */
export async function recreateStorage(
  storage: WorkspaceStorage,
  { id, slug }: WorkspaceRecord,
  db: Db,
): Promise<void> {
  createStorage(storage, slug, await findLastCallSeq(db, id));
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

/** Whether the workspace that has the slug now is the one that a caller means. */
export function isWorkspace({ config: { workspace } }: LoadedWorkspace, id: string): boolean {
  if (workspace.id !== id)
    logEvent({ event: "deleted_workspace_named", workspace: workspace.slug });
  return workspace.id === id;
}

/** The change that a probe's result makes. */
export function toDetectedChange(server: ServerRecord, detected: Detected): EntityChange {
  const value = { ...server, ...detected, probedAt: Date.now() };
  return { kind: "server", id: server.id, value };
}

/** Stores a probe's result in D1. If D1 fails, only the object has it, until the next probe. */
export async function storeDetected(
  db: Db,
  changes: EntityChange[],
  serverId: string,
): Promise<void> {
  await saveChanges(db, changes, null).catch((error: unknown) =>
    logFailure("probe_result_not_stored", error, { server: serverId }),
  );
}
