import type { ServerPackage } from "./server-document.ts";

/** The same text for all spellings of a package's identifier, without its version. */
export function toPackageKey({
  registryType,
  identifier,
}: Pick<ServerPackage, "registryType" | "identifier">): string {
  const type = registryType.toLowerCase();
  return `${type}:${normalizeIdentifier(type, identifier)}`;
}

function normalizeIdentifier(type: string, identifier: string): string {
  switch (type) {
    case "pypi":
      // PEP 503.
      return identifier.toLowerCase().replaceAll(/[-_.]+/g, "-");
    case "oci":
      return identifier
        .toLowerCase()
        .replace(/@sha256:.*$/, "")
        .replace(/:[^:/]*$/, "")
        .replace(/^docker\.io\//, "");
    case "npm":
    case "nuget":
      return identifier.toLowerCase();
    default:
      return identifier;
  }
}
