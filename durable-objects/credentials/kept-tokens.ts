import type {
  ConnectionRecord,
  SealedTokens,
  SignInReason,
} from "../../workers/contract/records/connection.ts";
import { readStored } from "../storage/stored-json.ts";
import type { WorkspaceStorage } from "../storage/workspace-storage.ts";

/** What the object knows of a connection beyond its record. Instants in epoch ms. */
export interface KeptTokens {
  tokens: SealedTokens;
  /** The number of refreshes. A call that is refused names the one whose token it had. */
  version: number;
  /** Whether the last refresh was sent and not answered: its refresh token can have been replaced. */
  isUnanswered: boolean;
  /** `isFinal`: only a person can mend it. Otherwise the next check tries again. Null: it works, as far as is known. */
  failure: { reason: SignInReason; since: number; isFinal: boolean } | null;
  /** Since when the authorization server does not answer; null: it does. */
  downSince: number | null;
  /** The scopes for which the server has refused calls, since when, and when it did so last. Absent: none. */
  wanted?: { scopes: string[]; since: number; seenAt: number };
}

/** After a refresh: what was wrong before is mended, but for scopes that were not asked for. */
export function toRenewed(
  { version, wanted }: Pick<KeptTokens, "version" | "wanted">,
  tokens: SealedTokens,
): KeptTokens {
  const isMended = { isUnanswered: false, failure: null, downSince: null };
  return { tokens, version: version + 1, ...isMended, ...(wanted ? { wanted } : {}) };
}

/** After a failure. Its beginning stays when it is the same as before. */
export function toFailed(kept: KeptTokens, reason: SignInReason, isFinal: boolean): KeptTokens {
  const { failure } = kept;
  const isKnown = failure?.reason === reason && failure.isFinal === isFinal;
  const since = isKnown ? failure.since : Date.now();
  return { ...kept, isUnanswered: false, downSince: null, failure: { reason, since, isFinal } };
}

/** The tokens of connections in memory and in the object's storage, where those of the last refresh are kept. */
export class KeptTokensStore {
  readonly #sql: SqlStorage;
  readonly #kept = new Map<string, KeptTokens>();

  /** Forgets what it knows of connections that are not in `current`. */
  constructor({ sql }: WorkspaceStorage, current: ReadonlyMap<string, ConnectionRecord>) {
    this.#sql = sql;
    const rows = sql.exec<{ connection_id: string; json: string }>(
      "SELECT * FROM connection_tokens",
    );
    for (const { connection_id: id, json } of rows.toArray()) {
      this.#kept.set(id, readStored<KeptTokens>(json));
      if (!current.has(id)) this.delete(id);
    }
  }

  find({ id, tokens }: ConnectionRecord): KeptTokens {
    const known = this.#kept.get(id);
    if (known) return known;
    return { tokens, version: 0, isUnanswered: false, failure: null, downSince: null };
  }

  /** In storage first: no request is sent before what is stored is safe (the object's output gate). */
  save(id: string, kept: KeptTokens): void {
    const json = JSON.stringify(kept);
    this.#sql.exec("INSERT OR REPLACE INTO connection_tokens VALUES (?, ?)", id, json);
    this.#kept.set(id, kept);
  }

  delete(id: string): void {
    if (!this.#kept.delete(id)) return;
    this.#sql.exec("DELETE FROM connection_tokens WHERE connection_id = ?", id);
  }
}
