import { compareAskedValues } from "./asked-values.ts";
import { comparePackages } from "./compare-packages.ts";
import {
  compareText,
  compareTexts,
  VERSION_CHANGES,
  type VersionChange,
  type VersionState,
} from "./version-changes.ts";

/** Compares two versions of a server. Returns what has changed, the most important first; empty: nothing of it. */
export function compareVersions(before: VersionState, after: VersionState): VersionChange[] {
  const place = ({ kind, to }: VersionChange) =>
    VERSION_CHANGES.indexOf(kind) + (to === "optional" ? 0.5 : 0);
  return [
    ...compareAddresses(before, after),
    ...comparePackages(before, after),
    ...compareAskedValues(before, after),
    ...compareText("transport", listTransports(before), listTransports(after)),
    ...compareText("repository", before.repository?.url ?? null, after.repository?.url ?? null),
    ...compareText("title", before.title, after.title),
    ...compareText("description", before.description, after.description),
  ].toSorted((a, b) => place(a) - place(b));
}

function listTransports({ packages, remotes }: VersionState): string | null {
  const types = new Set([
    ...packages.map(({ transport }) => transport.type),
    ...remotes.map(({ type }) => type),
  ]);
  return types.size === 0 ? null : [...types].toSorted().join(", ");
}

/** A new address is at a new host, or is another one of a known host. */
function compareAddresses(before: VersionState, after: VersionState): VersionChange[] {
  const old = listAddresses(before);
  const hosts = new Set(old.map(toHost));
  const kinds = { added: "address", removed: "removed-address" } as const;
  return compareTexts(kinds, old, listAddresses(after)).map((change) => {
    const host = change.to === null ? null : toHost(change.to);
    return host === null || hosts.has(host) ? change : { ...change, kind: "host", name: host };
  });
}

/** The addresses to which a client connects. */
function listAddresses({ packages, remotes }: VersionState): string[] {
  return [...remotes, ...packages.map(({ transport }) => transport)].flatMap(
    ({ url }) => url ?? [],
  );
}

/** The host with its port; of an address with variables in its host, the text in its place. */
function toHost(url: string): string {
  if (URL.canParse(url)) return new URL(url).host;
  return (/^[a-z][a-z0-9+.-]*:\/\/([^/?#]*)/i.exec(url)?.[1] ?? url).toLowerCase();
}
