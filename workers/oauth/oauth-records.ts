import type { Db } from "../db/database.ts";
import {
  deleteOauthRecord,
  findOauthRecord,
  listOauthRecords,
  saveOauthRecord,
} from "../db/oauth-records.ts";

const MAX_LIST = 1_000;

/** Another request has changed a record since this one read it. */
export class RecordConflict extends Error {}

interface PutOptions {
  /** Seconds from now. */
  expirationTtl?: number;
  /** Epoch seconds. */
  expiration?: number;
  metadata?: Record<string, unknown>;
}

/**
 * The store of the authorization server's library, which expects a KV namespace: the same methods on D1, which is consistent
 * and where every deployment has it. One is made for each request. A record that the request has read can only be replaced
 * as long as no other request has changed it: so that a code is redeemed once.
 */
export class OauthRecords {
  readonly #db: Db;
  /** Versions that were read, by key; null: there was no record. */
  readonly #read = new Map<string, string | null>();

  constructor(db: Db) {
    this.#db = db;
  }

  /** Returns a record's text, or what its JSON says; null: there is none. */
  async get(key: string, options?: { type: string }): Promise<unknown> {
    const found = await findOauthRecord(this.#db, key, Date.now());
    this.#read.set(key, found?.version ?? null);
    if (!found) return null;
    return options?.type === "json" ? JSON.parse(found.value) : found.value;
  }

  /** @throws RecordConflict */
  async put(key: string, value: string, options: PutOptions = {}): Promise<void> {
    const { metadata = null } = options;
    const clientId = metadata?.["clientId"];
    const record = {
      key,
      value,
      metadata,
      clientId: typeof clientId === "string" ? clientId : null,
      expiresAt: toEnd(options),
    };
    const isStored = await saveOauthRecord(this.#db, record, this.#read.get(key), Date.now());
    if (!isStored) throw new RecordConflict(`another request has changed ${key.split(":")[0]}`);
    this.#read.delete(key);
  }

  /** Deletes a record. */
  async delete(key: string): Promise<void> {
    await deleteOauthRecord(this.#db, key);
    this.#read.delete(key);
  }

  /** Returns a page of the records whose key begins with a prefix. */
  async list({
    prefix = "",
    limit = MAX_LIST,
    cursor,
  }: {
    prefix?: string;
    limit?: number;
    cursor?: string;
  }) {
    const rows = await listOauthRecords(this.#db, prefix, cursor ?? "", limit, Date.now());
    const keys = rows.map(({ key, metadata }) => ({ name: key, metadata }));
    return { keys, list_complete: rows.length < limit, cursor: rows.at(-1)?.key ?? "" };
  }
}

function toEnd({ expirationTtl, expiration }: PutOptions): number | null {
  if (expiration !== undefined) return expiration * 1000;
  return expirationTtl === undefined ? null : Date.now() + expirationTtl * 1000;
}
