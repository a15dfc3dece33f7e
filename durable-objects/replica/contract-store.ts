import type { Contract } from "../../workers/contract/records/contract.ts";
import type { ServerRecord } from "../../workers/contract/records/workspace.ts";
import { findContract } from "../../workers/db/contracts.ts";
import type { Db } from "../../workers/db/database.ts";
import { logEvent } from "../../workers/runtime/log.ts";
import type { WorkspaceStorage } from "../storage/workspace-storage.ts";

/** The object's copies of contracts, of which D1 has all. */
export class ContractStore {
  readonly #storage: WorkspaceStorage;
  readonly #db: Db;

  constructor(storage: WorkspaceStorage, db: Db) {
    this.#storage = storage;
    this.#db = db;
  }

  /**
   * Copies the contracts that servers name and the object does not have, from `made` or from D1. Returns the digests that D1
   * does not have either: their servers serve nothing.
   * @throws when D1 fails
   */
  async copy(
    servers: Iterable<ServerRecord>,
    workspaceId: string,
    made: Contract[] = [],
  ): Promise<string[]> {
    const wanted = [...servers].flatMap(({ contractDigest }) => contractDigest ?? []);
    if (wanted.length === 0) return [];
    const known = this.#storage.listContractDigests();
    const missing: string[] = [];
    for (const digest of new Set(wanted)) {
      if (known.has(digest)) continue;
      const contract =
        made.find((one) => one.digest === digest) ??
        (await findContract(this.#db, workspaceId, digest));
      if (contract) this.#storage.saveContract(contract);
      else missing.push(digest);
    }
    if (missing.length > 0)
      logEvent({ event: "contracts_missing", workspace: workspaceId, count: missing.length });
    return missing;
  }
}
