import type { ServerPackage } from "../server-document.ts";

/** What an identifier looks like in each registry. None begins with a dash: it would be an option of the command. */
const IDENTIFIERS: Record<string, RegExp> = {
  npm: /^(@[a-z0-9~][a-z0-9._~-]*\/)?[a-z0-9~_][a-z0-9._~-]*$/i,
  pypi: /^[a-z0-9]([a-z0-9._-]*[a-z0-9])?(\[[a-z0-9,._-]+\])?$/i,
  oci: /^[a-z0-9][a-z0-9._:/-]*(@sha256:[0-9a-f]{64})?$/i,
  nuget: /^[a-z0-9_][a-z0-9._-]*$/i,
  cargo: /^[a-z][a-z0-9_-]*$/i,
  go: /^[a-z0-9][a-z0-9.-]*(\/[a-z0-9_~][a-z0-9._~-]*)+$/i,
  mcpb: /^https:\/\/[^\s\p{Cc}]+$/u,
};

/** Why no client can run the package; null: one can. */
export function findPackageProblem(source: ServerPackage): string | null {
  const { registryType, identifier, transport, runtimeHint, fileSha256 } = source;
  const pattern = Object.hasOwn(IDENTIFIERS, registryType) ? IDENTIFIERS[registryType] : undefined;
  if (!pattern) return "The package is of a kind that no client can start.";
  if (!pattern.test(identifier)) return "The package’s identifier is not one of its registry.";
  if (registryType === "mcpb") {
    if (!URL.canParse(identifier)) return "The bundle’s address is not a URL.";
    return /^[0-9a-f]{64}$/i.test(fileSha256 ?? "")
      ? null
      : "The entry does not state the hash of the bundle, by which it is checked.";
  }
  if (transport.type !== "stdio")
    return "The package is an HTTP server, which has to be started by hand.";
  return runtimeHint === null || /^[\w./\\][\w./\\-]*$/.test(runtimeHint)
    ? null
    : "The entry’s command is not a program’s name.";
}
