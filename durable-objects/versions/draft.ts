import type { Contract } from "../../workers/contract/records/contract.ts";
import type {
  EntityChange,
  ServerRecord,
  WorkspaceConfig,
} from "../../workers/contract/records/workspace.ts";
import type { Command } from "../../workers/contract/rpc/commands.ts";
import type { ConfigurationPlan } from "../../workers/contract/versions/document.ts";
import type { ReferValue } from "../../workers/contract/versions/secret-url.ts";
import type { ChangeContext, ChangeDecision, RefusedDecision } from "../changes/change-decision.ts";
import { withRemovals } from "../policy/rules.ts";
import { applyChange } from "../storage/workspace-storage.ts";
import { copyRecords } from "./copy-records.ts";

/** The records of which a change has the new state, in the order in which D1 stores them. */
const KINDS = [
  ["server", "servers"],
  ["instance", "instances"],
  ["member", "members"],
  ["team", "teams"],
  ["token", "tokens"],
  ["connection", "connections"],
] as const;

/**
 * A configuration that ordinary decisions change one after the other, so that a document gets past no limit and no check.
 * Nothing is stored before all are made.
 */
export class Draft {
  readonly config: WorkspaceConfig;
  readonly context: ChangeContext;
  readonly command: Command<"configuration.apply">;
  /** Makes references of the secrets in URLs. */
  readonly refer: ReferValue;
  readonly notApplied: ConfigurationPlan["notApplied"] = [];
  readonly needsCredentials: ConfigurationPlan["needsCredentials"] = [];
  /** The contracts that the changes name for the first time. */
  readonly contracts: Contract[] = [];
  readonly #before: WorkspaceConfig;

  constructor(
    config: WorkspaceConfig,
    command: Command<"configuration.apply">,
    context: ChangeContext,
    refer: ReferValue,
  ) {
    this.#before = config;
    this.config = { workspace: config.workspace, ...copyRecords(config) };
    this.command = command;
    this.context = context;
    this.refer = refer;
  }

  /**
   * Takes over a decision. When a version is restored, what it refuses is left out, with a line in the plan; a document of
   * a person is refused as a whole. `name`: of the entry; `place`: its path in the document.
   */
  take(decision: ChangeDecision, name: string, place: string): RefusedDecision | null {
    if (decision.kind === "refused") {
      const { code, message } = decision.refusal;
      if (code === "unavailable") return decision;
      if (!this.command.restored)
        return { kind: "refused", refusal: { code, message: `${place}: ${message}` } };
      this.leave(name, message);
    } else if (decision.kind !== "unchanged") {
      if (decision.kind === "accepted") this.contracts.push(...(decision.contracts ?? []));
      for (const change of withRemovals(this.config, decision.changes))
        applyChange(this.config, change);
    }
    return null;
  }

  /** Notes that something is not applied. */
  leave(name: string, reason: string): void {
    this.notApplied.push({ name, reason });
  }

  /** Whether a member was restricted to rules before the document. */
  wasRestricted(memberId: string): boolean {
    return this.#before.members.get(memberId)?.isRestricted ?? false;
  }

  findServer(slug: string): ServerRecord | undefined {
    return [...this.config.servers.values()].find((server) => server.slug === slug);
  }

  /** What differs from the configuration before: removals of servers first, because a slug can be used again. */
  listChanges(): EntityChange[] {
    const changes: EntityChange[] = [];
    for (const [kind, records] of KINDS)
      for (const id of this.#before[records].keys())
        if (!this.config[records].has(id)) changes.push({ kind, id, value: null });
    const { workspace } = this.config;
    if (workspace !== this.#before.workspace)
      changes.push({ kind: "workspace", id: workspace.id, value: workspace });
    for (const [kind, records] of KINDS)
      for (const [id, value] of this.config[records])
        if (this.#before[records].get(id) !== value)
          // A cast: `kind` and `records` are of one entry of `KINDS`.
          changes.push({ kind, id, value } as EntityChange);
    return changes;
  }
}
