import type { AuditAction } from "../contract/records/audit-actions.ts";
import { DEPLOYMENT, type AuditEvent } from "../contract/records/audit.ts";
import { newId } from "../crypto/ids.ts";

/** Makes the audit event of a change. Store both in one batch. `detail` must hold no secret. */
export function makeAuditEvent(
  actor: string,
  action: AuditAction,
  object: string,
  detail: Record<string, unknown> = {},
  workspaceId: string = DEPLOYMENT,
): AuditEvent {
  return {
    id: newId("evt"),
    workspaceId,
    actor,
    action,
    object,
    detail,
    occurredAt: Date.now(),
  };
}
