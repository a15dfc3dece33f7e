import { toFollowDetail } from "../../workers/contract/records/followed-registry.ts";
import type {
  EntityChange,
  ServerRecord,
  WorkspaceConfig,
} from "../../workers/contract/records/workspace.ts";
import type { Command, ServerPatch } from "../../workers/contract/rpc/commands.ts";
import { hasUrlReference } from "../../workers/contract/versions/secret-url.ts";
import { parseHeaders } from "../../workers/upstream/upstream-headers.ts";
import { approveDefinitions, describeContract, makeContract } from "../contracts/make-contract.ts";
import { countRules } from "../policy/rules.ts";
import {
  accept,
  findChangedFields,
  refuse,
  withBefore,
  refuseUnreadableKey,
  type ChangeContext,
  type ChangeDecision,
  type ChangeEvent,
  type RefusedDecision,
} from "./change-decision.ts";
import { toSignOuts } from "./connection-changes.ts";
import { findServer, refuseUnknownServer } from "./known-server.ts";
import { buildCredentials, parsePerPerson } from "./server-credentials.ts";
import { describeServer, toFulfilled, toServerEvent } from "./server-events.ts";

/** The time limit fields of a server to which the general limits apply. */
export const GENERAL_TIME_LIMITS = { longestCallSeconds: null, longestSilenceSeconds: null };
/** The contract fields of a new server. */
export const NEW_CONTRACT = { changePolicy: "hold" as const, contractDigest: null };
const ONLY_REFERENCE =
  "has a reference (sec_…) in place of a value; enter the URL with the value, or leave the server disabled.";
/** The probe fields of a server that was never probed, or whose URL changed. */
export const NOT_PROBED = {
  transport: null,
  era: null,
  protocolVersion: null,
  stateful: false,
  legacy: null,
  probedAt: null,
};

/** A server record with a patch applied, or the reason why the patch is refused. */
type Built =
  | { ok: true; server: ServerRecord; credentialsSet: string[] }
  | { ok: false; refusal: RefusedDecision };

/** Adds a server. It is probed after the change is stored. */
export async function createServer(
  config: WorkspaceConfig,
  { input, person, origin = null, contract: seen, follow }: Command<"server.create">,
  context: ChangeContext,
): Promise<ChangeDecision<"server.create">> {
  const isReserved = [...config.instances.values()].some(({ slug }) => slug === input.slug);
  if (isReserved || findServer(config, input.slug)) {
    return refuse(
      "conflict",
      `There is already a server "${input.slug}" in this workspace: choose another slug.`,
    );
  }
  const contract = seen && makeContract(approveDefinitions(seen, context.actor, context.now), []);
  const blank: ServerRecord = {
    id: context.newId("srv"),
    slug: input.slug,
    name: input.slug,
    url: "",
    prefix: null,
    position: config.servers.size,
    enabled: true,
    ...GENERAL_TIME_LIMITS,
    headers: {},
    credentials: [],
    ...NOT_PROBED,
    hosted: null,
    origin,
    perPerson: null,
    ...NEW_CONTRACT,
    ...(input.changePolicy ? { changePolicy: input.changePolicy } : {}),
    ...(contract ? { contractDigest: contract.digest } : {}),
    createdAt: context.now,
    changedAt: null,
  };
  const built = await buildServer(config, blank, input, withPerson(context, person));
  if (!built.ok) return built.refusal;
  const { changes, server } = positionServer(
    config,
    built.server,
    input.position ?? blank.position,
  );
  const event = toServerEvent(server.slug, "created", {
    ...describeServer(server),
    ...(contract ? describeContract(contract) : {}),
    ...toFulfilled(input),
    ...toFollowDetail(follow),
  });
  const decision = accept(context, config.workspace, event, changes, { server, check: null });
  return { ...decision, contracts: contract ? [contract] : [] };
}

/** Changes a server. A credential is dropped when the origin of the URL changes, and a sign-in when the URL does. */
export async function updateServer(
  config: WorkspaceConfig,
  { slug, patch, person, origin, follow }: Command<"server.update">,
  context: ChangeContext,
): Promise<ChangeDecision<"server.update">> {
  const before = findServer(config, slug);
  if (!before) return refuseUnknownServer();
  if (
    before.hosted &&
    (patch.url ||
      patch.headers ||
      patch.credentials ||
      patch.credentialsExpireAt ||
      patch.perPerson)
  ) {
    const message =
      "This server is hosted: the gateway sets its URL, headers and credentials. To change its variables, restart its instance with new values.";
    return refuse("invalid", message);
  }
  const from = { ...before, origin: pick(origin, before.origin) };
  const built = await buildServer(config, from, patch, withPerson(context, person));
  if (!built.ok) return built.refusal;
  const { changes, server } = positionServer(
    config,
    built.server,
    patch.position ?? before.position,
  );
  const isSameAccess =
    server.url === before.url && server.perPerson?.kind === before.perPerson?.kind;
  const signOuts = isSameAccess ? [] : listSignOuts(config, server.id);
  const kept = new Set(server.credentials.map(({ name }) => name));
  const removed = before.credentials.map(({ name }) => name).filter((name) => !kept.has(name));
  const changed = findChangedFields(before, server);
  const changedDetails = Object.entries(describeServer(server)).filter(
    ([field]) => field in changed && field !== "credentials",
  );
  const detail = {
    ...withBefore(describeServer(before), Object.fromEntries(changedDetails)),
    ...(built.credentialsSet.length > 0 ? { credentialsSet: built.credentialsSet } : {}),
    // Removed by the patch, or because the URL has another origin than the credential.
    ...(removed.length > 0 ? { credentialsRemoved: removed } : {}),
    ...(signOuts.length > 0 ? { isDisconnected: true } : {}),
    ...toFollowDetail(follow),
  };
  const event = toServerEvent(slug, "updated", detail);
  const all = [...signOuts, ...changes];
  return accept(context, config.workspace, event, all, { server, check: null });
}

/** Removes a server. Rules that are bound to it go with it; a member without any other stays restricted. */
export function deleteServer(
  config: WorkspaceConfig,
  { slug, follow }: Command<"server.delete">,
  context: ChangeContext,
): ChangeDecision<"server.delete"> {
  const server = findServer(config, slug);
  if (!server) return refuseUnknownServer();
  if (server.hosted) return refuse("conflict", "This server is hosted: terminate its instance.");
  const event = toServerEvent(slug, "deleted", {
    ...describeServer(server),
    rules: countRules(config, server),
    ...toFollowDetail(follow),
  });
  return accept(context, config.workspace, event, toServerRemoval(config, server.id), {});
}

/**
 * Puts all servers into a new order. An order that does not name each server exactly once is refused: it would undo a
 * concurrent change.
 */
export function reorderServers(
  config: WorkspaceConfig,
  { order: { slugs } }: Command<"server.reorder">,
  context: ChangeContext,
): ChangeDecision<"server.reorder"> {
  const named = new Set(slugs);
  if (named.size < slugs.length)
    return refuse("invalid", "slugs: names a server more than once; name each exactly once.");
  const bySlug = new Map(listByPosition(config).map((server) => [server.slug, server]));
  const servers = slugs.flatMap((slug) => bySlug.get(slug) ?? []);
  if (servers.length < slugs.length || servers.length < bySlug.size) {
    const message =
      "slugs: does not match the servers of this workspace; read the servers again and name each exactly once.";
    return refuse("conflict", message);
  }
  const changes = toPositionChanges(servers);
  const result = { servers: servers.map((server, position) => ({ ...server, position })) };
  if (changes.length === 0) return { kind: "unchanged", result };
  const event: ChangeEvent = {
    action: "server.reordered",
    object: `workspace:${config.workspace.slug}`,
    detail: { slugs },
  };
  return accept(context, config.workspace, event, changes, result);
}

/** The changes that remove a server: the servers behind it move up by one position. */
export function toServerRemoval(config: WorkspaceConfig, serverId: string): EntityChange[] {
  const others = listByPosition(config).filter(({ id }) => id !== serverId);
  return [
    ...listSignOuts(config, serverId),
    { kind: "server", id: serverId, value: null },
    ...toPositionChanges(others),
  ];
}

function listSignOuts(config: WorkspaceConfig, serverId: string): EntityChange[] {
  return toSignOuts(config, (connection) => connection.serverId === serverId);
}

function withPerson(context: ChangeContext, person: string | undefined): ChangeContext {
  return person === undefined ? context : { ...context, actor: person };
}

/** Applies a patch to a server record, except the position, and seals new credentials. */
async function buildServer(
  config: WorkspaceConfig,
  server: ServerRecord,
  patch: ServerPatch,
  context: ChangeContext,
): Promise<Built> {
  const invalid = (problem: string): Built => ({ ok: false, refusal: refuse("invalid", problem) });
  const url = patch.url === undefined ? server.url : new URL(patch.url).href;
  const problem = url === server.url ? null : findUrlProblem(url, context);
  if (problem) return invalid(`url: ${problem}`);
  const plain = parseHeaders("headers", patch.headers ?? server.headers, server.headers);
  if (!plain.ok) return invalid(plain.problem);
  const { origin } = new URL(url);
  const place = { serverId: server.id, url: server.url, origin };
  const stored = await buildCredentials(config, place, server.credentials, patch, context);
  if (stored === "unreadable_key") return { ok: false, refusal: refuseUnreadableKey() };
  if (!stored.ok) return invalid(stored.problem);
  const both = stored.credentials.find(({ name }) => plain.headers.has(name));
  if (both) return invalid(`headers.${both.name}: is in credentials too; keep it in one of them.`);
  const perPerson = parsePerPerson(pick(patch.perPerson, server.perPerson));
  if (typeof perPerson === "string") return invalid(perPerson);
  const changed: ServerRecord = {
    ...server,
    perPerson,
    name: patch.name ?? server.name,
    prefix: pick(patch.prefix, server.prefix),
    enabled: patch.enabled ?? server.enabled,
    longestCallSeconds: pick(patch.longestCallSeconds, server.longestCallSeconds),
    longestSilenceSeconds: pick(patch.longestSilenceSeconds, server.longestSilenceSeconds),
    url,
    headers: Object.fromEntries(plain.headers),
    credentials: stored.credentials,
    ...(url === server.url ? {} : NOT_PROBED),
  };
  if (changed.enabled && hasUrlReference(url)) return invalid(`url: ${ONLY_REFERENCE}`);
  return { ok: true, server: changed, credentialsSet: stored.namesSet };
}

/** A patch's value of a field that can be null, or the value before if the patch does not name the field. */
function pick<T>(patched: T | undefined, before: T): T {
  return patched === undefined ? before : patched;
}

function findUrlProblem(url: string, context: ChangeContext): string | null {
  const { username, password, hash } = new URL(url);
  if (username || password)
    return "holds a user name or password; put them into credentials, as the header authorization.";
  if (hash) return "has a fragment (#…), which no server receives; leave it out.";
  return context.checkUrl(url);
}

/** Inserts the server at a position; all servers are numbered from 0 without gaps. */
function positionServer(
  config: WorkspaceConfig,
  server: ServerRecord,
  position: number,
): { server: ServerRecord; changes: EntityChange[] } {
  const others = listByPosition(config).filter(({ id }) => id !== server.id);
  const index = Math.min(position, others.length);
  const placed = { ...server, position: index };
  const moved = toPositionChanges([...others.slice(0, index), placed, ...others.slice(index)]);
  return { server: placed, changes: [{ kind: "server", id: placed.id, value: placed }, ...moved] };
}

function toPositionChanges(servers: ServerRecord[]): EntityChange[] {
  return servers.flatMap((server, position) =>
    server.position === position
      ? []
      : [{ kind: "server", id: server.id, value: { ...server, position } }],
  );
}

function listByPosition(config: WorkspaceConfig): ServerRecord[] {
  return [...config.servers.values()].toSorted((a, b) => a.position - b.position);
}
