import {
  LIST_KINDS,
  type CatalogueHead,
  type CatalogueItem,
  type ListKind,
  type ToolCatalogue,
} from "../../workers/contract/rpc/tool-catalogue.ts";
import { readStored } from "./stored-json.ts";

/**
 * The row of a catalogue. `order`: for each place of a list, which of its rows by position is there. Absent: the first one
 * is first. So an item that only moves is not written again, nor are those behind it.
 */
type StoredHead = CatalogueHead & { order?: Partial<Record<ListKind, number[]>> };

/** Skills have a separate table: the release before knows only the other kinds. */
const toTable = (kind: ListKind) => (kind === "skills" ? "skill_items" : "catalogue_items");
const noItems = () => ({ tools: [], prompts: [], resources: [], templates: [], skills: [] });

/** Reads the tables of catalogues, by server id. */
export function loadCatalogues(sql: SqlStorage): Map<string, ToolCatalogue> {
  const catalogues = new Map<string, ToolCatalogue>();
  const orders = new Map<string, StoredHead["order"]>();
  const heads = sql.exec<{ server_id: string; json: string }>("SELECT * FROM catalogues");
  for (const { server_id: serverId, json } of heads) {
    const { order, ...head } = readStored<StoredHead>(json);
    catalogues.set(serverId, { ...head, ...noItems() });
    orders.set(serverId, order);
  }
  const items = sql.exec<{ server_id: string; kind: ListKind; key: string; json: string }>(
    `SELECT server_id, kind, position, key, json FROM catalogue_items
     UNION ALL SELECT server_id, kind, position, key, json FROM skill_items ORDER BY server_id, kind, position`,
  );
  for (const { server_id: serverId, kind, key, json } of items)
    catalogues.get(serverId)?.[kind].push({ key, json });
  for (const [serverId, catalogue] of catalogues)
    for (const kind of LIST_KINDS) {
      const rows = catalogue[kind];
      const order = orders.get(serverId)?.[kind];
      if (order) catalogue[kind] = order.flatMap((row) => rows[row] ?? []);
    }
  return catalogues;
}

/** Writes the rows of a catalogue that differ. Each item has its own: a SQLite row holds at most 2 MB. */
export function saveCatalogue(
  sql: SqlStorage,
  serverId: string,
  catalogue: ToolCatalogue,
  now: number,
): void {
  const { tools, prompts, resources, templates, skills, ...head } = catalogue;
  const lists = { tools, prompts, resources, templates, skills };
  const order: StoredHead["order"] = {};
  saveNewTools(sql, serverId, tools, now);
  for (const kind of LIST_KINDS) {
    const rows = saveItems(sql, serverId, kind, lists[kind]);
    if (rows.some((row, place) => row !== place)) order[kind] = rows;
  }
  const stored: StoredHead = Object.keys(order).length > 0 ? { ...head, order } : head;
  sql.exec(
    `INSERT INTO catalogues VALUES (?, ?)
     ON CONFLICT DO UPDATE SET json = excluded.json WHERE json <> excluded.json`,
    serverId,
    JSON.stringify(stored),
  );
}

/** Deletes the rows of a catalogue, and which of its changes have an audit event. */
export function deleteCatalogue(sql: SqlStorage, serverId: string): void {
  sql.exec("DELETE FROM catalogues WHERE server_id = ?", serverId);
  sql.exec("DELETE FROM catalogue_items WHERE server_id = ?", serverId);
  sql.exec("DELETE FROM skill_items WHERE server_id = ?", serverId);
  sql.exec("DELETE FROM new_tools WHERE server_id = ?", serverId);
  sql.exec("DELETE FROM told_changes WHERE server_id = ?", serverId);
}

/** Returns when (epoch ms) tools were first listed that were not in their server's first list, by the tool's name. */
export function loadNewTools(sql: SqlStorage, serverId: string): Map<string, number> {
  const rows = sql.exec<{ name: string; listed_at: number }>(
    "SELECT name, listed_at FROM new_tools WHERE server_id = ?",
    serverId,
  );
  return new Map([...rows].map((row) => [row.name, row.listed_at]));
}

/** Writes which tools the list before did not have. Of a first list, and after a list that is not known, none is new. */
function saveNewTools(
  sql: SqlStorage,
  serverId: string,
  tools: CatalogueItem[],
  now: number,
): void {
  const before = sql
    .exec<{ key: string }>(
      "SELECT key FROM catalogue_items WHERE server_id = ? AND kind = 'tools'",
      serverId,
    )
    .toArray();
  if (before.length === 0) return;
  const known = new Set(before.map(({ key }) => key));
  const listed = new Set(tools.map(({ key }) => key));
  for (const name of known.difference(listed))
    sql.exec("DELETE FROM new_tools WHERE server_id = ? AND name = ?", serverId, name);
  for (const name of listed.difference(known))
    sql.exec("INSERT OR REPLACE INTO new_tools VALUES (?, ?, ?)", serverId, name, now);
}

/** Writes the items of one list that differ. Returns, for each place of the list, which row by position is there. */
function saveItems(
  sql: SqlStorage,
  serverId: string,
  kind: ListKind,
  items: CatalogueItem[],
): number[] {
  const table = toTable(kind);
  const rows = sql
    .exec<{ position: number; key: string; json: string }>(
      `SELECT position, key, json FROM ${table} WHERE server_id = ? AND kind = ? ORDER BY position`,
      serverId,
      kind,
    )
    .toArray();
  const listed = new Set(items.map(({ key }) => key));
  for (const { position } of rows.filter(({ key }) => !listed.has(key)))
    sql.exec(
      `DELETE FROM ${table} WHERE server_id = ? AND kind = ? AND position = ?`,
      serverId,
      kind,
      position,
    );
  const known = new Map(rows.map((row) => [row.key, row]));
  let free = (rows.at(-1)?.position ?? -1) + 1;
  const positions = items.map(({ key, json }) => {
    const row = known.get(key);
    const position = row?.position ?? free++;
    if (row?.json !== json)
      sql.exec(
        `INSERT INTO ${table} VALUES (?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET json = excluded.json`,
        serverId,
        kind,
        position,
        key,
        json,
      );
    return position;
  });
  const sorted = positions.toSorted((a, b) => a - b);
  const rowAt = new Map(sorted.map((position, row) => [position, row]));
  return positions.map((position) => rowAt.get(position) ?? 0);
}
