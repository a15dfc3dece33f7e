import type {
  EntityChange,
  SealedHeader,
  ServerRecord,
  WorkspaceConfig,
} from "../../workers/contract/records/workspace.ts";
import type {
  ServerInput,
  ServerPatch,
  ServersOrder,
} from "../../workers/contract/rpc/commands.ts";
import { openWorkspaceKey, sealHeader } from "../credentials/encryption.ts";
import {
  applied,
  changedFields,
  refused,
  type ChangeContext,
  type ChangeDecision,
} from "./change-decision.ts";
import { parseHeaders } from "./upstream-headers.ts";

/** A secret shorter than this would be given away by its last four characters. */
const MIN_LENGTH_TO_SHOW_END = 12;
/** Of a server that nobody has looked at. */
export const NOT_PROBED = {
  transport: null,
  era: null,
  protocolVersion: null,
  stateful: false,
  legacy: null,
  probedAt: null,
};

/** A server with a change worked in, or why that cannot be. */
type Built =
  | { ok: true; server: ServerRecord; credentialsSet: string[] }
  | { ok: false; refusal: ChangeDecision };

export async function createServer(
  config: WorkspaceConfig,
  input: ServerInput,
  context: ChangeContext,
): Promise<ChangeDecision> {
  const isReserved = [...config.instances.values()].some(({ slug }) => slug === input.slug);
  if (isReserved || findServer(config, input.slug)) {
    return refused(
      "conflict",
      `There is already a server "${input.slug}" in this workspace: choose another slug.`,
    );
  }
  const blank: ServerRecord = {
    id: context.newId("srv"),
    slug: input.slug,
    name: input.slug,
    url: "",
    prefix: null,
    position: config.servers.size,
    enabled: true,
    headers: {},
    credentials: [],
    ...NOT_PROBED,
    hosted: null,
    createdAt: context.now,
  };
  const built = await build(config, blank, input, context);
  if (!built.ok) return built.refusal;
  const { changes, server } = place(config, built.server, input.position ?? blank.position);
  const event = serverEvent(server.slug, "created", describe(server));
  return applied(context, config.workspace, event, changes, { server, check: null });
}

export async function updateServer(
  config: WorkspaceConfig,
  slug: string,
  patch: ServerPatch,
  context: ChangeContext,
): Promise<ChangeDecision> {
  const before = findServer(config, slug);
  if (!before) return unknownServer();
  if (before.hosted && (patch.url || patch.headers || patch.credentials)) {
    const message =
      "This server is hosted: its URL, headers and credentials are the gateway's own. New values for its variables go to its instance's restart.";
    return refused("invalid", message);
  }
  const built = await build(config, before, patch, context);
  if (!built.ok) return built.refusal;
  const { changes, server } = place(config, built.server, patch.position ?? before.position);
  const kept = new Set(server.credentials.map(({ name }) => name));
  const removed = before.credentials.map(({ name }) => name).filter((name) => !kept.has(name));
  const changed = changedFields(before, server);
  const told = Object.entries(describe(server)).filter(
    ([field]) => field in changed && field !== "credentials",
  );
  const detail = {
    ...Object.fromEntries(told),
    ...(built.credentialsSet.length > 0 ? { credentialsSet: built.credentialsSet } : {}),
    // Removed by the patch, or because a credential is meant for one origin and the server has another now.
    ...(removed.length > 0 ? { credentialsRemoved: removed } : {}),
  };
  return applied(context, config.workspace, serverEvent(slug, "updated", detail), changes, {
    server,
    check: null,
  });
}

/**
 * Rules that name the server stay with their members: a member who was restricted to this server would otherwise be
 * left without rules, which means without restrictions.
 */
export function deleteServer(
  config: WorkspaceConfig,
  slug: string,
  context: ChangeContext,
): ChangeDecision {
  const server = findServer(config, slug);
  if (!server) return unknownServer();
  if (server.hosted) return refused("conflict", "This server is hosted: terminate its instance.");
  const event = serverEvent(slug, "deleted", describe(server));
  return applied(context, config.workspace, event, withoutServer(config, server.id), {});
}

/** Puts all servers into a new order. One that does not name each exactly once is refused: somebody else's change would be lost. */
export function reorderServers(
  config: WorkspaceConfig,
  { slugs }: ServersOrder,
  context: ChangeContext,
): ChangeDecision {
  const named = new Set(slugs);
  if (named.size < slugs.length)
    return refused("invalid", "slugs: names a server more than once; name each exactly once.");
  const bySlug = new Map(inOrder(config).map((server) => [server.slug, server]));
  const servers = slugs.flatMap((slug) => bySlug.get(slug) ?? []);
  if (servers.length < slugs.length || servers.length < bySlug.size) {
    const message =
      "The order names a server that is not in this workspace, or lacks one that is: read the servers again and name each exactly once.";
    return refused("conflict", message);
  }
  const changes = renumber(servers);
  const result = { servers: servers.map((server, position) => ({ ...server, position })) };
  if (changes.length === 0) return { kind: "unchanged", result };
  const event = {
    action: "server.reordered",
    object: `workspace:${config.workspace.slug}`,
    detail: { slugs },
  };
  return applied(context, config.workspace, event, changes, result);
}

/** What removes a server: those behind it move up. */
export function withoutServer(config: WorkspaceConfig, serverId: string): EntityChange[] {
  const others = inOrder(config).filter(({ id }) => id !== serverId);
  return [{ kind: "server", id: serverId, value: null }, ...renumber(others)];
}

/** The server as the patch wants it, but for its position. */
async function build(
  config: WorkspaceConfig,
  server: ServerRecord,
  patch: ServerPatch,
  context: ChangeContext,
): Promise<Built> {
  const invalid = (problem: string): Built => ({ ok: false, refusal: refused("invalid", problem) });
  const url = patch.url === undefined ? server.url : new URL(patch.url).href;
  const problem = url === server.url ? null : urlProblem(url, context);
  if (problem) return invalid(`url: ${problem}`);
  const plain = parseHeaders("headers", patch.headers ?? server.headers);
  if (!plain.ok) return invalid(plain.problem);
  const secret = parseHeaders("credentials", patch.credentials ?? {});
  if (!secret.ok) return invalid(secret.problem);

  const { origin } = new URL(url);
  // A credential goes to the origin it was entered for and nowhere else, whoever changes the URL.
  const isSameOrigin = server.url !== "" && origin === new URL(server.url).origin;
  const kept = isSameOrigin
    ? server.credentials.filter(({ name }) => !secret.headers.has(name))
    : [];
  const toSeal = [...secret.headers].flatMap(([name, value]) =>
    value === null ? [] : [{ name, value: value.trim() }],
  );
  const empty = toSeal.find(({ value }) => value === "");
  if (empty) return invalid(`credentials.${empty.name}: give a value, or null to remove it.`);
  const both = [...kept, ...toSeal].find(({ name }) => plain.headers.has(name));
  if (both) return invalid(`headers.${both.name}: is in credentials too; keep it in one of them.`);
  const sealed = await seal(config, { serverId: server.id, origin }, toSeal, context);
  if (!sealed) {
    const message =
      "The workspace's key cannot be opened: MCPNEST_MASTER_KEYS lacks the master key that it was wrapped with.";
    return { ok: false, refusal: refused("unavailable", message) };
  }
  const changed: ServerRecord = {
    ...server,
    name: patch.name ?? server.name,
    prefix: patch.prefix === undefined ? server.prefix : patch.prefix,
    enabled: patch.enabled ?? server.enabled,
    url,
    headers: Object.fromEntries(plain.headers),
    credentials: [...kept, ...sealed],
    ...(url === server.url ? {} : NOT_PROBED),
  };
  return { ok: true, server: changed, credentialsSet: toSeal.map(({ name }) => name) };
}

function urlProblem(url: string, context: ChangeContext): string | null {
  const { username, password, hash } = new URL(url);
  if (username || password)
    return "holds a user name or password; put them into credentials, as the header authorization.";
  if (hash) return "has a fragment (#…), which no server receives; leave it out.";
  return context.checkUrl(url);
}

/** Null when the workspace's key cannot be opened. */
async function seal(
  { workspace }: WorkspaceConfig,
  place: { serverId: string; origin: string },
  credentials: { name: string; value: string }[],
  { ring, now }: ChangeContext,
): Promise<SealedHeader[] | null> {
  if (credentials.length === 0) return [];
  const key = await openWorkspaceKey(ring, workspace.wrappedKey).catch(() => null);
  if (!key) return null;
  return Promise.all(
    credentials.map(async ({ name, value }) => ({
      name,
      sealed: await sealHeader(key, { workspaceId: workspace.id, ...place, header: name }, value),
      lastFour: value.length < MIN_LENGTH_TO_SHOW_END ? "" : value.slice(-4),
      setAt: now,
    })),
  );
}

/** Puts the server at its position among the others; all are numbered from 0 without gaps. */
function place(
  config: WorkspaceConfig,
  server: ServerRecord,
  position: number,
): { server: ServerRecord; changes: EntityChange[] } {
  const others = inOrder(config).filter(({ id }) => id !== server.id);
  const index = Math.min(position, others.length);
  const placed = { ...server, position: index };
  const moved = renumber([...others.slice(0, index), placed, ...others.slice(index)]);
  return { server: placed, changes: [{ kind: "server", id: placed.id, value: placed }, ...moved] };
}

function renumber(servers: ServerRecord[]): EntityChange[] {
  return servers.flatMap((server, position) =>
    server.position === position
      ? []
      : [{ kind: "server", id: server.id, value: { ...server, position } }],
  );
}

function inOrder(config: WorkspaceConfig): ServerRecord[] {
  return [...config.servers.values()].toSorted((a, b) => a.position - b.position);
}

function findServer(config: WorkspaceConfig, slug: string): ServerRecord | undefined {
  return [...config.servers.values()].find((server) => server.slug === slug);
}

/** What may be told of a server: header names without values, the URL without its query, which may hold a key. */
function describe({ name, url, prefix, position, enabled, headers, credentials }: ServerRecord) {
  const { origin, pathname, search } = new URL(url);
  return {
    name,
    url: origin + pathname + (search && "?…"),
    prefix,
    position,
    enabled,
    headers: Object.keys(headers),
    credentials: credentials.map((credential) => credential.name),
  };
}

function unknownServer(): ChangeDecision {
  return refused("not_found", "There is no such server in this workspace.");
}

function serverEvent(slug: string, what: string, detail: Record<string, unknown>) {
  return { action: `server.${what}`, object: `server:${slug}`, detail };
}
