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

/** Why the text of a file is not known. */
export type SkillTextProblem =
  /** It is larger than the limit of a file, or the skill's files are together. */
  | "too_large"
  | "not_text"
  /** Of the approved file: it was not read while the server had it. */
  | "not_kept"
  /** Of the file at the server: it could not be read, or is not the one that the server lists. */
  | "not_readable"
  | "not_listed_content";

/** One version of a file: its text, or why that is not known. */
export type SkillText =
  | { digest: string; size: number; text: string; problem: null }
  | { digest: string; size: number; text: null; problem: SkillTextProblem };

/** A file of a skill that differs; null: the version has no such file. */
export interface ChangedSkillFile {
  uri: string;
  before: SkillText | null;
  after: SkillText | null;
}

/** The files of a changed skill that differ from the approved ones; null: the server does not show this change any more. */
export type ChangedSkillFiles = { files: ChangedSkillFile[] } | null;
