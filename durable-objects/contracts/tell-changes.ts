import { toDefinitionId } from "../../workers/contract/definitions/list-definitions.ts";
import type { AuditAction } from "../../workers/contract/records/audit-actions.ts";
import type { LockedChange } from "../../workers/contract/records/contract.ts";
import type { ServerRecord } from "../../workers/contract/records/workspace.ts";
import { newId } from "../../workers/crypto/ids.ts";
import type { Db } from "../../workers/db/database.ts";
import { insertEvent } from "../../workers/db/events.ts";
import { raiseAlert } from "../../workers/db/raise-alert.ts";
import { logFailure } from "../../workers/runtime/log.ts";
import type { ContractTables } from "../storage/contract-tables.ts";
import { nameDefinitions } from "./name-definitions.ts";

/** Most changes of one server of which the audit log has events: a server can show other definitions with every look. */
const MAX_TOLD = 1_000;
const ACTION: AuditAction = "contract.change_observed";

/**
 * Writes one audit event for the changes of a server that no event has: what the server shows again gets no further one.
 * Without D1 the next look tries again.
 */
export async function tellChanges(
  { id, slug, changePolicy }: ServerRecord,
  changes: LockedChange[],
  { tables, db, workspaceId }: { tables: ContractTables; db: Db; workspaceId: string },
): Promise<void> {
  const open = changes.filter(({ state }) => state !== "refused");
  if (open.length === 0) return;
  const told = tables.loadTold(id);
  const news = open.filter((change) => !told.has(toToldId(change)));
  if (news.length === 0 || told.size >= MAX_TOLD) return;
  const listed = (type: LockedChange["change"]) =>
    nameDefinitions(news.filter(({ change }) => change === type));
  try {
    const occurredAt = Date.now();
    const event = insertEvent(db, {
      id: newId("evt"),
      workspaceId,
      actor: "system",
      action: ACTION,
      object: `server:${slug}`,
      detail: {
        changePolicy,
        added: listed("added"),
        changed: listed("changed"),
        removed: listed("removed"),
        count: news.length,
      },
      occurredAt,
    });
    const alert = raiseAlert(db, {
      workspaceId,
      kind: "contract_held",
      subject: id,
      detail: { server: slug, changes: news.length },
      at: occurredAt,
    });
    if (changePolicy === "hold") await db.batch([event, alert]);
    else await event;
    tables.saveTold(id, news.map(toToldId));
  } catch (error) {
    logFailure("contract_change_not_told", error, { server: id });
  }
}

function toToldId({ kind, key, digest }: LockedChange): string {
  return `${digest} ${toDefinitionId(kind, key)}`;
}
