import type { ChangeContext } from "../../../durable-objects/changes/change-decision.ts";
import { decideChange } from "../../../durable-objects/changes/decide-change.ts";
import { applyChange } from "../../../durable-objects/storage/workspace-storage.ts";
import type { WorkspaceConfig } from "../../../workers/contract/records/workspace.ts";
import type { Command, CommandType } from "../../../workers/contract/rpc/commands.ts";
import { newId } from "../../../workers/crypto/ids.ts";
import { parseKeyRing } from "../../../workers/crypto/key-ring.ts";

export const NOW = 1_800_000_000_000;
export const RING = parseKeyRing(JSON.stringify([{ kid: "k1", key: btoa("1".repeat(32)) }]));
export const CONTEXT: ChangeContext = {
  now: NOW,
  actor: "operator",
  newId,
  ring: RING,
  checkUrl: (url) => (url.includes("10.0.0.1") ? "points to a private address." : null),
};

/** A workspace that commands are applied to, one after the other, as its object would. */
export async function makeWorkspace() {
  let config: WorkspaceConfig | null = null;
  async function apply<T extends CommandType>(command: Command<T>) {
    const decision = await decideChange(config, command, CONTEXT);
    if (decision.kind === "refused") throw new Error(decision.refusal.message);
    if (decision.kind === "unchanged") throw new Error("everything is so already");
    const next: Parameters<typeof applyChange>[0] = config ?? {
      servers: new Map(),
      members: new Map(),
      tokens: new Map(),
      instances: new Map(),
    };
    for (const change of decision.changes) applyChange(next, change);
    config = next as WorkspaceConfig;
    const { result, event, changes } = decision;
    return { result, event, changes };
  }
  async function refusal(command: Command): Promise<string> {
    const decision = await decideChange(config, command, CONTEXT);
    return decision.kind === "refused"
      ? `${decision.refusal.code}: ${decision.refusal.message}`
      : "applied";
  }
  const created = await apply({ type: "workspace.create", input: { slug: "acme", name: "Acme" } });
  const at = (): WorkspaceConfig => {
    if (!config) throw new Error("there is no workspace");
    return config;
  };
  return { apply, refusal, at, created };
}
