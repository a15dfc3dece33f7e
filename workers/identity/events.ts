import { DEPLOYMENT, type AuditEvent } from "../contract/records/audit.ts";
import { newId } from "../crypto/ids.ts";

/** An event to be stored together with what it tells of. `detail` holds no secret. */
export function toEvent(
  actor: string,
  action: string,
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
