import { HOSTING_CATALOGUE } from "../contract/hosting/catalogue-data.ts";
import type { AuthKind, Category, Transport } from "../contract/marketplace/facets.ts";
import { CLIENT_IDS, type ClientId } from "../contract/marketplace/install/clients.ts";
import { compatibilityOf } from "../contract/marketplace/install/compatibility.ts";
import type { NamedInput, ServerDocument } from "../contract/marketplace/server-document.ts";
import { findCategories } from "./categories.ts";

/** By what a server is filtered, besides its grade. */
export interface Facets {
  transports: Transport[];
  auth: AuthKind;
  categories: Category[];
  /** Active in the official registry. */
  official: boolean;
  /** The registry has verified the namespace, and it is the repository's owner or a domain. */
  verified: boolean;
  hostable: boolean;
  remote: boolean;
  /** Clients that run it without a bridge. */
  clients: ClientId[];
  /** SPDX identifier. */
  licence: string | null;
}

const HOSTED_PACKAGES = new Set(HOSTING_CATALOGUE.map((entry) => entry.package.name));

/** Returns by what a server is filtered, as far as its description says. */
export function toFacets(
  document: ServerDocument,
  known: Pick<Facets, "official" | "verified" | "licence">,
): Facets {
  const { packages, remotes } = document;
  const compatibility = compatibilityOf(document);
  const types = new Set<Transport>([
    ...packages.map(({ transport }) => transport.type),
    ...remotes.map(({ type }) => type),
  ]);
  return {
    ...known,
    transports: [...types].toSorted(),
    auth: findAuthKind(document),
    categories: findCategories(document),
    hostable: packages.some(
      ({ registryType, identifier }) => registryType === "npm" && HOSTED_PACKAGES.has(identifier),
    ),
    remote: remotes.length > 0,
    clients: CLIENT_IDS.filter((id) => compatibility[id].how === "native"),
  };
}

/** Of several ways to run a server, the one that needs the least. */
function findAuthKind({ packages, remotes }: ServerDocument): AuthKind {
  const kinds = new Set<AuthKind>([
    ...packages.map(
      ({ environmentVariables, packageArguments, runtimeArguments, transport }): AuthKind => {
        if (transport.headers.some(isAsked)) return "headers";
        return [...environmentVariables, ...packageArguments, ...runtimeArguments].some(isAsked)
          ? "variables"
          : "none";
      },
    ),
    ...remotes.map(({ headers, variables }): AuthKind => {
      if (headers.some(isAsked)) return "headers";
      return Object.values(variables).some(isAsked) ? "variables" : "none";
    }),
  ]);
  if (kinds.has("none") || kinds.size === 0) return "none";
  return kinds.has("variables") ? "variables" : "headers";
}

/** Whether a person has to give the value: it is required or secret, and neither fixed nor preset. */
function isAsked(input: Omit<NamedInput, "name" | "variables"> & { variables?: object }): boolean {
  if (input.value !== null) return /\{[^{}]+\}/.test(input.value);
  return input.default === null && (input.isRequired || input.isSecret);
}
