import { KIND_OF_LIST } from "../../workers/contract/definitions/list-definitions.ts";
import type { ServerRecord, WorkspaceConfig } from "../../workers/contract/records/workspace.ts";
import { LIST_KINDS, type ListKind } from "../../workers/contract/rpc/tool-catalogue.ts";
import type {
  ConfigurationDocument,
  EntryDifference,
} from "../../workers/contract/versions/document.ts";
import type { ChangeContext } from "../changes/change-decision.ts";
import { listOwners, type CatalogueNames } from "../tool-catalogue/catalogue-names.ts";
import { listNameChanges } from "../tool-catalogue/name-changes.ts";
import {
  isUriKind,
  NO_NAMES,
  type WantedName,
  type WantedNames,
} from "../tool-catalogue/name-owners.ts";
import type { Draft } from "./draft.ts";

/** Most names that a plan names. */
const MAX_NAMED = 100;

/**
 * The names for clients that a document gives, of servers that are there after the change. The servers of a version have no
 * other names after a return than they had then.
 */
export function findWanted(
  draft: Draft,
  { names = {}, servers }: ConfigurationDocument,
): WantedNames {
  const ofVersion = draft.command.restored ? (servers ?? []) : [];
  const reset = ofVersion.flatMap(({ slug }) => draft.findServer(slug)?.id ?? []);
  const wanted = LIST_KINDS.flatMap((kind) =>
    (names[kind] ?? []).flatMap((entry): WantedName[] => {
      const server = draft.findServer(entry.server);
      if (!server) return [];
      const [exposed, name] = "uri" in entry ? [entry.uri, entry.uri] : [entry.name, entry.of];
      const prefix = isUriKind(kind) ? null : server.prefix;
      return [{ kind, exposed, owner: { serverId: server.id, name }, prefix }];
    }),
  );
  return { names: wanted, reset };
}

/**
 * Says which names a change gives to others, and which names that servers should have again are not free. Returns whether a
 * name or URI gets another server.
 */
export function comparePlannedNames(
  before: WorkspaceConfig,
  draft: Draft,
  wanted: WantedNames,
): { changes: EntryDifference[]; isChanged: boolean } {
  const { context } = draft;
  const servers = [...draft.config.servers.values()];
  const present = context.previewNames([...before.servers.values()], NO_NAMES);
  const after = context.previewNames(servers, wanted);
  if (!present || !after) return { changes: [], isChanged: false };
  leaveTaken(draft, after, [...wanted.names, ...listReturning(before, servers, context)]);
  const kept = servers.filter(({ id }) => before.servers.has(id));
  const had = { tools: present.tools.owners, prompts: present.prompts.owners };
  const changes = listNameChanges(kept, had, after).map(
    ({ serverSlug, name, ...names }): EntryDifference => ({
      section: "names",
      name: `${serverSlug}:${name}`,
      action: "changed",
      fields: [{ field: names.kind, before: names.before, after: names.after }],
    }),
  );
  const owners = listOwners(after);
  const isChanged = LIST_KINDS.some((kind) =>
    [...owners[kind]].some(
      ([exposed, { serverId }]) => findOwner(present, kind, exposed)?.serverId !== serverId,
    ),
  );
  return { changes: changes.slice(0, MAX_NAMED), isChanged };
}

/** What servers that come back, or get an earlier prefix again, had before. */
function listReturning(
  { servers: before }: WorkspaceConfig,
  servers: ServerRecord[],
  context: ChangeContext,
): WantedName[] {
  const returning = servers.filter(({ id, prefix }) => {
    const known = before.get(id);
    return !known || known.prefix !== prefix;
  });
  return context.listClaims(returning);
}

function leaveTaken(draft: Draft, after: CatalogueNames, wanted: WantedName[]): void {
  const servers = [...draft.config.servers.values()];
  const told = new Set<string>();
  for (const { kind, exposed, owner } of wanted) {
    const holder = findOwner(after, kind, exposed);
    const isSame = holder?.serverId === owner.serverId && holder.name === owner.name;
    const server = servers.find(({ id }) => id === owner.serverId);
    const id = `${kind} ${owner.serverId} ${owner.name}`;
    if (isSame || !server || told.has(id) || told.size >= MAX_NAMED) continue;
    told.add(id);
    const what = `The ${KIND_OF_LIST[kind]} ${JSON.stringify(owner.name)}`;
    const slug = servers.find((one) => one.id === holder?.serverId)?.slug;
    const now = isUriKind(kind) ? undefined : after[kind].byServer.get(server.id)?.get(owner.name);
    const shown = now === undefined ? "" : ` Clients see it as "${now}".`;
    if (slug !== undefined)
      draft.leave(
        server.slug,
        isUriKind(kind)
          ? `${what} stays with the server "${slug}", which has it now.`
          : `${what} does not get the name "${exposed}", which belongs to the server "${slug}" now.${shown}`,
      );
    else if (now !== undefined)
      draft.leave(server.slug, `${what} cannot have the name "${exposed}" now.${shown}`);
  }
}

function findOwner(names: CatalogueNames, kind: ListKind, exposed: string) {
  return listOwners(names)[kind].get(exposed);
}
