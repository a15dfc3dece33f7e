import type { ChangeContext } from "../../../durable-objects/changes/change-decision.ts";
import { decideChange } from "../../../durable-objects/changes/decide-change.ts";
import { withRemovals } from "../../../durable-objects/policy/rules.ts";
import { applyChange } from "../../../durable-objects/storage/workspace-storage.ts";
import type { WorkspaceConfig } from "../../../workers/contract/records/workspace.ts";
import type { Command, CommandType } from "../../../workers/contract/rpc/commands.ts";
import { UNKNOWN_REFERENCE } from "../../../workers/contract/versions/secret-url.ts";
import { newId } from "../../../workers/crypto/ids.ts";
import { parseKeyRing } from "../../../workers/crypto/key-ring.ts";

/** The time of every command, epoch ms. */
export const NOW = 1_800_000_000_000;
/** A key ring with one master key. */
export const RING = parseKeyRing(JSON.stringify([{ kid: "k1", key: btoa("1".repeat(32)) }]));
/** The context of every command; a URL with 10.0.0.1 is refused. */
export const CONTEXT: ChangeContext = {
  now: NOW,
  actor: "operator",
  newId,
  ring: RING,
  checkUrl: (url) => (url.includes("10.0.0.1") ? "points to a private address." : null),
  contractOf: () => ({ observed: null, contract: null, changes: [] }),
  readVersion: () => Promise.resolve(0),
  openReferences: () => Promise.resolve(() => UNKNOWN_REFERENCE),
  listTools: () => [],
  previewTools: () => Promise.resolve([]),
  previewNames: () => null,
  listClaims: () => [],
  classOf: () => null,
  findAccessRequest: () => Promise.resolve(undefined),
  scim: {
    findUser: () => Promise.resolve(undefined),
    findNamesake: () => Promise.resolve(undefined),
    listUserIds: () => Promise.resolve(new Set()),
    findGroup: () => Promise.resolve(undefined),
  },
};

/** Creates a workspace in memory that applies commands one after the other, as the Workspace object does. */
export async function makeCommandTarget() {
  let current: WorkspaceConfig | null = null;
  async function apply<T extends CommandType>(command: Command<T>) {
    const decision = await decideChange(current, command, CONTEXT);
    if (decision.kind === "refused") throw new Error(decision.refusal.message);
    if (decision.kind === "unchanged") throw new Error("the command changes nothing");
    const next: Parameters<typeof applyChange>[0] = current ?? {
      servers: new Map(),
      members: new Map(),
      teams: new Map(),
      tokens: new Map(),
      instances: new Map(),
      connections: new Map(),
    };
    for (const change of withRemovals(next, decision.changes)) applyChange(next, change);
    current = next as WorkspaceConfig;
    if (decision.kind === "unrecorded") throw new Error("the command has no audit event");
    const { result, event, changes } = decision;
    return { result, event, changes };
  }
  async function findRefusal(command: Command): Promise<string> {
    const decision = await decideChange(current, command, CONTEXT);
    return decision.kind === "refused"
      ? `${decision.refusal.code}: ${decision.refusal.message}`
      : "applied";
  }
  const created = await apply({ type: "workspace.create", input: { slug: "acme", name: "Acme" } });
  const config = (): WorkspaceConfig => {
    if (!current) throw new Error("there is no workspace");
    return current;
  };
  return { apply, findRefusal, config, created };
}
