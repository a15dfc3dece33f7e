import type { Contract } from "../../workers/contract/records/contract.ts";
import { toSlices } from "../../workers/contract/text/slices.ts";
import { readStored } from "./stored-json.ts";

/** The object's tables of contracts, and of the changes that the audit log has. */
export class ContractTables {
  readonly #storage: DurableObjectStorage;
  readonly #sql: SqlStorage;

  constructor(storage: DurableObjectStorage) {
    this.#storage = storage;
    this.#sql = storage.sql;
  }

  /** The digests of the contracts that the object has. */
  listDigests(): Set<string> {
    const rows = this.#sql.exec<{ digest: string }>("SELECT DISTINCT digest FROM contracts");
    return new Set([...rows].map(({ digest }) => digest));
  }

  /** Null: the object does not have it. */
  load(digest: string): Contract | null {
    const rows = this.#sql
      .exec<{ json: string }>("SELECT json FROM contracts WHERE digest = ? ORDER BY part", digest)
      .toArray();
    return rows.length === 0 ? null : readStored<Contract>(rows.map(({ json }) => json).join(""));
  }

  /** In parts: a SQLite row holds at most 2 MB. */
  save(contract: Contract): void {
    const slices = toSlices(JSON.stringify(contract));
    this.#storage.transactionSync(() => {
      for (const [part, json] of slices.entries())
        this.#sql.exec(
          "INSERT OR REPLACE INTO contracts VALUES (?, ?, ?)",
          contract.digest,
          part,
          json,
        );
    });
  }

  /** Deletes the contracts that none of these servers has. D1 keeps them. */
  deleteUnused(servers: Iterable<{ contractDigest: string | null }>): void {
    const used = [...servers].flatMap(({ contractDigest }) => contractDigest ?? []);
    this.#sql.exec(
      "DELETE FROM contracts WHERE digest NOT IN (SELECT value FROM json_each(?))",
      JSON.stringify(used),
    );
  }

  /** The changes of a server that the audit log has. */
  loadTold(serverId: string): Set<string> {
    const rows = this.#sql.exec<{ seen: string }>(
      "SELECT seen FROM told_changes WHERE server_id = ?",
      serverId,
    );
    return new Set([...rows].map(({ seen }) => seen));
  }

  saveTold(serverId: string, seen: string[]): void {
    this.#sql.exec(
      "INSERT OR IGNORE INTO told_changes SELECT ?, value FROM json_each(?)",
      serverId,
      JSON.stringify(seen),
    );
  }
}
