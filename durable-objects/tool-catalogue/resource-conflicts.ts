import type { ServerRecord } from "../../workers/contract/records/workspace.ts";
import type { ToolCatalogue } from "../../workers/contract/rpc/tool-catalogue.ts";

/** Conflicts with a warning each; further ones are only counted. */
const MAX_WARNINGS = 20;

/**
 * Warnings for the admin about the server's resources and templates whose URI a server before it provides too. URIs are
 * never rewritten, so requests go to the first server. `servers`: the enabled ones, by position.
 */
export function findResourceConflicts(
  servers: ServerRecord[],
  catalogues: Map<string, ToolCatalogue>,
  server: ServerRecord,
): string[] {
  const before = servers.slice(
    0,
    Math.max(
      0,
      servers.findIndex(({ id }) => id === server.id),
    ),
  );
  const conflicts = (["resources", "templates"] as const).flatMap((kind) => {
    const owners = new Map<string, ServerRecord>();
    for (const owner of before.toReversed())
      for (const { key } of catalogues.get(owner.id)?.[kind] ?? []) owners.set(key, owner);
    return (catalogues.get(server.id)?.[kind] ?? []).flatMap(({ key }) => {
      const owner = owners.get(key);
      return owner ? [toWarning(kind, key, owner)] : [];
    });
  });
  const rest = conflicts.length - MAX_WARNINGS;
  const more = `${rest} more resources and templates are also provided by servers before this one`;
  return rest > 0 ? [...conflicts.slice(0, MAX_WARNINGS), more] : conflicts;
}

function toWarning(kind: "resources" | "templates", uri: string, owner: ServerRecord): string {
  const what = kind === "resources" ? "resource" : "template";
  // Against spoofing: a URI with spaces or quotes could read as part of the warning.
  const named = /^[\x21\x23-\x7e]{1,256}$/.test(uri) ? `"${uri}"` : "with an unusual URI";
  return `The ${what} ${named} is also provided by the server "${owner.slug}" before this one: clients that can use both get it from "${owner.slug}"`;
}
