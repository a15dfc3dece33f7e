import type { AuditEvent } from "../../workers/contract/records/audit.ts";
import type { Contract } from "../../workers/contract/records/contract.ts";
import type {
  EntityChange,
  ServerRecord,
  WorkspaceConfig,
  WorkspaceRecord,
} from "../../workers/contract/records/workspace.ts";
import type { Part, PartChange, VersionRow } from "../../workers/contract/versions/parts.ts";
import type { ReferValue } from "../../workers/contract/versions/secret-url.ts";
import { sha256Hex } from "../../workers/crypto/sha256.ts";
import { findContract } from "../../workers/db/contracts.ts";
import type { Db } from "../../workers/db/database.ts";
import { findLastVersion, readVersionParts } from "../../workers/db/versions.ts";
import { saveChanges } from "../../workers/db/workspaces.ts";
import type { Env } from "../../workers/runtime/env.ts";
import { logFailure } from "../../workers/runtime/log.ts";
import type { StoredBesides } from "../changes/change-decision.ts";
import { readKeyRing } from "../credentials/encryption.ts";
import { withRemovals } from "../policy/rules.ts";
import { applyChange } from "../storage/workspace-storage.ts";
import type { CatalogueNames } from "../tool-catalogue/catalogue-names.ts";
import {
  isNoNames,
  NO_NAMES,
  type WantedName,
  type WantedNames,
} from "../tool-catalogue/name-owners.ts";
import { copyRecords } from "./copy-records.ts";
import { listConcernedParts, listParts, readNamesPart, toDocument, toNamesPart } from "./parts.ts";
import { UrlReferences } from "./url-references.ts";

/** A version that lists all parts, so that no reader adds up more than these. */
const WHOLE_EVERY = 50;

/**
 * Numbers the versions of one workspace. The last number is read from D1 once, and again after a change that D1 did not
 * confirm. Calls ask nothing of it.
 */
export class VersionLog {
  readonly #db: Db;
  readonly #references: UrlReferences;
  readonly #findLoaded: () => Naming | null;
  #last: { workspaceId: string; number: number } | null = null;
  /** The names in the last version; undefined: not known. */
  #lastNames: string | null | undefined;

  /** `env`: with the master keys. `findLoaded`: the workspace in memory; null: there is none. */
  constructor(db: Db, env: Env, findLoaded: () => Naming | null) {
    this.#db = db;
    this.#references = new UrlReferences(() => readKeyRing(env));
    this.#findLoaded = findLoaded;
  }

  /** The number of the workspace's newest version; 0: it has none yet. */
  async readLast(workspaceId: string): Promise<number> {
    if (this.#last?.workspaceId !== workspaceId)
      this.#last = { workspaceId, number: await findLastVersion(this.#db, workspaceId) };
    return this.#last.number;
  }

  /** Makes references of the secrets in URLs. */
  openReferences(workspace: WorkspaceRecord): Promise<ReferValue> {
    return this.#references.open(workspace);
  }

  /** A contract of the workspace, also one of an earlier version; undefined: D1 does not have it. */
  async readContract(workspaceId: string, digest: string): Promise<Contract | undefined> {
    return (await findContract(this.#db, workspaceId, digest)) ?? undefined;
  }

  /** The configuration as a document, with the number of its version; null: D1 cannot be read now. */
  async readDocument(config: WorkspaceConfig) {
    try {
      const names = this.#describeNames([...config.servers.values()], NO_NAMES);
      const refer = await this.#references.open(config.workspace);
      const version = await this.readLast(config.workspace.id);
      return { document: toDocument(config, refer, names), version };
    } catch (error) {
      logFailure("version_not_read", error);
      return null;
    }
  }

  /**
   * The names for clients in the newest version, for an object that may not have them.
   * @throws when D1 fails
   */
  async readNames({ workspace: { id }, servers }: WorkspaceConfig): Promise<WantedNames> {
    const number = await findLastVersion(this.#db, id);
    const parts = number === 0 ? null : await readVersionParts(this.#db, id, number);
    return { names: readNamesPart(parts ?? [], servers), reset: [] };
  }

  /**
   * Stores changes in D1 with their event, the versions that they make, and what belongs to them: contracts that they name and D1
   * does not have, a request for access that they close, and what a directory says. `before` null: the workspace is new.
   */
  async save(
    before: WorkspaceConfig | null,
    changes: EntityChange[],
    event: AuditEvent | null,
    { contracts = [], names: wanted = NO_NAMES, closes = null, scim = null }: StoredBesides,
  ): Promise<void> {
    const whole = withRemovals(before, changes);
    const versions = await this.#prepare(before, whole, event, wanted);
    const last = this.#last;
    // Until D1 has confirmed the change, it is not known whether it has these versions.
    this.#last = null;
    const names = this.#lastNames;
    this.#lastNames = undefined;
    const id = before?.workspace.id;
    await saveChanges(this.#db, changes, event, id, { contracts, versions, closes, scim });
    const newest = versions.at(-1);
    const workspaceId = event?.workspaceId ?? id;
    if (newest && workspaceId !== undefined) this.#last = { workspaceId, number: newest.number };
    else this.#last = last;
    this.#lastNames = names;
  }

  /**
   * The versions that changes make: none if they change no configuration, and two if the workspace has none yet, so that its
   * state before the change can be returned to. `event` null: the gateway has made them.
   */
  async #prepare(
    before: WorkspaceConfig | null,
    changes: EntityChange[],
    event: AuditEvent | null,
    wanted: WantedNames,
  ): Promise<VersionRow[]> {
    const after = applyAll(before, changes);
    const author = {
      eventId: event?.id ?? null,
      actor: event?.actor ?? "system",
      createdAt: event?.occurredAt ?? Date.now(),
    };
    const refer = await this.#references.open(after.workspace);
    if (!before) this.#lastNames = null;
    if (!before) return [toWhole(listParts(after, refer), { number: 1, ...author })];
    const old = new Map(
      listConcernedParts(before, changes, refer).map((part) => [toKey(part), part.json]),
    );
    const changed = listConcernedParts(after, changes, refer).filter(
      (part) => old.get(toKey(part)) !== part.json,
    );
    if (changed.length === 0 && isNoNames(wanted)) return [];
    const { id } = before.workspace;
    const names = this.#readNames(after, wanted);
    const last = await this.readLast(id);
    const first = { eventId: null, actor: "system", createdAt: author.createdAt };
    const listAll = () => [...listParts(before, refer), ...this.#readNames(before, NO_NAMES)];
    const rows = last === 0 ? [toWhole(listAll(), { number: 1, ...first })] : [];
    const number = last + rows.length + 1;
    const [named = { kind: "names" as const, id, json: null }] = names;
    const isSame = this.#lastNames === named.json && last > 0;
    this.#lastNames = named.json;
    const difference = toDifference(isSame ? changed : [...changed, named], { number, ...author });
    if (number % WHOLE_EVERY !== 1) return [...rows, difference];
    const { documents } = difference;
    const parts = [...listParts(after, refer), ...names];
    return [...rows, { ...toWhole(parts, { number, ...author }), documents }];
  }

  /** The names that the lists alone do not determine, with these servers and wanted names. */
  #describeNames(servers: ServerRecord[], wanted: WantedNames): WantedName[] {
    return this.#findLoaded()?.previewNames(servers, wanted).listContested() ?? [];
  }

  #readNames({ workspace, servers }: WorkspaceConfig, wanted: WantedNames): Part[] {
    return toNamesPart(workspace.id, this.#describeNames([...servers.values()], wanted));
  }
}

/** What gives the names for clients. */
interface Naming {
  previewNames(servers: ServerRecord[], wanted: WantedNames): Pick<CatalogueNames, "listContested">;
}

type Author = Pick<VersionRow, "number" | "eventId" | "actor" | "createdAt">;

function toKey({ kind, id }: Omit<Part, "json">): string {
  return `${kind}:${id}`;
}

function applyAll(before: WorkspaceConfig | null, changes: EntityChange[]): WorkspaceConfig {
  const config = { ...(before ? { workspace: before.workspace } : {}), ...copyRecords(before) };
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
