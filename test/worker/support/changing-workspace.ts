import type { ChangeContext } from "../../../durable-objects/changes/change-decision.ts";
import { decideChange, newId } from "../../../durable-objects/changes/decide-change.ts";
import { applyChange } from "../../../durable-objects/storage/workspace-storage.ts";
import type { WorkspaceConfig } from "../../../workers/contract/records/workspace.ts";
import type { Command, CommandResults } from "../../../workers/contract/rpc/commands.ts";
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
  const decide = (command: Command) => decideChange(config, command, CONTEXT);
  async function apply<T extends Command["type"]>(command: Extract<Command, { type: T }>) {
    const decision = await decide(command);
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
    return {
      result: decision.result as CommandResults[T],
      event: decision.event,
      changes: decision.changes,
    };
  }
  async function refusal(command: Command): Promise<string> {
    const decision = await decide(command);
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
