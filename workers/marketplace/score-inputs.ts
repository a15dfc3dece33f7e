import { compatibilityOf } from "../contract/marketplace/install/compatibility.ts";
import {
  findHostingService,
  isRepositoryOwner,
  toGithubOwner,
} from "../contract/marketplace/publisher.ts";
import type {
  NamedInput,
  ServerDocument,
  ServerPackage,
} from "../contract/marketplace/server-document.ts";
import type { RegistryEntry } from "./registry-page.ts";
import type { ScoreInputs } from "./score.ts";
import { GITHUB_SOURCE, OFFICIAL_SOURCE } from "./sources.ts";

/** What the source with the most authority says of a server, for its score. */
export interface StatedEntry {
  source: string;
  entry: RegistryEntry;
}

/** Kinds of packages that a client can start or install by itself. */
const INSTALLABLE_TYPES = new Set(["npm", "pypi", "oci", "nuget", "mcpb"]);
const MAIN_TYPES = new Set(["npm", "pypi", "oci"]);
/** Descriptions of templates, which say nothing of the server. */
const TEMPLATE_DESCRIPTION =
  /^(a |an |the |my )*(description of )?(a |an |the |my )*(simple |model context protocol |mcp )*server\W*$/i;
const EXACT_VERSION = /^v?\d+(\.\d+)*([-+.]?[0-9A-Za-z][0-9A-Za-z.+-]*)?$/;

/**
 * Collects what a server's description and its first source say that its score needs. What they do not say is null. Another
 * source could state any date: it would make an abandoned server look alive.
 */
export function toScoreInputs(document: ServerDocument, first: StatedEntry): ScoreInputs {
  const { packages, remotes, repository, description } = document;
  const installable = packages.filter(({ registryType }) => INSTALLABLE_TYPES.has(registryType));
  const secureRemotes = remotes.filter(isStreamableHttps);
  const { source, entry } = first;
  const isOfficial = source === OFFICIAL_SOURCE;
  return {
    isInstallable: Object.values(compatibilityOf(document)).some(({ how }) => how !== "none"),
    isPinned: secureRemotes.length > 0 || installable.some(isPinned),
    hasDescribedVariables: listVariables(document).every((input) => input.description !== null),
    runsInMainClients:
      secureRemotes.length > 0 || packages.some(({ registryType }) => MAIN_TYPES.has(registryType)),
    lastActivityAt: findLastActivity(document, first),
    isUnreachable: null,
    releasesLastYear: null,
    versionCount: null,
    isInOfficialRegistry: isOfficial && entry.status === "active",
    isNamespaceOwner: isOfficial && isNamespaceOwner(document),
    hasPublicRepository: repository !== null,
    isArchived: null,
    isDeprecated: entry.status === "deprecated",
    licence: null,
    stars: null,
    serversInRepository: 1,
    weeklyInstalls: null,
    hasRealDescription:
      description !== null && description.length >= 40 && !TEMPLATE_DESCRIPTION.test(description),
    hasTitle: document.title !== null,
    hasIconOrWebsite: document.icons.length > 0 || document.websiteUrl !== null,
    readmeChars: null,
    tools: null,
  };
}

/**
 * A version in a registry is a release; the creation of a repository is none. The date of an entry's last change counts only
 * where there is no repository.
 */
function findLastActivity({ repository, remotes }: ServerDocument, { source, entry }: StatedEntry) {
  if (source === GITHUB_SOURCE) return null;
  const isRemoteOnly = repository === null && remotes.length > 0;
  const times = isRemoteOnly ? [entry.publishedAt, entry.updatedAt] : [entry.publishedAt];
  const known = times.filter((at) => at !== null);
  return known.length === 0 ? null : Math.max(...known);
}

function isStreamableHttps({ type, url }: ServerDocument["remotes"][number]): boolean {
  return type === "streamable-http" && url.startsWith("https://");
}

/** Whether the package is always the same: an exact version, a digest, or a file with its hash. */
function isPinned({ registryType, identifier, version, fileSha256 }: ServerPackage): boolean {
  if (registryType === "mcpb") return fileSha256 !== null;
  if (registryType === "oci")
    return /@sha256:|:(?!latest$)[^:/]+$/.test(identifier) || isExact(version);
  return isExact(version);
}

function isExact(version: string | null): boolean {
  return version !== null && EXACT_VERSION.test(version) && !/\.x(\.|$)/i.test(version);
}

/** Every value that a person can be asked for. */
function listVariables({ packages, remotes }: ServerDocument): NamedInput[] {
  return [
    ...packages.flatMap(({ environmentVariables, transport }) => [
      ...environmentVariables,
      ...transport.headers,
    ]),
    ...remotes.flatMap(({ headers }) => headers),
  ];
}

/** Whether the namespace is the owner of the repository on GitHub, or a domain; the registry has verified either. */
function isNamespaceOwner(document: ServerDocument): boolean {
  const [namespace = ""] = document.name.split("/");
  return toGithubOwner(namespace) === null
    ? findHostingService(namespace) === null
    : isRepositoryOwner(document);
}
