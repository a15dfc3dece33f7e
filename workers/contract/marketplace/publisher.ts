import type { ServerDocument } from "./server-document.ts";

/**
 * Namespaces in which a company lists servers of other people that it runs. They prove the host of a server, not its author.
 * A namespace belongs here if most of its servers have repositories of other owners and one address of the company.
 */
const HOSTING_SERVICES = [{ namespace: "ai.smithery", name: "Smithery" }];

const OFFICIAL_REGISTRY = "https://registry.modelcontextprotocol.io/v0.1/servers";

/** What is proven of a publisher. Each badge has its evidence. */
export const PUBLISHER_BADGES = [
  /** The official registry has verified the namespace: its publisher proved to have the GitHub account or the domain. */
  "registry-verified",
  /** The namespace that the official registry has verified is a domain's. */
  "domain-verified",
  /** The namespace that the official registry has verified is a GitHub account, and so is the repository's owner. */
  "repository-owner",
  /** A person of this gateway has published a value that it gave, at the domain or in the account of the namespace. */
  "claimed-here",
] as const;

/** A badge. `subject`: what is proven to be the publisher's. `evidence`: an https URL. */
export interface PublisherBadge {
  badge: (typeof PUBLISHER_BADGES)[number];
  subject: string;
  evidence: string;
}

/** The name of the company that lists servers of others in this namespace; null: it is none. */
export function findHostingService(namespace: string): string | null {
  const known = namespace.toLowerCase();
  return HOSTING_SERVICES.find((service) => service.namespace === known)?.name ?? null;
}

/** The GitHub account of a namespace; null: it is a domain's. */
export function toGithubOwner(namespace: string): string | null {
  return /^io\.github\.(.+)$/i.exec(namespace)?.[1] ?? null;
}

/** Whether the namespace of a server is the owner of its repository on GitHub. */
export function isRepositoryOwner({
  name,
  repository,
}: Pick<ServerDocument, "name" | "repository">): boolean {
  const [namespace = ""] = name.split("/");
  const owner = toGithubOwner(namespace)?.toLowerCase();
  const address = repository && URL.parse(repository.url);
  if (owner === undefined || !address || !/^(www\.)?github\.com$/.test(address.hostname))
    return false;
  const [, account, repositoryName] = address.pathname.split("/");
  return account?.toLowerCase() === owner && repositoryName !== undefined;
}

/** The badges of one server. `isOfficial`: it is active in the official registry; without that, nothing is proven. */
export function listServerBadges(
  { name, repository }: Pick<ServerDocument, "name" | "repository">,
  isOfficial: boolean,
): PublisherBadge[] {
  if (!isOfficial) return [];
  const [namespace = ""] = name.split("/");
  const entry = `${OFFICIAL_REGISTRY}/${encodeURIComponent(name)}/versions/latest`;
  const badges = listNamespaceBadges(namespace, entry);
  const owner = toGithubOwner(namespace);
  return owner !== null && repository && isRepositoryOwner({ name, repository })
    ? [...badges, { badge: "repository-owner", subject: owner, evidence: repository.url }]
    : badges;
}

/** The badges of a publisher, with the number of its servers for which each is proven. */
export function listPublisherBadges(
  namespace: string,
  { official, owned }: { official: number; owned: number },
): (PublisherBadge & { servers: number })[] {
  const query = new URLSearchParams({ search: `${namespace}/`, version: "latest" });
  const badges =
    official === 0
      ? []
      : listNamespaceBadges(namespace, `${OFFICIAL_REGISTRY}?${query.toString()}`);
  const owner = toGithubOwner(namespace);
  const counted = badges.map((badge) => ({ ...badge, servers: official }));
  if (owner === null || owned === 0) return counted;
  const evidence = `https://github.com/${encodeURIComponent(owner)}`;
  return [...counted, { badge: "repository-owner", subject: owner, evidence, servers: owned }];
}

function listNamespaceBadges(namespace: string, evidence: string): PublisherBadge[] {
  const verified = { badge: "registry-verified", subject: namespace, evidence } as const;
  if (toGithubOwner(namespace) !== null || !namespace.includes(".")) return [verified];
  const domain = namespace.split(".").toReversed().join(".");
  return [verified, { badge: "domain-verified", subject: domain, evidence }];
}
