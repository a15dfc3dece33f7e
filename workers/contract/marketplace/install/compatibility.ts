import type { ServerDocument, ServerPackage } from "../server-document.ts";
import { CLIENT_IDS, CLIENT_TRAITS, type ClientId } from "./clients.ts";
import { findPackageProblem } from "./packages.ts";
import { findUrlProblem } from "./remote-url.ts";

type ServerRemote = ServerDocument["remotes"][number];

/** How a client runs a server. */
export interface Compatibility {
  /** `bridge`: by mcp-remote, which the client starts as a program. */
  how: "native" | "bridge" | "none";
  /** Why it is not native, or what to know of it; null: nothing. */
  why: string | null;
}

/** A package or remote of a server, and how a client runs it. */
export type InstallChoice = Compatibility & {
  /** Position in the document's `packages` or `remotes`. */
  index: number;
} & ({ kind: "package"; source: ServerPackage } | { kind: "remote"; source: ServerRemote });

/** How each client runs the server, by the best of its packages and remotes. */
export function compatibilityOf(document: ServerDocument): Record<ClientId, Compatibility> {
  const entries = CLIENT_IDS.map((id) => {
    const [best] = listChoices(document, id);
    const { how, why } = best ?? {
      how: "none" as const,
      why: "The entry has neither a package nor an address.",
    };
    return [id, { how, why }] as const;
  });
  // `fromEntries` forgets the names of the keys, which are all of the clients.
  return Object.fromEntries(entries) as Record<ClientId, Compatibility>;
}

/** The packages and remotes of a server for a client, the best first. */
export function listChoices(document: ServerDocument, client: ClientId): InstallChoice[] {
  const choices: InstallChoice[] = [
    ...document.remotes.map((source, index) => ({
      kind: "remote" as const,
      source,
      index,
      ...toRemoteCompatibility(source, client),
    })),
    ...document.packages.map((source, index) => ({
      kind: "package" as const,
      source,
      index,
      ...toPackageCompatibility(source, client),
    })),
  ];
  return choices.toSorted((a, b) => toRank(a) - toRank(b));
}

/** A remote server with the current transport runs no code on the person's machine: it is the first choice. */
function toRank(choice: InstallChoice): number {
  if (choice.how !== "native") return choice.how === "bridge" ? 4 : 5;
  if (choice.kind === "package") return 2;
  return choice.source.type === "streamable-http" ? 1 : 3;
}

function toPackageCompatibility(source: ServerPackage, client: ClientId): Compatibility {
  const problem = findPackageProblem(source);
  if (problem !== null) return { how: "none", why: problem };
  if (source.registryType === "mcpb" && client !== "claude-desktop")
    return { how: "none", why: "The package is a bundle, which only Claude Desktop installs." };
  return { how: "native", why: null };
}

function toRemoteCompatibility(
  { type, url, headers }: ServerRemote,
  client: ClientId,
): Compatibility {
  const problem = findUrlProblem(url);
  if (problem !== null) return { how: "none", why: problem };
  const { remotes, bridgeReason } = CLIENT_TRAITS[client];
  if (!remotes.includes(type)) return { how: "bridge", why: bridgeReason };
  const clashes = client === "cursor" && headers.length > 0;
  return {
    how: "native",
    why: clashes ? "Cursor leaves the headers out if the server also offers OAuth." : null,
  };
}
