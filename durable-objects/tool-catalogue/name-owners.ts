import { LIST_KINDS, type ListKind } from "../../workers/contract/rpc/tool-catalogue.ts";
import {
  makeMaps,
  type ClaimsByKind,
  type Owner,
  type OwnersByKind,
} from "../storage/stored-name-owners.ts";
import type { WorkspaceStorage } from "../storage/workspace-storage.ts";
import { readClaimId, toClaimId } from "./claim-id.ts";

interface PrefixedServer {
  id: string;
  prefix: string | null;
}

/** What the present names depend on besides servers and lists. */
export interface NameHistory {
  /** The names that are given. */
  had: OwnersByKind;
  /** Those that were lost before, by what had them. */
  claims: ClaimsByKind;
  /** The prefix with which a server got the names that it has; undefined: it has none. */
  prefixOf(serverId: string): string | null | undefined;
}

/** A name or URI that a server has to have. */
export interface WantedName {
  kind: ListKind;
  exposed: string;
  owner: Owner;
  /** With which the server has the name; null: none, or it is a URI. */
  prefix: string | null;
}

/** The names of a version or document. */
export interface WantedNames {
  names: WantedName[];
  /** Ids of the servers that have no other names than the wanted ones, and those that their lists determine. */
  reset: string[];
}

/** Wants no name. */
export const NO_NAMES: WantedNames = { names: [], reset: [] };

/**
 * The stored owners of exposed names and URIs: they survive evictions, so that a restart gives no name to another server.
 * Only differences are written. Names that go with their server, or with its prefix, are kept apart: definitions that return get
 * them again.
 */
export class NameOwners implements NameHistory {
  readonly #storage: WorkspaceStorage;
  #owners: OwnersByKind;
  readonly #claims: Record<ListKind, Map<string, string>>;
  #servers: string | null;
  #prefixes: Map<string, string | null>;

  constructor(storage: WorkspaceStorage) {
    this.#storage = storage;
    this.#owners = storage.names.loadOwners();
    this.#claims = makeMaps();
    this.#addClaims(storage.names.loadClaims());
    this.#servers = storage.readMeta("named_servers");
    this.#prefixes = readPrefixes(this.#servers);
  }

  get had(): OwnersByKind {
    return this.#owners;
  }

  get claims(): ClaimsByKind {
    return this.#claims;
  }

  prefixOf(serverId: string): string | null | undefined {
    return this.#prefixes.get(serverId);
  }

  save(owners: OwnersByKind, servers: PrefixedServer[]): void {
    const text = toText(servers);
    const lost = this.#listLost(owners, servers);
    this.#storage.names.save(this.#owners, owners, lost);
    this.#addClaims(lost);
    if (text !== this.#servers) this.#storage.writeMeta("named_servers", text);
    this.#owners = owners;
    this.#servers = text;
    this.#prefixes = readPrefixes(text);
  }

  /** The names that servers lost with an earlier removal or prefix. */
  listClaims(servers: PrefixedServer[]): WantedName[] {
    const present = new Map(servers.map(({ id, prefix }) => [id, prefix]));
    return LIST_KINDS.flatMap((kind) =>
      [...this.#claims[kind]].flatMap(([id, exposed]) => {
        const { serverId, prefix, name } = readClaimId(id);
        const isPresent = isUriKind(kind)
          ? present.has(serverId)
          : present.get(serverId) === prefix;
        return isPresent ? [{ kind, exposed, owner: { serverId, name }, prefix }] : [];
      }),
    );
  }

  /** Has the next names be those that a version or document has, where they are free. */
  seed(wanted: WantedNames): void {
    if (isNoNames(wanted)) return;
    const { had, claims } = toSeeded(this, wanted);
    this.#storage.names.save(this.#owners, had, claims, wanted.reset);
    this.#owners = had;
    for (const kind of LIST_KINDS) this.#claims[kind].clear();
    this.#addClaims(claims);
  }

  #addClaims(claims: ClaimsByKind): void {
    for (const kind of LIST_KINDS)
      for (const [claim, exposed] of claims[kind]) this.#claims[kind].set(claim, exposed);
  }

  /** The names that go with their server, with its prefix, or because they begin like those of another server now. */
  #listLost(after: OwnersByKind, servers: PrefixedServer[]): ClaimsByKind {
    const present = new Map(servers.map(({ id, prefix }) => [id, prefix]));
    const lost = makeMaps<string>();
    for (const kind of LIST_KINDS) {
      const named = new Map([...after[kind]].map(([name, owner]) => [toOwnerId(owner), name]));
      for (const [exposed, owner] of this.#owners[kind]) {
        if (after[kind].get(exposed)?.serverId === owner.serverId) continue;
        const { serverId, name } = owner;
        const prefix = isUriKind(kind) ? null : (this.#prefixes.get(serverId) ?? null);
        const isSame =
          present.has(serverId) && (isUriKind(kind) || present.get(serverId) === prefix);
        // What the server only lists no more is free.
        if (isSame && !named.has(toOwnerId(owner))) continue;
        const claim = toClaimId(serverId, prefix, name);
        // What has a lost name again has given up the one that it had meanwhile, and does not want it back.
        const isReturned = this.#claims[kind].get(claim) === named.get(toOwnerId(owner));
        if (isUriKind(kind) || !isReturned) lost[kind].set(claim, exposed);
      }
    }
    return lost;
  }
}

/** The history with wanted names as lost ones. What has one of them now, and is wanted itself, gives it up. */
export function toSeeded(history: NameHistory, wanted: WantedNames): NameHistory {
  if (isNoNames(wanted)) return history;
  const had = { ...history.had };
  const claims = makeMaps<string>();
  const isReset = new Set(wanted.reset);
  for (const kind of LIST_KINDS) {
    const kept = [...history.claims[kind]].filter(([id]) => !isReset.has(readClaimId(id).serverId));
    claims[kind] = new Map(kept);
    had[kind] = new Map([...had[kind]].filter(([, { serverId }]) => !isReset.has(serverId)));
    const ofKind = wanted.names.filter((one) => one.kind === kind);
    if (ofKind.length === 0) continue;
    const servers = new Set(ofKind.map(({ owner }) => owner.serverId));
    const exposed = new Set(ofKind.map((one) => one.exposed));
    const places = new Set(ofKind.map(({ owner }) => toOwnerId(owner)));
    const isGivenUp = ([name, owner]: [string, Owner]) =>
      isUriKind(kind)
        ? exposed.has(name) && servers.has(owner.serverId)
        : places.has(toOwnerId(owner));
    had[kind] = new Map([...had[kind]].filter((entry) => !isGivenUp(entry)));
    for (const { owner, prefix, exposed: name } of ofKind)
      claims[kind].set(toClaimId(owner.serverId, prefix, owner.name), name);
  }
  return { had, claims, prefixOf: (serverId) => history.prefixOf(serverId) };
}

/** Whether no name is wanted, and none is given anew. */
export function isNoNames({ names, reset }: WantedNames): boolean {
  return names.length === 0 && reset.length === 0;
}

/** Whether the names of a kind are URIs, which every server has unchanged. */
export function isUriKind(kind: ListKind): kind is "resources" | "templates" {
  return kind === "resources" || kind === "templates";
}

function toOwnerId({ serverId, name }: Owner): string {
  return `${serverId} ${name}`;
}

function toText(servers: PrefixedServer[]): string {
  return JSON.stringify(servers.map(({ id, prefix }) => `${id} ${prefix ?? ""}`).toSorted());
}

function readPrefixes(text: string | null): Map<string, string | null> {
  // A cast: `toText` made it.
  const lines = JSON.parse(text ?? "[]") as string[];
  return new Map(
    lines.map((line) => {
      const [id = "", prefix = ""] = line.split(" ");
      return [id, prefix === "" ? null : prefix];
    }),
  );
}
