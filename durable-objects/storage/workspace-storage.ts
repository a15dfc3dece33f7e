import type { EntityChange, WorkspaceConfig } from "../../workers/contract/records/workspace.ts";
import type {
  CatalogueItem,
  ToolCatalogue,
  ServerCheck,
} from "../../workers/contract/rpc/tool-catalogue.ts";
import { readStored } from "./stored-json.ts";

/**
 * The object's SQLite tables: a copy of the workspace's configuration (D1 has the record), the last known
 * catalogue of each server, sessions with stateful servers, clients' subscriptions, and the audit ledger.
 */
const SCHEMA = `
  CREATE TABLE IF NOT EXISTS meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS entities (kind TEXT, id TEXT, json TEXT NOT NULL, PRIMARY KEY (kind, id)) WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS catalogues (server_id TEXT PRIMARY KEY, json TEXT NOT NULL) WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS catalogue_items
    (server_id TEXT, kind TEXT, position INTEGER, key TEXT NOT NULL, json TEXT NOT NULL,
     PRIMARY KEY (server_id, kind, position)) WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS checks (server_id TEXT PRIMARY KEY, json TEXT NOT NULL) WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS server_sessions
    (server_id TEXT, principal TEXT, session_id TEXT NOT NULL, PRIMARY KEY (server_id, principal));
  CREATE TABLE IF NOT EXISTS subscriptions
    (session TEXT, uri TEXT, expires_at INTEGER NOT NULL, PRIMARY KEY (session, uri)) WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS open_calls (seq INTEGER PRIMARY KEY, opened_at INTEGER NOT NULL, row TEXT);
  CREATE TABLE IF NOT EXISTS outbox (batch INTEGER PRIMARY KEY AUTOINCREMENT, rows TEXT NOT NULL, sent_at INTEGER);
`;

type CatalogueHead = Omit<ToolCatalogue, "tools" | "prompts" | "resources" | "templates">;

const KINDS = ["tools", "prompts", "resources", "templates"] as const;

export class WorkspaceStorage {
  readonly #ctx: DurableObjectState;
  readonly sql: SqlStorage;

  constructor(ctx: DurableObjectState) {
    this.#ctx = ctx;
    this.sql = ctx.storage.sql;
  }

  /** Whether this object was ever used for a workspace; asking leaves no trace, so that probing slugs stores nothing. */
  get exists(): boolean {
    return this.sql.exec("SELECT 1 FROM sqlite_master WHERE name = 'meta'").toArray().length > 0;
  }

  create(): void {
    this.sql.exec(SCHEMA);
  }

  get(key: string): string | null {
    const row = this.sql
      .exec<{ value: string }>("SELECT value FROM meta WHERE key = ?", key)
      .toArray()[0];
    return row?.value ?? null;
  }

  set(key: string, value: string): void {
    this.sql.exec(
      "INSERT INTO meta VALUES (?, ?) ON CONFLICT DO UPDATE SET value = excluded.value",
      key,
      value,
    );
  }

  /** The stored copy of the configuration; null when there is none. */
  loadConfig(): WorkspaceConfig | null {
    // An object that an earlier release made lacks the tables that came later.
    this.create();
    let workspace: WorkspaceConfig["workspace"] | null = null;
    const rest: Omit<WorkspaceConfig, "workspace"> = {
      servers: new Map(),
      members: new Map(),
      tokens: new Map(),
      instances: new Map(),
    };
    for (const row of this.sql.exec<{ kind: string; id: string; json: string }>(
      "SELECT * FROM entities",
    )) {
      // Only saveEntities writes this table, so a row is what its kind says.
      const change = { kind: row.kind, id: row.id, value: readStored(row.json) } as EntityChange;
      if (change.kind === "workspace") workspace = change.value;
      else applyChange(rest, change);
    }
    return workspace && { workspace, ...rest };
  }

  replaceConfig(config: WorkspaceConfig): void {
    this.#ctx.storage.transactionSync(() => {
      this.sql.exec("DELETE FROM entities");
      this.saveEntities(entitiesOf(config));
    });
  }

  saveEntities(changes: EntityChange[]): void {
    this.#ctx.storage.transactionSync(() => {
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

  loadCatalogues(): Map<string, ToolCatalogue> {
    const catalogues = new Map<string, ToolCatalogue>();
    for (const row of this.sql.exec<{ server_id: string; json: string }>(
      "SELECT * FROM catalogues",
    )) {
      const head = readStored<CatalogueHead>(row.json);
      catalogues.set(row.server_id, {
        ...head,
        tools: [],
        prompts: [],
        resources: [],
        templates: [],
      });
    }
    const items = this.sql.exec<{
      server_id: string;
      kind: (typeof KINDS)[number];
      key: string;
      json: string;
    }>("SELECT server_id, kind, key, json FROM catalogue_items ORDER BY server_id, kind, position");
    for (const { server_id, kind, key, json } of items)
      catalogues.get(server_id)?.[kind].push({ key, json });
    return catalogues;
  }

  /** Items stand in rows of their own: SQLite rows hold at most 2 MB. */
  saveCatalogue(serverId: string, catalogue: ToolCatalogue): void {
    const { tools, prompts, resources, templates, ...head } = catalogue;
    const lists: Record<(typeof KINDS)[number], CatalogueItem[]> = {
      tools,
      prompts,
      resources,
      templates,
    };
    this.#ctx.storage.transactionSync(() => {
      this.deleteCatalogue(serverId);
      this.sql.exec("INSERT INTO catalogues VALUES (?, ?)", serverId, JSON.stringify(head));
      for (const kind of KINDS) {
        lists[kind].forEach((item, position) => {
          this.sql.exec(
            "INSERT INTO catalogue_items VALUES (?, ?, ?, ?, ?)",
            serverId,
            kind,
            position,
            item.key,
            item.json,
          );
        });
      }
    });
  }

  deleteCatalogue(serverId: string): void {
    this.sql.exec("DELETE FROM catalogues WHERE server_id = ?", serverId);
    this.sql.exec("DELETE FROM catalogue_items WHERE server_id = ?", serverId);
  }

  loadChecks(): Map<string, ServerCheck> {
    const rows = this.sql
      .exec<{ server_id: string; json: string }>("SELECT * FROM checks")
      .toArray();
    return new Map(rows.map((row) => [row.server_id, readStored<ServerCheck>(row.json)]));
  }

  saveCheck(serverId: string, check: ServerCheck): void {
    this.sql.exec("INSERT OR REPLACE INTO checks VALUES (?, ?)", serverId, JSON.stringify(check));
  }

  loadSessions(): Map<string, string> {
    const rows = this.sql.exec<{ server_id: string; principal: string; session_id: string }>(
      "SELECT * FROM server_sessions ORDER BY rowid",
    );
    return new Map(
      [...rows].map((row) => [sessionKey(row.server_id, row.principal), row.session_id]),
    );
  }

  deleteCheck(serverId: string): void {
    this.sql.exec("DELETE FROM checks WHERE server_id = ?", serverId);
  }

  saveSession(serverId: string, principal: string, sessionId: string): void {
    this.sql.exec(
      "INSERT OR REPLACE INTO server_sessions VALUES (?, ?, ?)",
      serverId,
      principal,
      sessionId,
    );
  }

  deleteSession(serverId: string, principal: string): void {
    this.sql.exec(
      "DELETE FROM server_sessions WHERE server_id = ? AND principal = ?",
      serverId,
      principal,
    );
  }

  deleteSessions(serverId: string): void {
    this.sql.exec("DELETE FROM server_sessions WHERE server_id = ?", serverId);
  }
}

export function sessionKey(serverId: string, principal: string): string {
  return `${serverId} ${principal}`;
}

/** Puts one changed entity into the maps of a configuration. */
export function applyChange(
  config: Omit<WorkspaceConfig, "workspace"> & { workspace?: WorkspaceConfig["workspace"] },
  change: EntityChange,
): void {
  switch (change.kind) {
    case "workspace":
      config.workspace = change.value;
      return;
    case "server":
      return put(config.servers, change.id, change.value);
    case "member":
      return put(config.members, change.id, change.value);
    case "token":
      return put(config.tokens, change.id, change.value);
    case "instance":
      return put(config.instances, change.id, change.value);
  }
}

function put<T>(map: Map<string, T>, id: string, value: T | null): void {
  if (value === null) map.delete(id);
  else map.set(id, value);
}

function entitiesOf(config: WorkspaceConfig): EntityChange[] {
  return [
    { kind: "workspace", id: config.workspace.id, value: config.workspace },
    ...[...config.servers].map(([id, value]) => ({ kind: "server" as const, id, value })),
    ...[...config.members].map(([id, value]) => ({ kind: "member" as const, id, value })),
    ...[...config.tokens].map(([id, value]) => ({ kind: "token" as const, id, value })),
    ...[...config.instances].map(([id, value]) => ({ kind: "instance" as const, id, value })),
  ];
}
