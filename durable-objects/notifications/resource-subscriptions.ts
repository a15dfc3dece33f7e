import {
  CLIENT_SESSION_LIFETIME_MS,
  MAX_SUBSCRIBED_URI_LENGTH,
} from "../../workers/contract/limits.ts";
import type { SubscriptionLimit } from "../../workers/contract/rpc/admission.ts";

/** Most resources that one client session can subscribe to. */
const MAX_URIS_PER_SESSION = 1_000;
/** Most subscriptions of all sessions of one member, or of one workspace token: each can open any number of sessions. */
const MAX_SUBSCRIPTIONS_PER_OWNER = 2_000;
/** Most subscriptions of all sessions of a workspace. */
const MAX_SUBSCRIPTIONS = 20_000;

/** A client session, with the digest of its token and the id of the token's owner. */
interface Subscriber {
  session: string;
  digest: string;
  owner: string;
}

/**
 * The resource subscriptions of legacy clients, by client session. In SQLite: they survive an eviction of the object.
 * Sessions that subscribed under an earlier release have no owner until they subscribe again.
 */
export class ResourceSubscriptions {
  readonly #sql: SqlStorage;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
  }

  /** Returns the limit that refuses the subscription; null: it is stored. */
  add({ session, digest, owner }: Subscriber, uri: string, now: number): SubscriptionLimit | null {
    if (uri.length > MAX_SUBSCRIBED_URI_LENGTH) return "uri";
    this.#deleteExpired(now);
    const uris = this.listUris(session);
    const limit = uris.includes(uri) ? null : this.#findLimit(uris.length, owner);
    if (limit !== null) return limit;
    this.#sql.exec(
      "INSERT OR REPLACE INTO subscriptions VALUES (?, ?, ?)",
      session,
      uri,
      now + CLIENT_SESSION_LIFETIME_MS,
    );
    const insert = "INSERT OR IGNORE INTO subscribed_sessions VALUES (?, ?, ?)";
    this.#sql.exec(insert, owner, session, digest);
    return null;
  }

  remove({ session, owner }: Subscriber, uri: string): void {
    this.#sql.exec("DELETE FROM subscriptions WHERE session = ? AND uri = ?", session, uri);
    if (this.listUris(session).length > 0) return;
    const forget = "DELETE FROM subscribed_sessions WHERE owner = ? AND session = ?";
    this.#sql.exec(forget, owner, session);
  }

  /** Deletes the subscriptions of sessions of all tokens but those with these digests. */
  keepOnly(digests: string[]): void {
    const others = "digest NOT IN (SELECT value FROM json_each(?))";
    const kept = JSON.stringify(digests);
    this.#sql.exec(
      `DELETE FROM subscriptions WHERE session IN (SELECT session FROM subscribed_sessions WHERE ${others})`,
      kept,
    );
    this.#sql.exec(`DELETE FROM subscribed_sessions WHERE ${others}`, kept);
  }

  listUris(session: string): string[] {
    const rows = this.#sql.exec<{ uri: string }>(
      "SELECT uri FROM subscriptions WHERE session = ?",
      session,
    );
    return [...rows].map(({ uri }) => uri);
  }

  #findLimit(ofSession: number, owner: string): SubscriptionLimit | null {
    if (ofSession >= MAX_URIS_PER_SESSION) return "session";
    const ofOwner = "FROM subscribed_sessions JOIN subscriptions USING (session) WHERE owner = ?";
    if (this.#count(ofOwner, owner) >= MAX_SUBSCRIPTIONS_PER_OWNER) return "owner";
    return this.#count("FROM subscriptions") >= MAX_SUBSCRIPTIONS ? "workspace" : null;
  }

  #count(source: string, ...bindings: string[]): number {
    const query = `SELECT count(*) AS count ${source}`;
    return this.#sql.exec<{ count: number }>(query, ...bindings).one().count;
  }

  #deleteExpired(now: number): void {
    const expired = this.#sql.exec("DELETE FROM subscriptions WHERE expires_at <= ?", now);
    if (expired.rowsWritten === 0) return;
    this.#sql.exec(
      "DELETE FROM subscribed_sessions WHERE session NOT IN (SELECT session FROM subscriptions)",
    );
  }
}
