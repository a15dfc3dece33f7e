import type { WorkspacePatch } from "../../workers/contract/rpc/commands.ts";
import type { ConfigurationDocument } from "../../workers/contract/versions/document.ts";
import { refuse, type RefusedDecision } from "../changes/change-decision.ts";
import { updateWorkspace } from "../changes/workspace-changes.ts";
import type { Draft } from "./draft.ts";

const FOR_OWNERS = ["name", "retentionDays"] as const;

/** Applies the settings of the workspace. Name and retention are an owner's. */
export function applySettings(
  draft: Draft,
  { settings }: ConfigurationDocument,
): RefusedDecision | null {
  if (!settings) return null;
  const { callerRole, restored } = draft.command;
  const { workspace } = draft.config;
  const patch: WorkspacePatch = { ...settings };
  if (callerRole !== undefined && callerRole !== "owner")
    for (const field of FOR_OWNERS) {
      if (patch[field] === undefined || patch[field] === workspace[field]) continue;
      const message = "Only an owner changes the name and the retention of a workspace.";
      if (!restored) return refuse("forbidden", `settings.${field}: ${message}`);
      draft.leave(`settings ${field}`, message);
      delete patch[field];
    }
  const decision = updateWorkspace(
    draft.config,
    { type: "workspace.update", patch },
    draft.context,
  );
  const changed = decision.kind === "accepted" ? decision.event.detail : {};
  // Without a difference, the record would only be written again.
  return Object.keys(changed).length === 0 && decision.kind === "accepted"
    ? null
    : draft.take(decision, "settings", "settings");
}
