import type { Contract } from "../../workers/contract/records/contract.ts";
import type { ServerRecord } from "../../workers/contract/records/workspace.ts";
import type { ToolCatalogue } from "../../workers/contract/rpc/tool-catalogue.ts";
import { adoptContract } from "../contracts/adopt-contract.ts";
import { serveCatalogue, serveUnlocked, type Served } from "../contracts/serve-catalogue.ts";
import type { WorkspaceStorage } from "../storage/workspace-storage.ts";
import { isSameCatalogue, KeptCatalogues } from "./kept-catalogues.ts";

/** What of a server's record decides what clients get of it. */
type Terms = Pick<ServerRecord, "changePolicy" | "contractDigest">;

/** What clients get of servers, and how that differs from what each shows. */
export type ServedView = Pick<ServedCatalogues, "catalogues" | "find">;

/**
 * What clients get of each server: what it showed last, as its contract and its policy allow. Under a policy with a contract,
 * nothing is served before the first look is approved.
 */
export class ServedCatalogues {
  /** What clients get, by server id. */
  readonly catalogues = new Map<string, ToolCatalogue>();
  readonly #served = new Map<string, Served>();
  readonly #contracts = new Map<string, Contract>();
  /** The terms that are applied, by server id. */
  readonly #applied = new Map<string, string>();
  readonly #kept: KeptCatalogues;
  readonly #storage: WorkspaceStorage;
  readonly #termsOf: (serverId: string) => Terms | undefined;

  /** `termsOf`: undefined for a server that is gone. */
  constructor(storage: WorkspaceStorage, termsOf: (serverId: string) => Terms | undefined) {
    this.#storage = storage;
    this.#termsOf = termsOf;
    this.#kept = new KeptCatalogues(storage);
    for (const id of this.#kept.byServer.keys()) this.apply(id);
  }

  /** What the server showed last, in the contract's order. */
  observed(serverId: string): ToolCatalogue | undefined {
    return this.#kept.byServer.get(serverId);
  }

  /** What clients get, and how that differs from what the server shows. */
  find(serverId: string): Served | undefined {
    return this.#served.get(serverId);
  }

  /** The contract in force; undefined: there is none, or the object does not have it. */
  findContract(serverId: string): Contract | undefined {
    return this.#contracts.get(serverId);
  }

  /** A contract that the object has, whether it is in force or not; null: it does not have it. */
  loadContract(digest: string): Contract | null {
    return this.#storage.contracts.load(digest);
  }

  /** What clients would get of these servers under other terms. `contracts`: by digest. Changes nothing. */
  preview(
    servers: Iterable<Terms & { id: string }>,
    contracts: ReadonlyMap<string, Contract>,
  ): ServedView {
    const served = new Map<string, Served>();
    for (const { id, ...terms } of servers) {
      const observed = this.observed(id);
      const contract = contracts.get(terms.contractDigest ?? "");
      const shown = observed && contract ? adoptContract(observed, contract) : observed;
      const decided = shown && decideServed(shown, terms, contract);
      if (decided) served.set(id, decided);
    }
    const catalogues = new Map([...served].map(([id, { catalogue }]) => [id, catalogue]));
    return { catalogues, find: (id) => served.get(id) };
  }

  /** Keeps what a server shows. False: clients get the same as before. */
  save(serverId: string, fetched: ToolCatalogue): boolean {
    const contract = this.#loadContract(serverId);
    const shown = contract ? adoptContract(fetched, contract) : fetched;
    return this.#kept.save(serverId, shown) && this.#serve(serverId);
  }

  /** Forgets what a server showed. False: nothing was known. */
  delete(serverId: string): boolean {
    this.catalogues.delete(serverId);
    this.#served.delete(serverId);
    return this.#kept.delete(serverId);
  }

  /** Applies the terms and the contract that the server has now. False: clients get the same as before. */
  apply(serverId: string): boolean {
    const { changePolicy = null, contractDigest = null } = this.#termsOf(serverId) ?? {};
    const terms = `${changePolicy} ${contractDigest}`;
    if (this.#applied.get(serverId) === terms) return false;
    this.#applied.set(serverId, terms);
    const contract = this.#loadContract(serverId);
    const observed = this.observed(serverId);
    if (contract && observed) this.#kept.save(serverId, adoptContract(observed, contract));
    return this.#serve(serverId);
  }

  #serve(serverId: string): boolean {
    const before = this.catalogues.get(serverId);
    const served = this.#decide(serverId);
    if (served) {
      this.#served.set(serverId, served);
      this.catalogues.set(serverId, served.catalogue);
    } else {
      this.#served.delete(serverId);
      this.catalogues.delete(serverId);
    }
    if (!before || !served) return before !== served?.catalogue;
    return !isSameCatalogue(before, served.catalogue);
  }

  #decide(serverId: string): Served | undefined {
    const observed = this.observed(serverId);
    const terms = this.#termsOf(serverId);
    if (!observed || !terms) return undefined;
    return decideServed(observed, terms, this.#contracts.get(serverId));
  }

  /** The contract of the server's terms; undefined: what the server shows needs none. */
  #loadContract(serverId: string): Contract | undefined {
    const { changePolicy = "allow", contractDigest = null } = this.#termsOf(serverId) ?? {};
    const known = this.#contracts.get(serverId);
    if (known?.digest === contractDigest) return changePolicy === "allow" ? undefined : known;
    this.#contracts.delete(serverId);
    const contract = contractDigest === null ? null : this.#storage.contracts.load(contractDigest);
    if (!contract) return undefined;
    this.#contracts.set(serverId, contract);
    return changePolicy === "allow" ? undefined : contract;
  }
}

/** Undefined: nothing is served before the first look is approved. */
function decideServed(
  observed: ToolCatalogue,
  { changePolicy }: Terms,
  contract: Contract | undefined,
): Served | undefined {
  if (changePolicy === "allow") return serveUnlocked(observed);
  return contract && serveCatalogue(observed, contract, changePolicy);
}
