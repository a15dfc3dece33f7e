import type { AuditAction } from "../../workers/contract/records/audit-actions.ts";
import type { AuditEvent } from "../../workers/contract/records/audit.ts";
import type { EntityChange, WorkspaceRecord } from "../../workers/contract/records/workspace.ts";
import { newId } from "../../workers/crypto/ids.ts";
import type { KeyRing } from "../../workers/crypto/key-ring.ts";
import { tryRewrapWorkspaceKey } from "./encryption.ts";

const ACTION: AuditAction = "workspace.key_rewrapped";

/** The change that wraps a workspace's data key with the first master key; null: that one wraps it, or none opens it. */
export async function decideRewrap(
  workspace: WorkspaceRecord,
  ring: KeyRing,
  now: number,
): Promise<{ changes: EntityChange[]; event: AuditEvent } | null> {
  const wrappedKey = await tryRewrapWorkspaceKey(ring, workspace.wrappedKey);
  if (wrappedKey === null || wrappedKey === workspace.wrappedKey) return null;
  const value = { ...workspace, wrappedKey };
  return {
    changes: [{ kind: "workspace", id: workspace.id, value }],
    event: {
      id: newId("evt"),
      workspaceId: workspace.id,
      actor: "system",
      action: ACTION,
      object: `workspace:${workspace.slug}`,
      detail: {},
      occurredAt: now,
    },
  };
}
