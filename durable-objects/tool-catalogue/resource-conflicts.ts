import type { ServerRecord } from "../../workers/contract/records/workspace.ts";
import type { ToolCatalogue } from "../../workers/contract/rpc/tool-catalogue.ts";

/** Clashes that are told one by one; more of them have the same cause. */
const MAX_TOLD = 20;

/**
 * The server's resources and templates that a server before it offers under the same URI, as sentences for the admin:
 * URIs are never rewritten, so the one that stands first is asked. `servers`: enabled ones, by position.
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
  const clashes = (["resources", "templates"] as const).flatMap((kind) => {
    const owners = new Map<string, ServerRecord>();
    for (const owner of before.toReversed())
      for (const { key } of catalogues.get(owner.id)?.[kind] ?? []) owners.set(key, owner);
    return (catalogues.get(server.id)?.[kind] ?? []).flatMap(({ key }) => {
      const owner = owners.get(key);
      return owner ? [toSentence(kind, key, owner)] : [];
    });
  });
  const rest = clashes.length - MAX_TOLD;
  const more = `${rest} more resources and templates are offered by servers that stand before this one`;
  return rest > 0 ? [...clashes.slice(0, MAX_TOLD), more] : clashes;
}

function toSentence(kind: "resources" | "templates", uri: string, owner: ServerRecord): string {
  const what = kind === "resources" ? "resource" : "template";
  // Nothing that could pass for another text.
  const named = /^[\x21\x23-\x7e]{1,256}$/.test(uri) ? `"${uri}"` : "with an unusual URI";
  return `The ${what} ${named} is offered by the server "${owner.slug}" too, which stands before this one: clients that may use both get it from there`;
}
