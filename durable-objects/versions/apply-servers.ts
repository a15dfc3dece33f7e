import type { ServerRecord } from "../../workers/contract/records/workspace.ts";
import type { ServerPatch } from "../../workers/contract/rpc/commands.ts";
import type {
  ConfigurationDocument,
  DocumentServer,
} from "../../workers/contract/versions/document.ts";
import { resolveUrl } from "../../workers/contract/versions/secret-url.ts";
import { isSameJson } from "../../workers/mcp/json.ts";
import { refuse, type RefusedDecision } from "../changes/change-decision.ts";
import { setChangePolicy } from "../changes/contract-changes.ts";
import {
  createServer,
  deleteServer,
  reorderServers,
  updateServer,
} from "../changes/server-changes.ts";
import type { Draft } from "./draft.ts";
import { listHostedDifferences } from "./hosted-differences.ts";
import { toReference } from "./parts.ts";

/** Applies the servers with their order: removes those that the document does not have, then adds and changes. */
export async function applyServers(
  draft: Draft,
  document: ConfigurationDocument,
): Promise<RefusedDecision | null> {
  listHostedDifferences(draft, document);
  const { servers } = document;
  if (!servers) return null;
  const slugs = new Set(servers.map(({ slug }) => slug));
  if (slugs.size < servers.length)
    return refuse("invalid", "servers: names a slug more than once; name each server once.");
  for (const { slug, hosted } of draft.config.servers.values()) {
    if (slugs.has(slug) || hosted) continue;
    const command = { type: "server.delete", slug } as const;
    const refusal = draft.take(deleteServer(draft.config, command, draft.context), slug, "servers");
    if (refusal) return refusal;
  }
  for (const [index, server] of servers.entries()) {
    const known = draft.findServer(server.slug);
    const place = `servers.${index} (${server.slug})`;
    const refusal = known
      ? await changeServer(draft, known, server, place)
      : await addServer(draft, server, place);
    if (refusal) return refusal;
  }
  return applyOrder(draft, servers);
}

async function addServer(
  draft: Draft,
  server: DocumentServer,
  place: string,
): Promise<RefusedDecision | null> {
  const { slug, url, hosted, credentials = [] } = server;
  // The difference of the hosted servers says so.
  if (hosted) return null;
  if (url === undefined)
    return refuse("invalid", `${place}: has no url; add it, or leave the server out.`);
  const resolved = resolveUrl(url, null, draft.refer);
  for (const credential of [...credentials.map((one) => one.name), ...resolved.missing])
    draft.needsCredentials.push({ server: slug, credential });
  const { name, prefix, headers, perPerson, longestCallSeconds, longestSilenceSeconds } = server;
  const input = {
    slug,
    url,
    ...(name === undefined ? {} : { name }),
    prefix,
    headers,
    perPerson,
    longestCallSeconds,
    longestSilenceSeconds,
    // Without its credentials it would only fail.
    enabled: credentials.length + resolved.missing.length === 0 && (server.enabled ?? true),
  };
  const restored = draft.command.restored;
  const id = restored?.serverIds.get(slug);
  const context =
    id === undefined || draft.config.servers.has(id)
      ? draft.context
      : { ...draft.context, newId: () => id };
  const command = { type: "server.create", input, origin: findOrigin(draft, server) } as const;
  const refusal = draft.take(await createServer(draft.config, command, context), slug, place);
  if (!refusal) applyContract(draft, server);
  return refusal;
}

async function changeServer(
  draft: Draft,
  before: ServerRecord,
  server: DocumentServer,
  place: string,
): Promise<RefusedDecision | null> {
  const { slug } = before;
  if (Boolean(server.hosted) !== (before.hosted !== null)) {
    const message = before.hosted
      ? "is a hosted server now, which no document replaces: terminate its instance first."
      : "is no hosted server now: remove the server, and deploy the hosted one.";
    if (!draft.command.restored) return refuse("conflict", `${place}: ${message}`);
    draft.leave(slug, `The server ${message}`);
    return null;
  }
  const patch = toPatch(before, resolveSecrets(draft, before, server));
  const origin = findOrigin(draft, server);
  const isSameOrigin = JSON.stringify(origin) === JSON.stringify(before.origin);
  if (Object.keys(patch).length > 0 || !isSameOrigin) {
    const command = { type: "server.update", slug, patch, origin } as const;
    const decision = await updateServer(draft.config, command, draft.context);
    const refusal = draft.take(decision, slug, place);
    if (refusal) return refusal;
  }
  if (!before.hosted) noteCredentials(draft, before, server);
  applyContract(draft, server);
  return null;
}

/**
 * Applies how changes of a server's tools are handled, and which are approved. Only a version of this workspace says what was
 * approved, and only if anything was: after a return to nothing, the next look would approve whatever the server shows.
 */
function applyContract(draft: Draft, document: DocumentServer): void {
  const { slug, changePolicy, contractDigest } = document;
  const before = draft.findServer(slug);
  if (!before) return;
  const isRestored = draft.command.restored !== null;
  if (isRestored && contractDigest && contractDigest !== before.contractDigest)
    draft.config.servers.set(before.id, { ...before, contractDigest });
  if (changePolicy !== undefined) {
    // Locks a server without a contract with what it shows now.
    const command = { type: "contract.policy", slug, changePolicy } as const;
    draft.take(setChangePolicy(draft.config, command, draft.context), slug, "servers");
  }
  const approved = draft.findServer(slug)?.contractDigest ?? null;
  if (contractDigest === undefined || contractDigest === approved) return;
  const reason = isRestored
    ? "Nothing was approved in this version: what is approved now stays."
    : "A document approves no tools: what is approved stays.";
  draft.leave(slug, reason);
}

/** The entry with the values that the server's URL has now. One whose value is not known has the server disabled. */
function resolveSecrets(draft: Draft, before: ServerRecord, server: DocumentServer) {
  if (before.hosted || server.url === undefined) return server;
  const { url, missing, changed } = resolveUrl(server.url, before.url, draft.refer);
  for (const credential of missing)
    draft.needsCredentials.push({ server: before.slug, credential });
  for (const place of changed)
    draft.leave(before.slug, `The ${place} has another value since; that one stays.`);
  return { ...server, url, enabled: missing.length === 0 && (server.enabled ?? true) };
}

/** The fields in which a server differs from its entry; absent ones have their defaults. */
function toPatch(before: ServerRecord, server: DocumentServer): ServerPatch {
  const wanted = {
    name: server.name ?? before.slug,
    prefix: server.prefix ?? null,
    enabled: server.enabled ?? true,
    longestCallSeconds: server.longestCallSeconds ?? null,
    longestSilenceSeconds: server.longestSilenceSeconds ?? null,
    ...(before.hosted
      ? {}
      : {
          url: server.url === undefined ? before.url : new URL(server.url).href,
          headers: server.headers ?? {},
          perPerson: server.perPerson ?? null,
        }),
  };
  const differs = ([field, value]: [string, unknown]) =>
    !isSameJson(value ?? null, Reflect.get(before, field) ?? null);
  const patch: ServerPatch = Object.fromEntries(Object.entries(wanted).filter(differs));
  const kept = new Map(
    (server.credentials ?? []).map((credential) => [credential.name, credential]),
  );
  const gone = before.hosted ? [] : before.credentials.filter(({ name }) => !kept.has(name));
  if (gone.length > 0) patch.credentials = Object.fromEntries(gone.map(({ name }) => [name, null]));
  const ends = before.credentials.flatMap(({ name, expiresAt }) => {
    const end = kept.get(name);
    return end && end.expiresAt !== expiresAt ? [[name, end.expiresAt ?? null] as const] : [];
  });
  if (ends.length > 0) patch.credentialsExpireAt = Object.fromEntries(ends);
  return patch;
}

/** Names what no document brings back: values of credentials. The one that is there now stays. */
function noteCredentials(draft: Draft, before: ServerRecord, server: DocumentServer): void {
  const after = draft.findServer(before.slug);
  for (const { name, reference } of server.credentials ?? []) {
    const present = after?.credentials.find((credential) => credential.name === name);
    if (!present) draft.needsCredentials.push({ server: before.slug, credential: name });
    else if (reference !== undefined && toReference(present.sealed) !== reference)
      draft.leave(before.slug, `The credential ${name} has another value since; that one stays.`);
  }
}

/** Where a server is from is not believed a document of a person, but what the server has stays. */
function findOrigin(draft: Draft, { slug, origin }: DocumentServer) {
  const present = draft.findServer(slug)?.origin ?? null;
  if (draft.command.restored) return origin ?? null;
  if (origin && JSON.stringify(origin) !== JSON.stringify(present))
    draft.leave(slug, "A document does not say which entry of the marketplace a server is from.");
  return present;
}

/** Servers that the document does not have, and which stay, come last. */
function applyOrder(draft: Draft, servers: DocumentServer[]): RefusedDecision | null {
  const present = [...draft.config.servers.values()].toSorted((a, b) => a.position - b.position);
  const known = new Set(present.map(({ slug }) => slug));
  const named = servers.map(({ slug }) => slug).filter((slug) => known.has(slug));
  const isNamed = new Set(named);
  const slugs = [...named, ...[...known].filter((slug) => !isNamed.has(slug))];
  const command = { type: "server.reorder", order: { slugs } } as const;
  return draft.take(reorderServers(draft.config, command, draft.context), "order", "servers");
}
