import type { InstanceRecord } from "../../workers/contract/hosting/instances.ts";
import type {
  EntityChange,
  ServerRecord,
  WorkspaceConfig,
} from "../../workers/contract/records/workspace.ts";
import type { Command } from "../../workers/contract/rpc/commands.ts";
import { refuse, type ChangeContext, type ChangeDecision } from "./change-decision.ts";
import {
  acceptInstance,
  findInstanceServer,
  NOT_RUNNING,
  refuseUnknownInstance,
} from "./instance-changes.ts";
import { GENERAL_TIME_LIMITS, NEW_CONTRACT, NOT_PROBED } from "./server-changes.ts";

/** Assigns the instance to a container host. */
export function placeInstance(
  config: WorkspaceConfig,
  { id, hostId }: Command<"instance.place">,
  context: ChangeContext,
): ChangeDecision<"instance.place"> {
  const before = config.instances.get(id);
  if (!before) return refuseUnknownInstance();
  const instance = { ...before, ...NOT_RUNNING, hostId, state: "starting" } as const;
  return acceptInstance(config, instance, "starting", { host: hostId }, context);
}

/**
 * Stores a host's report, with an event if anything changed. The first `running` report creates the server, and the first one
 * after a switch of versions completes it.
 */
export function observeInstance(
  config: WorkspaceConfig,
  { id, observation, url }: Command<"instance.observe">,
  context: ChangeContext,
): ChangeDecision<"instance.observe"> {
  const before = config.instances.get(id);
  if (!before) return refuseUnknownInstance();
  const isRunning = observation.state === "running";
  const versions = isRunning ? completeSwitch(before.versions) : before.versions;
  const instance = { ...before, ...observation, versions };
  const server = isRunning ? toInstanceServer(config, instance, url, context) : null;
  const switching = isRunning ? before.versions?.switching : null;
  const value = switching ? withVersion(config, id, server, switching.contractDigest) : server;
  if (JSON.stringify(instance) === JSON.stringify(before) && !value) {
    return { kind: "unchanged", result: { instance } };
  }
  const verb = before.state === observation.state ? "health_changed" : observation.state;
  const detail = {
    health: observation.health,
    ...(observation.reason ? { reason: observation.reason.code } : {}),
    restarts: observation.restarts,
  };
  const more: EntityChange[] = value ? [{ kind: "server", id: value.id, value }] : [];
  return acceptInstance(config, instance, verb, detail, context, more);
}

/** Sets another version, after a trial has shown what it lists; the object then starts it. */
export function switchInstance(
  config: WorkspaceConfig,
  { id, version, current, approval }: Command<"instance.switch">,
  context: ChangeContext,
): ChangeDecision<"instance.switch"> {
  const before = config.instances.get(id);
  if (!before) return refuseUnknownInstance();
  const { versions } = before;
  if (versions?.switching || (versions && versions.current !== current))
    return refuse("conflict", "The version was switched meanwhile: read the versions again.");
  const server = findInstanceServer(config, id);
  const from = { version: current, contractDigest: server?.contractDigest ?? null };
  const contractDigest = approval?.contractDigest ?? null;
  const instance: InstanceRecord = {
    ...before,
    ...NOT_RUNNING,
    versions: {
      current: version,
      earlier: versions?.earlier ?? null,
      switching: { from, contractDigest },
      failed: null,
    },
  };
  const detail = {
    version,
    ...(approval ? { definitions: approval.definitions, contractDigest } : {}),
    before: {
      version: current,
      ...(approval ? { contractDigest: from.contractDigest } : {}),
    },
  };
  const decision = acceptInstance(config, instance, "version_switched", detail, context);
  return { ...decision, contracts: approval?.made ? [approval.made] : [] };
}

/** Sets the version before a switch whose version did not start; the object then starts it. */
export function putBackInstance(
  config: WorkspaceConfig,
  { id, message }: Command<"instance.put-back">,
  context: ChangeContext,
): ChangeDecision<"instance.put-back"> {
  const before = config.instances.get(id);
  if (!before) return refuseUnknownInstance();
  const { versions } = before;
  if (!versions?.switching) return { kind: "unchanged", result: { instance: before } };
  const { version } = versions.switching.from;
  const failed = { version: versions.current, message, at: context.now };
  const instance: InstanceRecord = {
    ...before,
    ...NOT_RUNNING,
    versions: { ...versions, current: version, switching: null, failed },
  };
  const detail = { version, before: { version: failed.version }, message };
  return acceptInstance(config, instance, "version_put_back", detail, context);
}

function completeSwitch(versions: InstanceRecord["versions"]): InstanceRecord["versions"] {
  if (!versions?.switching) return versions;
  return { ...versions, earlier: versions.switching.from, switching: null };
}

/** The server after a switch: another version can speak another protocol. Null: it has none any more. */
function withVersion(
  config: WorkspaceConfig,
  instanceId: string,
  changed: ServerRecord | null,
  contractDigest: string | null,
): ServerRecord | null {
  const server = changed ?? findInstanceServer(config, instanceId);
  if (!server) return null;
  return { ...server, ...NOT_PROBED, contractDigest: contractDigest ?? server.contractDigest };
}

/** The server record to store for a running instance; null: it is up to date, or the instance has no known host. */
function toInstanceServer(
  config: WorkspaceConfig,
  { id, hostId, slug, name, prefix, origin }: InstanceRecord,
  url: string | null,
  context: ChangeContext,
): ServerRecord | null {
  if (url === null || hostId === null) return null;
  const hosted = { instanceId: id, hostId };
  const known = findInstanceServer(config, id);
  if (!known) {
    return {
      id: context.newId("srv"),
      slug,
      name,
      url,
      prefix,
      position: config.servers.size,
      enabled: true,
      ...GENERAL_TIME_LIMITS,
      headers: {},
      credentials: [],
      ...NOT_PROBED,
      hosted,
      origin,
      perPerson: null,
      ...NEW_CONTRACT,
      createdAt: context.now,
      changedAt: null,
    };
  }
  if (known.url === url && known.hosted?.hostId === hostId) return null;
  return { ...known, url, hosted, ...NOT_PROBED };
}
