import { DEFAULT_OAUTH_SETTINGS } from "../../workers/contract/records/oauth.ts";
import type { EntityChange, WorkspaceConfig } from "../../workers/contract/records/workspace.ts";
import type { ToolCatalogue, ServerCheck } from "../../workers/contract/rpc/tool-catalogue.ts";
import { ContractTables } from "./contract-tables.ts";
import type { MetaKey } from "./meta-key.ts";
import { migrate, readSchemaVersion } from "./migrations.ts";
import {
  deleteCatalogue,
  loadCatalogues,
  loadNewTools,
  saveCatalogue,
} from "./stored-catalogues.ts";
import { readStored } from "./stored-json.ts";
import { NameTables } from "./stored-name-owners.ts";

/** A check with the number of checks that failed in a row, this one included. */
type StoredCheck = ServerCheck & { failures?: number };

/** Fields that later releases added to servers, for copies that an earlier release stored. */
const ADDED_SERVER_FIELDS = {
  longestCallSeconds: null,
  longestSilenceSeconds: null,
  origin: null,
  changedAt: null,
  perPerson: null,
  changePolicy: "allow" as const,
  contractDigest: null,
};
/** The same for instances. */
const ADDED_INSTANCE_FIELDS = { origin: null, versions: null };
/** The same for tokens. */
const ADDED_TOKEN_FIELDS = {
  createdBy: null,
  suspendedAt: null,
  tools: null,
  sessionId: null,
  client: null,
  trustRuleId: null,
  issuerId: null,
  accessTokens: [],
};
/** The same for members. */
const ADDED_MEMBER_FIELDS = { rulesVersion: 0, terms: {}, suspendedAt: null, agent: null };
/** The same for the sign-ins at servers. */
const ADDED_CONNECTION_FIELDS = { askedScopes: null };
/** The same for the workspace. */
const ADDED_WORKSPACE_FIELDS = {
  stopped: null,
  blockedClients: [],
  publicRegistry: false,
  oauth: DEFAULT_OAUTH_SETTINGS,
};

/** The tables of the Workspace object's SQLite, except those of the call log, of tokens and of resource subscriptions. */
export class WorkspaceStorage {
  readonly #storage: DurableObjectStorage;
  readonly sql: SqlStorage;
  readonly contracts: ContractTables;
  readonly names: NameTables;

  constructor(storage: DurableObjectStorage) {
    this.#storage = storage;
    this.sql = storage.sql;
    this.contracts = new ContractTables(storage);
    this.names = new NameTables(storage);
  }

  /** Deletes all tables and the alarm: the object is as if it was never used. */
  async deleteAll(): Promise<void> {
    await this.#storage.deleteAlarm();
    await this.#storage.deleteAll();
  }

  /** Whether this object was ever used for a workspace. Writes nothing, so that probing slugs stores nothing. */
  get exists(): boolean {
    return readSchemaVersion(this.sql) > 0;
  }

  /** Creates or updates the tables; must run before any other method except `exists`. */
  migrate(): void {
    migrate(this.#storage);
  }

  /** The value of a key; null: it was never set. */
  readMeta(key: MetaKey): string | null {
    const row = this.sql
      .exec<{ value: string }>("SELECT value FROM meta WHERE key = ?", key)
      .toArray()[0];
    return row?.value ?? null;
  }

  writeMeta(key: MetaKey, value: string): void {
    this.sql.exec(
      "INSERT INTO meta VALUES (?, ?) ON CONFLICT DO UPDATE SET value = excluded.value",
      key,
      value,
    );
  }

  /**
   * The slug of the object's workspace.
   * @throws Error when the object has tables without a slug
   */
  get slug(): string {
    const slug = this.readMeta("slug");
    if (slug === null) throw new Error("The object does not know the slug of its workspace");
    return slug;
  }

  /**
   * Random name of this storage. A migration makes it, once, and it ends with the workspace.
   * @throws Error when the object has tables without it
   */
  get life(): string {
    const life = this.readMeta("life");
    if (life === null) throw new Error("The object's storage has no life");
    return life;
  }

  /** `pending`: D1 may hold a change that this copy lacks, so that D1 must be read before the copy is used. */
  get changeState(): "none" | "pending" {
    return this.readMeta("change_state") === "none" ? "none" : "pending";
  }

  set changeState(state: "none" | "pending") {
    this.writeMeta("change_state", state);
  }

  /** The stored copy of the configuration; null: there is none. */
  loadConfig(): WorkspaceConfig | null {
    let workspace: WorkspaceConfig["workspace"] | null = null;
    const rest: Omit<WorkspaceConfig, "workspace"> = {
      servers: new Map(),
      members: new Map(),
      teams: new Map(),
      tokens: new Map(),
      instances: new Map(),
      connections: new Map(),
    };
    for (const row of this.sql.exec<{ kind: string; id: string; json: string }>(
      "SELECT * FROM entities",
    )) {
      // Only saveEntities writes this table, so a value has the type of its kind.
      const change = { kind: row.kind, id: row.id, value: readStored(row.json) } as EntityChange;
      if (change.kind === "workspace") workspace = { ...ADDED_WORKSPACE_FIELDS, ...change.value };
      else if (change.kind === "server" && change.value)
        applyChange(rest, { ...change, value: { ...ADDED_SERVER_FIELDS, ...change.value } });
      else if (change.kind === "member" && change.value)
        applyChange(rest, { ...change, value: { ...ADDED_MEMBER_FIELDS, ...change.value } });
      else if (change.kind === "token" && change.value)
        applyChange(rest, { ...change, value: { ...ADDED_TOKEN_FIELDS, ...change.value } });
      else if (change.kind === "instance" && change.value)
        applyChange(rest, { ...change, value: { ...ADDED_INSTANCE_FIELDS, ...change.value } });
      else if (change.kind === "connection" && change.value)
        applyChange(rest, { ...change, value: { ...ADDED_CONNECTION_FIELDS, ...change.value } });
      else applyChange(rest, change);
    }
    return workspace && { workspace, ...rest };
  }

  /** Replaces the whole stored copy of the configuration. */
  replaceConfig(config: WorkspaceConfig): void {
    this.#storage.transactionSync(() => {
      this.sql.exec("DELETE FROM entities");
      this.saveEntities(toEntities(config));
    });
  }

  /** Applies changes to the stored copy of the configuration. */
  saveEntities(changes: EntityChange[]): void {
    this.#storage.transactionSync(() => {
      for (const { kind, id, value } of changes) {
        if (value === null)
          this.sql.exec("DELETE FROM entities WHERE kind = ? AND id = ?", kind, id);
        else
          this.sql.exec(
            "INSERT OR REPLACE INTO entities VALUES (?, ?, ?)",
            kind,
            id,
            JSON.stringify(value),
          );
      }
    });
  }

  /** The stored catalogues, by server id. */
  loadCatalogues(): Map<string, ToolCatalogue> {
    return loadCatalogues(this.sql);
  }

  /** Stores a catalogue: the rows that differ. */
  saveCatalogue(serverId: string, catalogue: ToolCatalogue): void {
    this.#storage.transactionSync(() => saveCatalogue(this.sql, serverId, catalogue, Date.now()));
  }

  /** When (epoch ms) tools were first listed that were not in their server's first list, by the tool's name. */
  loadNewTools(serverId: string): Map<string, number> {
    return loadNewTools(this.sql, serverId);
  }

  deleteCatalogue(serverId: string): void {
    this.#storage.transactionSync(() => deleteCatalogue(this.sql, serverId));
  }

  /** The last check of each server, by server id. */
  loadChecks(): Map<string, StoredCheck> {
    const rows = this.sql
      .exec<{ server_id: string; json: string }>("SELECT * FROM checks")
      .toArray();
    return new Map(rows.map((row) => [row.server_id, readStored<StoredCheck>(row.json)]));
  }

  saveCheck(serverId: string, check: StoredCheck): void {
    this.sql.exec("INSERT OR REPLACE INTO checks VALUES (?, ?)", serverId, JSON.stringify(check));
  }

  /** The ids of upstream sessions by `sessionKey`, the least recently stored first. */
  loadSessions(): Map<string, string> {
    const rows = this.sql.exec<{ server_id: string; session_owner: string; session_id: string }>(
      "SELECT * FROM upstream_sessions ORDER BY rowid",
    );
    return new Map(
      [...rows].map((row) => [sessionKey(row.server_id, row.session_owner), row.session_id]),
    );
  }

  deleteCheck(serverId: string): void {
    this.sql.exec("DELETE FROM checks WHERE server_id = ?", serverId);
  }

  saveSession(serverId: string, sessionOwner: string, sessionId: string): void {
    this.sql.exec(
      "INSERT OR REPLACE INTO upstream_sessions VALUES (?, ?, ?)",
      serverId,
      sessionOwner,
      sessionId,
    );
  }

  deleteSession(serverId: string, sessionOwner: string): void {
    this.sql.exec(
      "DELETE FROM upstream_sessions WHERE server_id = ? AND session_owner = ?",
      serverId,
      sessionOwner,
    );
  }

  deleteSessions(serverId: string): void {
    this.sql.exec("DELETE FROM upstream_sessions WHERE server_id = ?", serverId);
  }
}

/** The key of a session owner's session with a server. */
export function sessionKey(serverId: string, sessionOwner: string): string {
  return `${serverId} ${sessionOwner}`;
}

/** Applies one change to a configuration in memory. */
export function applyChange(
  config: Omit<WorkspaceConfig, "workspace"> & { workspace?: WorkspaceConfig["workspace"] },
  change: EntityChange,
): void {
  switch (change.kind) {
    case "workspace":
      config.workspace = change.value;
      return;
    case "server":
      return setOrDelete(config.servers, change.id, change.value);
    case "member":
      return setOrDelete(config.members, change.id, change.value);
    case "team":
      return setOrDelete(config.teams, change.id, change.value);
    case "token":
      return setOrDelete(config.tokens, change.id, change.value);
    case "instance":
      return setOrDelete(config.instances, change.id, change.value);
    case "connection":
      return setOrDelete(config.connections, change.id, change.value);
  }
}

function setOrDelete<T>(map: Map<string, T>, id: string, value: T | null): void {
  if (value === null) map.delete(id);
  else map.set(id, value);
}

function toEntities(config: WorkspaceConfig): EntityChange[] {
  return [
    { kind: "workspace", id: config.workspace.id, value: config.workspace },
    ...[...config.servers].map(([id, value]) => ({ kind: "server" as const, id, value })),
    ...[...config.members].map(([id, value]) => ({ kind: "member" as const, id, value })),
    ...[...config.teams].map(([id, value]) => ({ kind: "team" as const, id, value })),
    ...[...config.tokens].map(([id, value]) => ({ kind: "token" as const, id, value })),
    ...[...config.instances].map(([id, value]) => ({ kind: "instance" as const, id, value })),
    ...[...config.connections].map(([id, value]) => ({ kind: "connection" as const, id, value })),
  ];
}
