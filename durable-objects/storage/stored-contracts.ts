import type { Contract } from "../../workers/contract/records/contract.ts";
import { toSlices } from "../../workers/contract/text/slices.ts";
import { readStored } from "./stored-json.ts";

/** The digests of the contracts that the object has. */
export function listContractDigests(sql: SqlStorage): Set<string> {
  const rows = sql.exec<{ digest: string }>("SELECT DISTINCT digest FROM contracts");
  return new Set([...rows].map(({ digest }) => digest));
}

/** Reads a contract; null: the object does not have it. */
export function loadContract(sql: SqlStorage, digest: string): Contract | null {
  const rows = sql
    .exec<{ json: string }>("SELECT json FROM contracts WHERE digest = ? ORDER BY part", digest)
    .toArray();
  return rows.length === 0 ? null : readStored<Contract>(rows.map(({ json }) => json).join(""));
}

/** Writes a contract, in parts: a SQLite row holds at most 2 MB. */
export function saveContract(sql: SqlStorage, contract: Contract): void {
  const slices = toSlices(JSON.stringify(contract));
  for (const [part, json] of slices.entries())
    sql.exec("INSERT OR REPLACE INTO contracts VALUES (?, ?, ?)", contract.digest, part, json);
}

/** Deletes the contracts that no server has. D1 keeps them. */
export function deleteOtherContracts(sql: SqlStorage, used: Iterable<string>): void {
  sql.exec(
    "DELETE FROM contracts WHERE digest NOT IN (SELECT value FROM json_each(?))",
    JSON.stringify([...used]),
  );
}

/** The changes of a server that the audit log has, as `toToldId` names them. */
export function loadToldChanges(sql: SqlStorage, serverId: string): Set<string> {
  const rows = sql.exec<{ seen: string }>(
    "SELECT seen FROM told_changes WHERE server_id = ?",
    serverId,
  );
  return new Set([...rows].map(({ seen }) => seen));
}

/** Writes which changes the audit log has. */
export function saveToldChanges(sql: SqlStorage, serverId: string, seen: string[]): void {
  sql.exec(
    "INSERT OR IGNORE INTO told_changes SELECT ?, value FROM json_each(?)",
    serverId,
    JSON.stringify(seen),
  );
}
