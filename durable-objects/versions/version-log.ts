import type { AuditEvent } from "../../workers/contract/records/audit.ts";
import type { Contract } from "../../workers/contract/records/contract.ts";
import type { EntityChange, WorkspaceConfig } from "../../workers/contract/records/workspace.ts";
import type { Part, PartChange, VersionRow } from "../../workers/contract/versions/parts.ts";
import { sha256Hex } from "../../workers/crypto/sha256.ts";
import type { Db } from "../../workers/db/database.ts";
import { findLastVersion } from "../../workers/db/versions.ts";
import { saveChanges } from "../../workers/db/workspaces.ts";
import { logFailure } from "../../workers/runtime/log.ts";
import { withRulesRemoved } from "../policy/rules.ts";
import { applyChange } from "../storage/workspace-storage.ts";
import { listConcernedParts, listParts, toDocument } from "./parts.ts";

/** A version that lists all parts, so that no reader adds up more than these. */
const WHOLE_EVERY = 50;

/**
 * Numbers the versions of one workspace. The last number is read from D1 once, and again after a change that D1 did not
 * confirm. Calls ask nothing of it.
 */
export class VersionLog {
  readonly #db: Db;
  #last: { workspaceId: string; number: number } | null = null;

  constructor(db: Db) {
    this.#db = db;
  }

  /** The number of the workspace's newest version; 0: it has none yet. */
  async readLast(workspaceId: string): Promise<number> {
    if (this.#last?.workspaceId !== workspaceId)
      this.#last = { workspaceId, number: await findLastVersion(this.#db, workspaceId) };
    return this.#last.number;
  }

  /** The configuration as a document, with the number of its version; null: D1 cannot be read now. */
  async readDocument(config: WorkspaceConfig) {
    try {
      return { document: toDocument(config), version: await this.readLast(config.workspace.id) };
    } catch (error) {
      logFailure("version_not_read", error);
      return null;
    }
  }

  /** Stores changes in D1 with their event, the versions that they make, and the contracts that they name and D1 does not have. `before` null: the workspace is new. */
  async save(
    before: WorkspaceConfig | null,
    changes: EntityChange[],
    event: AuditEvent | null,
    contracts: Contract[],
  ): Promise<void> {
    const whole = withRulesRemoved(before?.members ?? new Map(), changes);
    const versions = await this.#prepare(before, whole, event);
    const last = this.#last;
    // Until D1 has confirmed the change, it is not known whether it has these versions.
    this.#last = null;
    const id = before?.workspace.id;
    await saveChanges(this.#db, changes, event, id, { contracts, versions });
    const newest = versions.at(-1);
    const workspaceId = event?.workspaceId ?? id;
    if (newest && workspaceId !== undefined) this.#last = { workspaceId, number: newest.number };
    else this.#last = last;
  }

  /**
   * The versions that changes make: none if they change no configuration, and two if the workspace has none yet, so that its
   * state before the change can be returned to. `event` null: the gateway has made them.
   */
  async #prepare(
    before: WorkspaceConfig | null,
    changes: EntityChange[],
    event: AuditEvent | null,
  ): Promise<VersionRow[]> {
    const after = applyAll(before, changes);
    const author = {
      eventId: event?.id ?? null,
      actor: event?.actor ?? "system",
      createdAt: event?.occurredAt ?? Date.now(),
    };
    if (!before) return [toWhole(listParts(after), { number: 1, ...author })];
    const old = new Map(
      listConcernedParts(before, changes).map((part) => [toKey(part), part.json]),
    );
    const changed = listConcernedParts(after, changes).filter(
      (part) => old.get(toKey(part)) !== part.json,
    );
    if (changed.length === 0) return [];
    const last = await this.readLast(before.workspace.id);
    const first = { eventId: null, actor: "system", createdAt: author.createdAt };
    const rows = last === 0 ? [toWhole(listParts(before), { number: 1, ...first })] : [];
    const number = last + rows.length + 1;
    const difference = toDifference(changed, { number, ...author });
    if (number % WHOLE_EVERY !== 1) return [...rows, difference];
    const { documents } = difference;
    return [...rows, { ...toWhole(listParts(after), { number, ...author }), documents }];
  }
}

type Author = Pick<VersionRow, "number" | "eventId" | "actor" | "createdAt">;

function toKey({ kind, id }: Omit<Part, "json">): string {
  return `${kind}:${id}`;
}

function applyAll(before: WorkspaceConfig | null, changes: EntityChange[]): WorkspaceConfig {
  const config = {
    ...(before ? { workspace: before.workspace } : {}),
    servers: new Map(before?.servers),
    members: new Map(before?.members),
    tokens: new Map(before?.tokens),
    instances: new Map(before?.instances),
    connections: new Map(before?.connections),
  };
  for (const change of changes) applyChange(config, change);
  // A cast: the changes of a new workspace have its record.
  return config as WorkspaceConfig;
}

function toWhole(parts: Part[], author: Author): VersionRow {
  return { ...toDifference(parts, author), isWhole: true };
}

function toDifference(
  changed: (Omit<Part, "json"> & { json: string | null })[],
  author: Author,
): VersionRow {
  const documents = new Map<string, string>();
  const parts = changed.map(({ kind, id, json }): PartChange => {
    if (json === null) return [kind, id, null];
    const digest = sha256Hex(json);
    documents.set(digest, json);
    return [kind, id, digest];
  });
  return { ...author, isWhole: false, parts, documents };
}
