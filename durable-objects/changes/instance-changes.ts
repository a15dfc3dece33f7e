import { HOSTING_CATALOGUE } from "../../workers/contract/hosting/catalogue-data.ts";
import type { HostingCatalogueEntry } from "../../workers/contract/hosting/catalogue-entry.ts";
import { PROFILES, type Profile } from "../../workers/contract/hosting/host-protocol.ts";
import type {
  InstanceInput,
  InstanceRecord,
  RestartInput,
  SealedVariable,
} from "../../workers/contract/hosting/instances.ts";
import { toFollowDetail } from "../../workers/contract/records/followed-registry.ts";
import type {
  EntityChange,
  ServerRecord,
  WorkspaceConfig,
} from "../../workers/contract/records/workspace.ts";
import type { Command } from "../../workers/contract/rpc/commands.ts";
import { sealVariable, tryOpenWorkspaceKey } from "../credentials/encryption.ts";
import { countRules } from "../policy/rules.ts";
import {
  accept,
  refuse,
  refuseUnreadableKey,
  type AcceptedDecision,
  type ChangeContext,
  type ChangeDecision,
  type ChangeEvent,
} from "./change-decision.ts";
import { toServerRemoval } from "./server-changes.ts";
import { describeOrigin, toFulfilled } from "./server-events.ts";

/** The state before the first report of the container host. */
export const NOT_RUNNING = {
  state: "pending",
  reason: null,
  health: "unknown",
  runningAt: null,
  restarts: 0,
} as const;

/** Creates an instance in state `pending`; the object then starts it on a container host. */
export async function createInstance(
  config: WorkspaceConfig,
  { input, limit, origin = null, follow }: Command<"instance.create">,
  context: ChangeContext,
): Promise<ChangeDecision<"instance.create">> {
  const entry = HOSTING_CATALOGUE.find(({ id }) => id === input.catalogueId);
  if (!entry) return refuse("invalid", "catalogueId: there is no such server in the catalogue.");
  const values = dropEmptyValues(input.credentials ?? {});
  const slug = input.slug ?? entry.id;
  const profile = input.profile ?? entry.profile;
  const problem = findProblem(entry, profile, values);
  if (problem) return refuse("invalid", problem);
  if (config.instances.size >= limit) {
    const message = `This workspace has its maximum of ${limit} hosted servers: terminate one, or ask the operator for a higher limit.`;
    return refuse("conflict", message);
  }
  if (isSlugTaken(config, slug)) {
    const message = `slug: there is already a server "${slug}" in this workspace; choose another.`;
    return refuse("conflict", message);
  }
  const id = context.newId("ins");
  const variables = await sealVariables(config, id, values, context);
  if (!variables) return refuseUnreadableKey();
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
    origin,
    versions: null,
    createdAt: context.now,
  };
  const detail = {
    ...describe(instance),
    credentialsSet: Object.keys(values),
    origin: describeOrigin(origin),
    ...toFulfilled(input),
    ...toFollowDetail(follow),
  };
  return acceptInstance(config, instance, "created", detail, context);
}

/** Stores new values and sets the instance to `pending`; the object then starts it. */
export async function restartInstance(
  config: WorkspaceConfig,
  { id, input }: Command<"instance.restart">,
  context: ChangeContext,
): Promise<ChangeDecision<"instance.restart">> {
  const before = config.instances.get(id);
  const entry = HOSTING_CATALOGUE.find((candidate) => candidate.id === before?.catalogueId);
  if (!before || !entry) return refuseUnknownInstance();
  const { values, kept } = mergeVariables(before, input);
  const profile = input.profile ?? before.profile;
  const problem = findProblem(entry, profile, values, new Set(kept.map(({ key }) => key)));
  if (problem) return refuse("invalid", problem);
  const sealed = await sealVariables(config, id, values, context);
  if (!sealed) return refuseUnreadableKey();
  const instance = { ...before, profile, ...NOT_RUNNING, variables: [...kept, ...sealed] };
  const removed = before.variables
    .map(({ key }) => key)
    .filter((key) => !instance.variables.some((variable) => variable.key === key));
  const detail = {
    ...(profile === before.profile ? {} : { profile }),
    ...(sealed.length > 0 ? { credentialsSet: sealed.map(({ key }) => key) } : {}),
    ...(removed.length > 0 ? { credentialsRemoved: removed } : {}),
  };
  return acceptInstance(config, instance, "restarted", detail, context);
}

/** Removes the instance and its server. */
export function deleteInstance(
  config: WorkspaceConfig,
  { id }: Command<"instance.delete">,
  context: ChangeContext,
): ChangeDecision<"instance.delete"> {
  const instance = config.instances.get(id);
  if (!instance) return refuseUnknownInstance();
  const server = findInstanceServer(config, id);
  const changes: EntityChange[] = [
    { kind: "instance", id, value: null },
    ...(server ? toServerRemoval(config, server.id) : []),
  ];
  const event: ChangeEvent = {
    action: "instance.terminated",
    object: `instance:${id}`,
    detail: { ...describe(instance), ...(server ? { rules: countRules(config, server) } : {}) },
  };
  return accept(context, config.workspace, event, changes, { instance });
}

/** The server of an instance; undefined: the instance has not run yet. */
export function findInstanceServer(
  config: WorkspaceConfig,
  instanceId: string,
): ServerRecord | undefined {
  return [...config.servers.values()].find(({ hosted }) => hosted?.instanceId === instanceId);
}

function isSlugTaken(config: WorkspaceConfig, slug: string): boolean {
  return [...config.servers.values(), ...config.instances.values()].some(
    (other) => other.slug === slug,
  );
}

/**
 * A sentence about the first invalid value, which it never quotes; null: all are valid. `kept`: variables that keep
 * their stored value.
 */
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
    if (value.includes("\0")) return `credentials.${key}: a value must not contain a zero byte.`;
  }
  const missing = entry.variables.find(
    ({ key, required }) => required && !values[key] && !kept.has(key),
  );
  return missing ? `credentials.${missing.key}: ${entry.name} needs it (${missing.label}).` : null;
}

/** Forms send an empty text for a field that was left empty. */
function dropEmptyValues(values: InstanceInput["credentials"] & {}): Record<string, string> {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== ""));
}

/** The stored variables that stay, and the values that replace or add others; null removes a variable. */
function mergeVariables({ variables }: InstanceRecord, { credentials = {} }: RestartInput) {
  const kept = variables.filter(({ key }) => credentials[key] === undefined);
  const set = Object.entries(credentials).flatMap(([key, value]) =>
    value === null ? [] : [[key, value] as const],
  );
  return { kept, values: dropEmptyValues(Object.fromEntries(set)) };
}

/** Null: the workspace's key cannot be opened. */
async function sealVariables(
  { workspace }: WorkspaceConfig,
  instanceId: string,
  values: Record<string, string>,
  { ring, now }: ChangeContext,
): Promise<SealedVariable[] | null> {
  const entries = Object.entries(values);
  if (entries.length === 0) return [];
  const dataKey = await tryOpenWorkspaceKey(ring, workspace.wrappedKey);
  if (!dataKey) return null;
  return Promise.all(
    entries.map(async ([key, value]) => {
      const context = { workspaceId: workspace.id, instanceId, key };
      return { key, sealed: await sealVariable(dataKey, context, value), setAt: now };
    }),
  );
}

/** Stores an instance, and what else changes with it. */
export function acceptInstance(
  config: WorkspaceConfig,
  instance: InstanceRecord,
  verb:
    | "created"
    | "restarted"
    | "health_changed"
    | "version_switched"
    | "version_put_back"
    | InstanceRecord["state"],
  detail: Record<string, unknown>,
  context: ChangeContext,
  more: EntityChange[] = [],
): AcceptedDecision<{ instance: InstanceRecord }> {
  const event: ChangeEvent = {
    action: `instance.${verb}`,
    object: `instance:${instance.id}`,
    detail: { slug: instance.slug, ...detail },
  };
  const change: EntityChange = { kind: "instance", id: instance.id, value: instance };
  return accept(context, config.workspace, event, [change, ...more], { instance });
}

function describe({ slug, name, catalogueId, profile, hostId }: InstanceRecord) {
  return { slug, name, catalogueId, profile, host: hostId };
}

/** Refuses a command for an instance that the workspace does not have. */
export function refuseUnknownInstance() {
  return refuse("not_found", "There is no such hosted server in this workspace.");
}
