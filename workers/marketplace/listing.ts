import type { ProbedAuth } from "../contract/api/marketplace-probes.ts";
import { HOSTING_CATALOGUE } from "../contract/hosting/catalogue-data.ts";
import {
  AUTH_KINDS,
  CATEGORIES,
  type AuthKind,
  type Facets,
  type Transport,
} from "../contract/marketplace/facets.ts";
import { findHosted } from "../contract/marketplace/hosted-package.ts";
import { CLIENT_IDS } from "../contract/marketplace/install/clients.ts";
import { compatibilityOf } from "../contract/marketplace/install/compatibility.ts";
import type { NamedInput, ServerDocument } from "../contract/marketplace/server-document.ts";
import { findCategories } from "./categories.ts";
import { toPublisher } from "./identity.ts";

/**
 * Returns by what a server is filtered. `auth`: how its addresses authenticate their callers, by URL, as far as known. `topics`:
 * of its repository.
 */
export function toFacets(
  document: ServerDocument,
  known: Pick<Facets, "official" | "verified" | "licence">,
  { auth, topics }: { auth: ReadonlyMap<string, ProbedAuth>; topics: string[] },
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
    auth: findAuthKind(document, auth),
    categories: findCategories(document, topics),
    hostable: findHosted(document, HOSTING_CATALOGUE) !== undefined,
    remote: remotes.length > 0,
    clients: CLIENT_IDS.filter((id) => compatibility[id].how === "native"),
  };
}

/** Of several ways to run a server, the one that needs the least. Null: none is known. */
function findAuthKind(
  { packages, remotes }: ServerDocument,
  probedAuth: ReadonlyMap<string, ProbedAuth>,
): AuthKind | null {
  const kinds = new Set<AuthKind>([
    ...packages.map(
      ({ environmentVariables, packageArguments, runtimeArguments, transport }): AuthKind => {
        if (transport.headers.some(isAsked)) return "headers";
        return [...environmentVariables, ...packageArguments, ...runtimeArguments].some(isAsked)
          ? "variables"
          : "none";
      },
    ),
    ...remotes.map(({ url, headers, variables }): AuthKind => {
      if (headers.some(isAsked)) return "headers";
      if (Object.values(variables).some(isAsked)) return "variables";
      // Many entries do not say that their address asks for credentials.
      return probedAuth.get(url) ?? "none";
    }),
  ]);
  return AUTH_KINDS.find((kind) => kinds.has(kind)) ?? null;
}

/** Whether a person has to give the value: it is required or secret, and neither fixed nor preset. */
function isAsked(input: Omit<NamedInput, "name" | "variables"> & { variables?: object }): boolean {
  if (input.value !== null) return /\{[^{}]+\}/.test(input.value);
  return input.default === null && (input.isRequired || input.isSecret);
}

/** The texts by which a server is found. `tags`: the names of its tools, and the topics of its repository. */
export function toSearchTexts(
  { name, title, description, packages }: ServerDocument,
  { categories }: Facets,
  tags: string,
) {
  const [publisher = "", ownName = ""] = name.split("/");
  return {
    name: ownName,
    title,
    publisher: toPublisher(publisher),
    packages: packages.map(({ identifier }) => identifier).join(" "),
    tags: [...categories.map((category) => CATEGORIES[category]), tags].join(" "),
    description,
  };
}
