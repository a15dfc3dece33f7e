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

/** Reads the table of owners, the first given first. */
export function loadNameOwners(sql: SqlStorage): OwnersByKind {
  const owners: Record<ListKind, Map<string, Owner>> = {
    tools: new Map(),
    prompts: new Map(),
    resources: new Map(),
    templates: new Map(),
    skills: new Map(),
  };
  const rows = sql.exec<{ kind: ListKind; exposed: string; server_id: string; name: string }>(
    `SELECT id, kind, exposed, server_id, name FROM name_owners
     UNION ALL SELECT id, kind, exposed, server_id, name FROM skill_owners ORDER BY id`,
  );
  for (const { kind, exposed, server_id: serverId, name } of rows)
    owners[kind].set(exposed, { serverId, name });
  return owners;
}

/** Writes the rows that differ. */
export function saveNameOwners(sql: SqlStorage, before: OwnersByKind, after: OwnersByKind): void {
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

function isSame(one: Owner | undefined, other: Owner): boolean {
  return one?.serverId === other.serverId && one.name === other.name;
}
