import {
  CLIENT_SESSION_LIFETIME_MS,
  MAX_SUBSCRIBED_URI_LENGTH,
} from "../../workers/contract/limits.ts";

/** Most resources that one client session can subscribe to. */
const MAX_URIS_PER_SESSION = 1_000;
/** Most subscriptions of all sessions of a workspace: a client can open any number of sessions. */
const MAX_SUBSCRIPTIONS = 20_000;

/**
 * The resource subscriptions of legacy clients, by client session. In SQLite: they survive an eviction of the object.
 */
export class ResourceSubscriptions {
  readonly #sql: SqlStorage;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
  }

  /** False: the session or the workspace has the maximum of subscriptions, or the URI is too long. */
  add(session: string, uri: string, now: number): boolean {
    if (uri.length > MAX_SUBSCRIBED_URI_LENGTH) return false;
    this.#sql.exec("DELETE FROM subscriptions WHERE expires_at <= ?", now);
    const uris = this.listUris(session);
    const isFull = uris.length >= MAX_URIS_PER_SESSION || this.#count() >= MAX_SUBSCRIPTIONS;
    if (isFull && !uris.includes(uri)) return false;
    this.#sql.exec(
      "INSERT OR REPLACE INTO subscriptions VALUES (?, ?, ?)",
      session,
      uri,
      now + CLIENT_SESSION_LIFETIME_MS,
    );
    return true;
  }

  remove(session: string, uri: string): void {
    this.#sql.exec("DELETE FROM subscriptions WHERE session = ? AND uri = ?", session, uri);
  }

  #count(): number {
    return this.#sql.exec<{ count: number }>("SELECT count(*) AS count FROM subscriptions").one()
      .count;
  }

  listUris(session: string): string[] {
    const rows = this.#sql.exec<{ uri: string }>(
      "SELECT uri FROM subscriptions WHERE session = ?",
      session,
    );
    return [...rows].map(({ uri }) => uri);
  }
}
