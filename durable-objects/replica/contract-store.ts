import type { Contract } from "../../workers/contract/records/contract.ts";
import type { EntityChange, ServerRecord } from "../../workers/contract/records/workspace.ts";
import type { Command, RefusedChange } from "../../workers/contract/rpc/commands.ts";
import { findContract } from "../../workers/db/contracts.ts";
import type { Db } from "../../workers/db/database.ts";
import { logEvent, logFailure } from "../../workers/runtime/log.ts";
import type { LoadedWorkspace } from "../admission/loaded-workspace.ts";
import { UNAVAILABLE } from "../changes/change-decision.ts";
import { SkillTexts } from "../contracts/skill-texts.ts";
import { tellChanges } from "../contracts/tell-changes.ts";
import type { ContractTables } from "../storage/contract-tables.ts";

/** Approves the first look at a server. */
interface FirstLookChanger {
  change(
    command: Command<"contract.first-look">,
    actor: string,
    workspaceId: string,
  ): Promise<unknown>;
}

/** The object's copies of contracts, of which D1 has all. */
export class ContractStore {
  readonly #tables: ContractTables;
  readonly #db: Db;
  readonly #skillTexts: SkillTexts;

  constructor(tables: ContractTables, db: Db) {
    this.#tables = tables;
    this.#db = db;
    this.#skillTexts = new SkillTexts(db);
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
    const known = this.#tables.listDigests();
    const missing: string[] = [];
    for (const digest of new Set(wanted)) {
      if (known.has(digest)) continue;
      const contract =
        made.find((one) => one.digest === digest) ??
        (await findContract(this.#db, workspaceId, digest));
      if (contract) this.#tables.save(contract);
      else missing.push(digest);
    }
    if (missing.length > 0)
      logEvent({ event: "contracts_missing", workspace: workspaceId, count: missing.length });
    return missing;
  }

  /**
   * Copies the contracts that a change names, for a return to an earlier one, before it is in force. Returns why the change
   * is refused; null: it can be stored.
   */
  async prepare(
    changes: EntityChange[],
    loaded: LoadedWorkspace | null,
    made: Contract[],
  ): Promise<RefusedChange | null> {
    if (!loaded) return null;
    const { workspace, servers: known } = loaded.config;
    const servers = changes
      .flatMap(({ kind, value }) => (kind === "server" && value) || [])
      .filter(({ id, contractDigest }) => known.get(id)?.contractDigest !== contractDigest);
    try {
      const [missing] = await this.copy(servers, workspace.id, made);
      if (missing === undefined) return null;
      const message = `contractDigest: this workspace has no contract ${missing.slice(0, 12)}….`;
      return { ok: false, refusal: { code: "invalid", message } };
    } catch (error) {
      logFailure("contract_not_read", error);
      return UNAVAILABLE;
    }
  }

  /** After a look at a server: the first one approves what it shows, and later ones tell what has changed. */
  async handleObserved(
    loaded: LoadedWorkspace | null,
    { id: serverId }: ServerRecord,
    replica: FirstLookChanger,
  ): Promise<void> {
    const server = loaded?.config.servers.get(serverId);
    if (!loaded || !server || server.changePolicy === "allow") return;
    const { id: workspaceId } = loaded.config.workspace;
    const { changes = [] } = loaded.upstreams.served.find(serverId) ?? {};
    if (server.contractDigest === null)
      await replica.change({ type: "contract.first-look", serverId }, "system", workspaceId);
    else await tellChanges(server, changes, { tables: this.#tables, db: this.#db, workspaceId });
    // The object stays in memory while requests are open; a look does not wait for files.
    void this.#skillTexts.keep(loaded, serverId);
  }
}
