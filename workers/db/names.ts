import { sql } from "drizzle-orm";
import { TEMPORARY_TOKEN_LABEL } from "../contract/api/temporary-tokens.ts";
import { DEPLOYMENT } from "../contract/records/audit.ts";
import type { Db } from "./database.ts";

/** What a person, token, key, server or instance is called. `isGone`: it was removed or revoked. */
export interface Name {
  name: string;
  isGone: boolean;
}

const TEMPORARY_TOKEN: Name = { name: TEMPORARY_TOKEN_LABEL, isGone: false };

/** A member who reads own rows only. */
export interface OwnReader {
  memberId: string;
  /** References of the servers that the member may know. */
  servers: Set<string>;
}

/** The reference of a server. */
export function toServerReference(slug: string): string {
  return `server:${slug}`;
}

/**
 * The names behind the ids of a workspace's audit log, also of removed members and revoked tokens. A reference is a
 * member's id, a user's, a token's, an API key's, an instance's or a follow's, or `server:<slug>`. Names are read once.
 */
export class Names {
  readonly #db: Db;
  readonly #workspaceId: string;
  readonly #reader: OwnReader | null;
  /** Null: nothing has this reference, or the reader may not know what does. */
  readonly #names = new Map<string, Name | null>();

  /** `reader`: finds the names of this member, of its tokens, and of servers that it may know; null: all names. */
  constructor(db: Db, workspaceId: string, reader: OwnReader | null = null) {
    this.#db = db;
    this.#workspaceId = workspaceId;
    this.#reader = reader;
  }

  /** Reads the names that are not known yet, with one query. */
  async load(references: Iterable<string | null>): Promise<void> {
    const unknown = new Set<string>();
    for (const reference of references)
      if (reference !== null && !this.#names.has(reference)) unknown.add(reference);
    if (unknown.size === 0) return;
    // Temporary tokens are deleted when they end.
    for (const reference of unknown)
      this.#names.set(reference, reference.startsWith("tmp_") ? TEMPORARY_TOKEN : null);
    for (const { reference, ownerId, name, isGone } of await this.#read([...unknown]))
      if (name !== null && this.#mayKnow(reference, ownerId))
        this.#names.set(reference, { name, isGone: isGone === 1 });
  }

  /**
   * The name of a loaded reference; null: nothing has it, its name is not kept any more, or the reader may not know it.
   */
  find(reference: string | null): Name | null {
    return reference === null ? null : (this.#names.get(reference) ?? null);
  }

  #mayKnow(reference: string, ownerId: string): boolean {
    if (this.#reader === null) return true;
    return ownerId === this.#reader.memberId || this.#reader.servers.has(reference);
  }

  #read(references: string[]) {
    const id = this.#workspaceId;
    // One join for each kind of reference, because D1 limits a UNION to five parts.
    return this.#db.all<{
      reference: string;
      ownerId: string;
      name: string | null;
      isGone: number;
    }>(
      sql`SELECT wanted.value AS reference, coalesce(t.member_id, wanted.value) AS ownerId,
          coalesce(m.name, f.name, um.name, (SELECT name FROM former_members WHERE workspace_id = ${id}
            AND user_id = u.id ORDER BY removed_at DESC LIMIT 1), u.name, iif(t.session_id IS NULL, t.label, ${TEMPORARY_TOKEN.name}), k.label, i.name, s.name, w.url, d.label) AS name,
          f.id IS NOT NULL OR (u.id IS NOT NULL AND um.id IS NULL AND ${id} <> ${DEPLOYMENT}) OR t.revoked_at IS NOT NULL
            OR k.revoked_at IS NOT NULL OR d.revoked_at IS NOT NULL AS isGone
        FROM json_each(${JSON.stringify(references)}) AS wanted
        LEFT JOIN members AS m ON m.id = wanted.value AND m.workspace_id = ${id}
        LEFT JOIN former_members AS f ON f.id = wanted.value AND f.workspace_id = ${id}
        LEFT JOIN users AS u ON u.id = wanted.value
        LEFT JOIN members AS um ON um.user_id = wanted.value AND um.workspace_id = ${id}
        LEFT JOIN tokens AS t ON t.id = wanted.value AND t.workspace_id = ${id}
        LEFT JOIN api_keys AS k ON k.id = wanted.value AND k.workspace_id = ${id}
        LEFT JOIN instances AS i ON i.id = wanted.value AND i.workspace_id = ${id}
        LEFT JOIN followed_registries AS w ON w.id = wanted.value AND w.workspace_id = ${id}
        LEFT JOIN scim_tokens AS d ON d.id = wanted.value AND d.workspace_id = ${id}
        LEFT JOIN servers AS s ON s.workspace_id = ${id} AND wanted.value LIKE 'server:%' AND s.slug = substr(wanted.value, 8)`,
    );
  }
}
