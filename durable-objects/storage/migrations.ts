/** One step of the Workspace object's SQLite schema. */
export interface Migration {
  /** Counted from 1 without gaps. */
  version: number;
  sql: string;
}

/**
 * The migrations of the Workspace object's SQLite, in the order in which they are applied. Append-only: an applied
 * migration is never edited, because objects that have applied it do not apply it again. A migration must leave a
 * schema that the previous release can use, because a rollback of the Worker does not roll objects back.
 * `docs/storage.md` describes the tables.
 */
export const MIGRATIONS: readonly Migration[] = [
  {
    version: 1,
    sql: `
      CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
      CREATE TABLE entities (kind TEXT, id TEXT, json TEXT NOT NULL, PRIMARY KEY (kind, id)) WITHOUT ROWID;
      CREATE TABLE catalogues (server_id TEXT PRIMARY KEY, json TEXT NOT NULL) WITHOUT ROWID;
      CREATE TABLE catalogue_items
        (server_id TEXT, kind TEXT, position INTEGER, key TEXT NOT NULL, json TEXT NOT NULL,
         PRIMARY KEY (server_id, kind, position)) WITHOUT ROWID;
      CREATE TABLE checks (server_id TEXT PRIMARY KEY, json TEXT NOT NULL) WITHOUT ROWID;
      CREATE TABLE upstream_sessions
        (server_id TEXT, session_owner TEXT, session_id TEXT NOT NULL, PRIMARY KEY (server_id, session_owner));
      CREATE TABLE subscriptions
        (session TEXT, uri TEXT, expires_at INTEGER NOT NULL, PRIMARY KEY (session, uri)) WITHOUT ROWID;
      CREATE TABLE open_calls (seq INTEGER PRIMARY KEY, opened_at INTEGER NOT NULL, row TEXT);
      CREATE TABLE outbox (batch INTEGER PRIMARY KEY AUTOINCREMENT, rows TEXT NOT NULL, sent_at INTEGER);
    `,
  },
  {
    version: 2,
    sql: `
      CREATE TABLE rate_windows (key TEXT PRIMARY KEY, newest INTEGER NOT NULL, passed TEXT NOT NULL) WITHOUT ROWID;
    `,
  },
  {
    version: 3,
    sql: `
      CREATE TABLE name_owners
        (id INTEGER PRIMARY KEY, kind TEXT NOT NULL, exposed TEXT NOT NULL, server_id TEXT NOT NULL,
         name TEXT NOT NULL, UNIQUE (kind, exposed));
    `,
  },
  {
    version: 4,
    sql: `
      INSERT INTO meta VALUES ('life', lower(hex(randomblob(16))));
    `,
  },
  {
    version: 5,
    // The copy has rules by slug, and D1 has them by the server's id: D1 is read again.
    sql: `
      UPDATE meta SET value = 'pending' WHERE key = 'change_state';
    `,
  },
  {
    version: 6,
    sql: `
      ALTER TABLE outbox ADD COLUMN attempts INTEGER NOT NULL DEFAULT 0;
    `,
  },
  {
    version: 7,
    sql: `
      CREATE TABLE stream_resources (stream TEXT PRIMARY KEY, uris TEXT NOT NULL) WITHOUT ROWID;
    `,
  },
  {
    version: 8,
    // A table, not columns of `subscriptions`: the previous release inserts whole rows there.
    // The copy does not have who made each token, and D1 has it: D1 is read again.
    sql: `
      CREATE TABLE subscribed_sessions
        (owner TEXT, session TEXT, digest TEXT NOT NULL, PRIMARY KEY (owner, session)) WITHOUT ROWID;
      UPDATE meta SET value = 'pending' WHERE key = 'change_state';
    `,
  },
  {
    version: 9,
    // A table, not a column of `catalogue_items`: the previous release inserts whole rows there.
    sql: `
      CREATE TABLE new_tools
        (server_id TEXT, name TEXT, listed_at INTEGER NOT NULL, PRIMARY KEY (server_id, name)) WITHOUT ROWID;
    `,
  },
  {
    version: 10,
    sql: `
      CREATE TABLE connection_tokens (connection_id TEXT PRIMARY KEY, json TEXT NOT NULL) WITHOUT ROWID;
    `,
  },
  {
    version: 11,
    sql: `
      CREATE TABLE contracts (digest TEXT, part INTEGER, json TEXT NOT NULL, PRIMARY KEY (digest, part));
      CREATE TABLE told_changes (server_id TEXT, seen TEXT, PRIMARY KEY (server_id, seen)) WITHOUT ROWID;
    `,
  },
  {
    version: 12,
    // Tables, not rows of `catalogue_items` and `name_owners`: the previous release knows the other kinds only.
    sql: `
      CREATE TABLE skill_items
        (server_id TEXT, kind TEXT, position INTEGER, key TEXT NOT NULL, json TEXT NOT NULL,
         PRIMARY KEY (server_id, kind, position)) WITHOUT ROWID;
      CREATE TABLE skill_owners
        (id INTEGER PRIMARY KEY, kind TEXT NOT NULL, exposed TEXT NOT NULL, server_id TEXT NOT NULL,
         name TEXT NOT NULL, UNIQUE (kind, exposed));
    `,
  },
  {
    version: 13,
    sql: `
      CREATE TABLE name_claims
        (id INTEGER PRIMARY KEY, kind TEXT NOT NULL, claim TEXT NOT NULL, exposed TEXT NOT NULL,
         UNIQUE (kind, claim));
    `,
  },
];

const VERSION_KEY = "schema_version";

/**
 * Applies the migrations that the object does not have yet, all or none. An object with a newer schema, after a
 * rollback of the Worker, keeps it.
 */
export function migrate(
  storage: DurableObjectStorage,
  migrations: readonly Migration[] = MIGRATIONS,
): void {
  const current = readSchemaVersion(storage.sql);
  const pending = migrations.filter(({ version }) => version > current);
  if (pending.length === 0) return;
  storage.transactionSync(() => {
    for (const { version, sql } of pending) {
      storage.sql.exec(sql);
      storage.sql.exec("INSERT OR REPLACE INTO meta VALUES (?, ?)", VERSION_KEY, String(version));
    }
  });
}

/** The object has tables, but no schema version: they were made before there were versions, or changed by hand. */
export class UnknownSchemaVersion extends Error {
  override readonly name = "UnknownSchemaVersion";
}

/**
 * The version of the last migration that the object applied; 0: it has no tables. Writes nothing.
 * @throws UnknownSchemaVersion
 */
export function readSchemaVersion(sql: SqlStorage): number {
  const isEmpty =
    sql.exec("SELECT 1 FROM sqlite_master WHERE name = 'meta'").toArray().length === 0;
  if (isEmpty) return 0;
  const query = "SELECT value FROM meta WHERE key = ?";
  const row = sql.exec<{ value: string }>(query, VERSION_KEY).toArray()[0];
  const version = Number(row?.value);
  if (!Number.isSafeInteger(version)) throw new UnknownSchemaVersion(`Version: ${row?.value}`);
  return version;
}
