import type { ChangePolicy, Contract, LockedChange, LockedKind } from "../records/contract.ts";
import type { ServerRecord } from "../records/workspace.ts";

/** One change as an admin saw it: the digest of what the server showed; null: it had removed the definition. */
export interface SeenChange {
  kind: LockedKind;
  key: string;
  digest: string | null;
}

/** The contract of one server in a `mcp.lock`. */
export interface ImportedContract {
  slug: string;
  definitions: { kind: LockedKind; key: string; json: string }[];
}

/** The arguments of the commands that change contracts, by type. */
export interface ContractArguments {
  /** `seen`: the changes to decide; those that the server does not show any more refuse the command. */
  "contract.approve": { slug: string; seen: SeenChange[] };
  "contract.refuse": { slug: string; seen: SeenChange[] };
  /** A policy with a contract approves what the server shows now, if nothing was approved before. */
  "contract.policy": { slug: string; changePolicy: ChangePolicy };
  /** Replaces the contracts of these servers. */
  "contract.import": { contracts: ImportedContract[] };
  /** The first look at a server approves what it shows. For the object itself. */
  "contract.first-look": { serverId: string };
}

/** The results of these commands, by type. */
export interface ContractResults {
  "contract.approve": { server: ServerRecord };
  "contract.refuse": { server: ServerRecord };
  "contract.policy": { server: ServerRecord };
  "contract.import": { servers: ServerRecord[] };
  "contract.first-look": { server: ServerRecord };
}

/** The contract of a server as the Workspace object has it. */
export interface ContractState {
  serverId: string;
  slug: string;
  policy: ChangePolicy;
  /** Null: nothing is approved yet, or the policy has no contract. */
  contract: Contract | null;
  /** When the lists were last read, epoch ms; null: not since the object lost them. */
  observedAt: number | null;
  changes: LockedChange[];
}

/** Of which servers contracts are listed: one, all, or all `changes` without what is approved. */
export type ContractScope = { serverId: string } | "all" | "changes";
