import { HOSTING_CATALOGUE } from "../../workers/contract/hosting/catalogue-data.ts";
import type { HostingCatalogueEntry } from "../../workers/contract/hosting/catalogue-entry.ts";
import { PROFILES, type Profile } from "../../workers/contract/hosting/host-protocol.ts";
import type {
  InstanceInput,
  InstanceRecord,
  RestartInput,
  SealedVariable,
} from "../../workers/contract/hosting/instances.ts";
import type {
  EntityChange,
  ServerRecord,
  WorkspaceConfig,
} from "../../workers/contract/records/workspace.ts";
import type { Command } from "../../workers/contract/rpc/commands.ts";
import { openWorkspaceKey, sealVariable } from "../credentials/encryption.ts";
import { applied, refused, type ChangeContext, type ChangeDecision } from "./change-decision.ts";
import { NOT_PROBED, withoutServer } from "./server-changes.ts";

type Of<T extends Command["type"]> = Extract<Command, { type: T }>;
type InstanceCommand = Of<`instance.${"create" | "restart" | "place" | "observe" | "delete"}`>;

/** Until its host says something. */
const NOT_RUNNING = {
  state: "pending",
  reason: null,
  health: "unknown",
  runningAt: null,
  restarts: 0,
} as const;

/** What a command about a hosted server comes to. */
export function decideInstanceChange(
  config: WorkspaceConfig,
  command: InstanceCommand,
  context: ChangeContext,
): ChangeDecision | Promise<ChangeDecision> {
  switch (command.type) {
    case "instance.create":
      return createInstance(config, command, context);
    case "instance.restart":
      return restartInstance(config, command, context);
    case "instance.place":
      return placeInstance(config, command, context);
    case "instance.observe":
      return observeInstance(config, command, context);
    case "instance.delete":
      return deleteInstance(config, command, context);
  }
}

async function createInstance(
  config: WorkspaceConfig,
  { input, limit }: Of<"instance.create">,
  context: ChangeContext,
): Promise<ChangeDecision> {
  const entry = HOSTING_CATALOGUE.find(({ id }) => id === input.catalogueId);
  if (!entry) return refused("invalid", "catalogueId: there is no such server in the catalogue.");
  const values = given(input.credentials ?? {});
  const slug = input.slug ?? entry.id;
  const profile = input.profile ?? entry.profile;
  const problem = findProblem(entry, profile, values);
  if (problem) return refused("invalid", problem);
  if (config.instances.size >= limit) {
    const message = `This workspace may have ${limit} hosted servers, and has them: terminate one, or ask the operator for more.`;
    return refused("conflict", message);
  }
  if (isTaken(config, slug)) {
    const message = `slug: there is already a server "${slug}" in this workspace; choose another.`;
    return refused("conflict", message);
  }
  const id = context.newId("ins");
  const variables = await seal(config, id, values, context);
  if (!variables) return KEY_CLOSED;
  const instance: InstanceRecord = {
    id,
    slug,
    name: input.name ?? entry.name,
    prefix: input.prefix ?? null,
    catalogueId: entry.id,
    profile,
    hostId: null,
    ...NOT_RUNNING,
    variables,
    createdAt: context.now,
  };
  const detail = { ...describe(instance), credentialsSet: Object.keys(values) };
  return changed(config, instance, "created", detail, context);
}

/** Takes over new values and makes the instance wait for its start. */
async function restartInstance(
  config: WorkspaceConfig,
  { id, input }: Of<"instance.restart">,
  context: ChangeContext,
): Promise<ChangeDecision> {
  const before = config.instances.get(id);
  const entry = HOSTING_CATALOGUE.find((candidate) => candidate.id === before?.catalogueId);
  if (!before || !entry) return unknownInstance();
  const { values, kept } = merge(before, input);
  const profile = input.profile ?? before.profile;
  const problem = findProblem(entry, profile, values, new Set(kept.map(({ key }) => key)));
  if (problem) return refused("invalid", problem);
  const sealed = await seal(config, id, values, context);
  if (!sealed) return KEY_CLOSED;
  const instance = { ...before, profile, ...NOT_RUNNING, variables: [...kept, ...sealed] };
  const removed = before.variables
    .map(({ key }) => key)
    .filter((key) => !instance.variables.some((variable) => variable.key === key));
  const detail = {
    ...(profile === before.profile ? {} : { profile }),
    ...(sealed.length > 0 ? { credentialsSet: sealed.map(({ key }) => key) } : {}),
    ...(removed.length > 0 ? { credentialsRemoved: removed } : {}),
  };
  return changed(config, instance, "restarted", detail, context);
}

function placeInstance(
  config: WorkspaceConfig,
  { id, hostId }: Of<"instance.place">,
  context: ChangeContext,
): ChangeDecision {
  const before = config.instances.get(id);
  if (!before) return unknownInstance();
  const instance = { ...before, ...NOT_RUNNING, hostId, state: "starting" } as const;
  return changed(config, instance, "starting", { host: hostId }, context);
}

/** What was seen is told of when it is another state or health; its server is there from the first run on. */
function observeInstance(
  config: WorkspaceConfig,
  { id, seen, url }: Of<"instance.observe">,
  context: ChangeContext,
): ChangeDecision {
  const before = config.instances.get(id);
  if (!before) return unknownInstance();
  const instance = { ...before, ...seen };
  const server = seen.state === "running" ? serverOf(config, instance, url, context) : null;
  if (JSON.stringify(instance) === JSON.stringify(before) && !server) {
    return { kind: "unchanged", result: { instance } };
  }
  const what = before.state === seen.state ? "health_changed" : seen.state;
  const detail = {
    health: seen.health,
    ...(seen.reason ? { reason: seen.reason.code } : {}),
    restarts: seen.restarts,
  };
  const more: EntityChange[] = server ? [{ kind: "server", id: server.id, value: server }] : [];
  return changed(config, instance, what, detail, context, more);
}

function deleteInstance(
  config: WorkspaceConfig,
  { id }: Of<"instance.delete">,
  context: ChangeContext,
): ChangeDecision {
  const instance = config.instances.get(id);
  if (!instance) return unknownInstance();
  const server = findServer(config, id);
  const changes: EntityChange[] = [
    { kind: "instance", id, value: null },
    ...(server ? withoutServer(config, server.id) : []),
  ];
  const event = {
    action: "instance.terminated",
    object: `instance:${id}`,
    detail: describe(instance),
  };
  return applied(context, config.workspace, event, changes, { instance });
}

/** The instance's server as it must be now; null: it is so, or nobody knows where it is. */
function serverOf(
  config: WorkspaceConfig,
  { id, hostId, slug, name, prefix }: InstanceRecord,
  url: string | null,
  context: ChangeContext,
): ServerRecord | null {
  if (url === null || hostId === null) return null;
  const hosted = { instanceId: id, hostId };
  const known = findServer(config, id);
  if (!known) {
    return {
      id: context.newId("srv"),
      slug,
      name,
      url,
      prefix,
      position: config.servers.size,
      enabled: true,
      headers: {},
      credentials: [],
      ...NOT_PROBED,
      hosted,
      createdAt: context.now,
    };
  }
  if (known.url === url && known.hosted?.hostId === hostId) return null;
  return { ...known, url, hosted, ...NOT_PROBED };
}

function findServer(config: WorkspaceConfig, instanceId: string): ServerRecord | undefined {
  return [...config.servers.values()].find(({ hosted }) => hosted?.instanceId === instanceId);
}

function isTaken(config: WorkspaceConfig, slug: string): boolean {
  return [...config.servers.values(), ...config.instances.values()].some(
    (other) => other.slug === slug,
  );
}

/** Why these values will not do, as a sentence that repeats none of them; `kept`: variables that have one already. */
function findProblem(
  entry: HostingCatalogueEntry,
  profile: Profile,
  values: Record<string, string>,
  kept: ReadonlySet<string> = new Set(),
): string | null {
  if (PROFILES[profile].memoryMb < PROFILES[entry.profile].memoryMb)
    return `profile: ${entry.name} needs ${entry.profile} or a larger one.`;
  for (const [key, value] of Object.entries(values)) {
    if (!entry.variables.some((variable) => variable.key === key))
      return `credentials.${key}: ${entry.name} has no such variable.`;
    if (value.startsWith("-")) return `credentials.${key}: a value may not begin with "-".`;
    if (value.includes("\0")) return `credentials.${key}: a value may not hold a zero byte.`;
  }
  const missing = entry.variables.find(
    ({ key, required }) => required && !values[key] && !kept.has(key),
  );
  return missing ? `credentials.${missing.key}: ${entry.name} needs it (${missing.label}).` : null;
}

/** Forms send what was left empty as an empty text. */
function given(values: InstanceInput["credentials"] & {}): Record<string, string> {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== ""));
}

function merge({ variables }: InstanceRecord, { credentials = {} }: RestartInput) {
  const kept = variables.filter(({ key }) => credentials[key] === undefined);
  const set = Object.entries(credentials).flatMap(([key, value]) =>
    value === null ? [] : [[key, value] as const],
  );
  return { kept, values: given(Object.fromEntries(set)) };
}

/** Null when the workspace's key cannot be opened. */
async function seal(
  { workspace }: WorkspaceConfig,
  instanceId: string,
  values: Record<string, string>,
  { ring, now }: ChangeContext,
): Promise<SealedVariable[] | null> {
  const entries = Object.entries(values);
  if (entries.length === 0) return [];
  const dataKey = await openWorkspaceKey(ring, workspace.wrappedKey).catch(() => null);
  if (!dataKey) return null;
  return Promise.all(
    entries.map(async ([key, value]) => {
      const context = { workspaceId: workspace.id, instanceId, key };
      return { key, sealed: await sealVariable(dataKey, context, value), setAt: now };
    }),
  );
}

function changed(
  config: WorkspaceConfig,
  instance: InstanceRecord,
  what: string,
  detail: Record<string, unknown>,
  context: ChangeContext,
  more: EntityChange[] = [],
): ChangeDecision {
  const event = {
    action: `instance.${what}`,
    object: `instance:${instance.id}`,
    detail: { slug: instance.slug, ...detail },
  };
  const change: EntityChange = { kind: "instance", id: instance.id, value: instance };
  return applied(context, config.workspace, event, [change, ...more], { instance });
}

function describe({ slug, name, catalogueId, profile, hostId }: InstanceRecord) {
  return { slug, name, catalogueId, profile, host: hostId };
}

function unknownInstance(): ChangeDecision {
  return refused("not_found", "There is no such hosted server in this workspace.");
}

const KEY_CLOSED = refused(
  "unavailable",
  "The workspace's key cannot be opened: MCPNEST_MASTER_KEYS lacks the master key that it was wrapped with.",
);
