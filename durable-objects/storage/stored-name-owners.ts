import { LIST_KINDS, type ListKind } from "../../workers/contract/rpc/tool-catalogue.ts";

/** The tool or prompt that an exposed name means, or the server that provides a URI (`name` is the URI then). */
export interface Owner {
  serverId: string;
  /** The name that the server gives it. */
  name: string;
}

/** Owners by exposed name or URI, in the order in which they got it. */
export type Owners = ReadonlyMap<string, Owner>;

/** The owners of all names and URIs. */
export type OwnersByKind = Record<ListKind, Owners>;

/** Names and URIs that were lost, by kind and by what had them (`toClaimId`). */
export type ClaimsByKind = Record<ListKind, ReadonlyMap<string, string>>;

/** Most lost names that are kept; the oldest go first. */
const MAX_CLAIMS = 10_000;

/** The object's tables of exposed names and URIs. */
export class NameTables {
  readonly #storage: DurableObjectStorage;

  constructor(storage: DurableObjectStorage) {
    this.#storage = storage;
  }

  /** The owners, the first given first. */
  loadOwners(): OwnersByKind {
    return loadNameOwners(this.#storage.sql);
  }

  /** The names and URIs that were lost. */
  loadClaims(): ClaimsByKind {
    return loadNameClaims(this.#storage.sql);
  }

  /**
   * Stores the differences between two states of the owners, and the names that are lost with them. `forgotten`: ids of
   * servers whose earlier losses do not count any more.
   */
  save(
    before: OwnersByKind,
    after: OwnersByKind,
    lost: ClaimsByKind,
    forgotten: string[] = [],
  ): void {
    this.#storage.transactionSync(() => {
      saveNameOwners(this.#storage.sql, before, after);
      for (const id of forgotten)
        this.#storage.sql.exec(
          "DELETE FROM name_claims WHERE claim >= ? AND claim < ?",
          `${id} `,
          `${id}!`,
        );
      saveNameClaims(this.#storage.sql, lost);
    });
  }
}

/** Reads the table of owners, the first given first. */
function loadNameOwners(sql: SqlStorage): OwnersByKind {
  const owners = makeMaps<Owner>();
  const rows = sql.exec<{ kind: ListKind; exposed: string; server_id: string; name: string }>(
    `SELECT id, kind, exposed, server_id, name FROM name_owners
     UNION ALL SELECT id, kind, exposed, server_id, name FROM skill_owners ORDER BY id`,
  );
  for (const { kind, exposed, server_id: serverId, name } of rows)
    owners[kind].set(exposed, { serverId, name });
  return owners;
}

/** Writes the rows that differ. */
function saveNameOwners(sql: SqlStorage, before: OwnersByKind, after: OwnersByKind): void {
  for (const kind of LIST_KINDS) {
    const table = kind === "skills" ? "skill_owners" : "name_owners";
    for (const [exposed, owner] of before[kind])
      if (!isSame(after[kind].get(exposed), owner))
        sql.exec(`DELETE FROM ${table} WHERE kind = ? AND exposed = ?`, kind, exposed);
    for (const [exposed, owner] of after[kind]) {
      if (isSame(before[kind].get(exposed), owner)) continue;
      const insert = `INSERT INTO ${table} (kind, exposed, server_id, name) VALUES (?, ?, ?, ?)`;
      sql.exec(insert, kind, exposed, owner.serverId, owner.name);
    }
  }
}

function loadNameClaims(sql: SqlStorage): ClaimsByKind {
  const claims = makeMaps<string>();
  const query = "SELECT kind, claim, exposed FROM name_claims ORDER BY id";
  for (const row of sql.exec<{ kind: ListKind; claim: string; exposed: string }>(query))
    claims[row.kind].set(row.claim, row.exposed);
  return claims;
}

/** Stores names that were lost; the newest loss counts. */
function saveNameClaims(sql: SqlStorage, claims: ClaimsByKind): void {
  for (const kind of LIST_KINDS)
    for (const [claim, exposed] of claims[kind])
      sql.exec(
        "INSERT OR REPLACE INTO name_claims (kind, claim, exposed) VALUES (?, ?, ?)",
        kind,
        claim,
        exposed,
      );
  if (LIST_KINDS.every((kind) => claims[kind].size === 0)) return;
  const oldest = "SELECT id FROM name_claims ORDER BY id DESC LIMIT 1 OFFSET ?";
  sql.exec(`DELETE FROM name_claims WHERE id <= (${oldest})`, MAX_CLAIMS);
}

/** An empty map for each kind. */
export function makeMaps<T>(): Record<ListKind, Map<string, T>> {
  return {
    tools: new Map(),
    prompts: new Map(),
    resources: new Map(),
    templates: new Map(),
    skills: new Map(),
  };
}

function isSame(one: Owner | undefined, other: Owner): boolean {
  return one?.serverId === other.serverId && one.name === other.name;
}
