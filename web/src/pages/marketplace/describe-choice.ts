import type { InstallChoice } from "../../../../workers/contract/marketplace/install/compatibility.ts";
import { escapeLine } from "../../../../workers/contract/text/hidden-characters.ts";
import { TRANSPORT_LABELS } from "./filters.ts";

const REGISTRY_LABELS: Record<string, string> = {
  npm: "npm package",
  pypi: "PyPI package",
  oci: "Container image",
  nuget: "NuGet package",
  mcpb: "MCPB bundle",
  cargo: "Cargo package",
  go: "Go package",
};

/** Names a package or remote of a server for a choice among them. */
export function describeChoice(choice: InstallChoice): string {
  if (choice.kind === "remote") {
    const { type, url } = choice.source;
    return `Remote over ${TRANSPORT_LABELS[type]}: ${escapeLine(url)}`;
  }
  const { registryType, identifier, version } = choice.source;
  const kind = REGISTRY_LABELS[registryType] ?? `Package of “${escapeLine(registryType)}”`;
  return `${kind}: ${escapeLine(identifier)}${version === null ? "" : ` ${escapeLine(version)}`}`;
}

/** A key of a package or remote, unique among those of a server. */
export function toChoiceKey({ kind, index }: Pick<InstallChoice, "kind" | "index">): string {
  return `${kind} ${index}`;
}
