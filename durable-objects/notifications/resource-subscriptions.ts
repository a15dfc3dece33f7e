import { MAX_SUBSCRIBED_URI_LENGTH } from "../../workers/contract/limits.ts";

/** A client's session lives no longer than this after it subscribed to something. */
const KEPT_MS = 7 * 24 * 60 * 60_000;
/** Resources that one session may follow. */
const MAX_PER_SESSION = 1_000;

/** The resources that legacy clients have subscribed to, by session; they outlive this object's memory. */
export class ResourceSubscriptions {
  readonly #sql: SqlStorage;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
  }

  /** False: the session follows as many as it may. */
  add(session: string, uri: string, now: number): boolean {
    if (uri.length > MAX_SUBSCRIBED_URI_LENGTH) return false;
    this.#sql.exec("DELETE FROM subscriptions WHERE expires_at <= ?", now);
    const uris = this.of(session);
    if (uris.length >= MAX_PER_SESSION && !uris.includes(uri)) return false;
    this.#sql.exec(
      "INSERT OR REPLACE INTO subscriptions VALUES (?, ?, ?)",
      session,
      uri,
      now + KEPT_MS,
    );
    return true;
  }

  remove(session: string, uri: string): void {
    this.#sql.exec("DELETE FROM subscriptions WHERE session = ? AND uri = ?", session, uri);
  }

  of(session: string): string[] {
    const rows = this.#sql.exec<{ uri: string }>(
      "SELECT uri FROM subscriptions WHERE session = ?",
      session,
    );
    return [...rows].map(({ uri }) => uri);
  }
}
