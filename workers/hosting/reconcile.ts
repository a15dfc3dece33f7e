import type { Instance } from "../contract/hosting/host-protocol.ts";
import type { HostRecord } from "../contract/hosting/hosts.ts";
import type { InstanceReport } from "../contract/hosting/instances.ts";
import { openDb, type Db } from "../db/database.ts";
import { listHosts, saveHostCheck } from "../db/hosts.ts";
import { listPlacedInstances, recordUsage } from "../db/instances.ts";
import type { Env } from "../runtime/env.ts";
import { logEvent, logFailure } from "../runtime/log.ts";
import { workspacesOf } from "../runtime/objects.ts";
import { Semaphore } from "../runtime/semaphore.ts";
import { fetchHostStatus, listHostInstances, removeInstance } from "./host-client.ts";

/**
 * Hosts that are asked at a time. Cloudflare opens six connections for one invocation, and a request that waits for one of
 * them uses up its own time limit.
 */
const HOSTS_AT_ONCE = 5;

/** Checks a host and stores the result. Returns the problem as a sentence; null: the host is available. */
export async function checkHost(env: Env, db: Db, host: HostRecord): Promise<string | null> {
  const status = await fetchHostStatus(env, host);
  const checkedAt = Date.now();
  if (!status.ok) {
    await saveHostCheck(db, host.id, { checkedAt, problem: status.message });
    return status.message;
  }
  const { id: _id, proof: _proof, ...report } = status.value;
  await saveHostCheck(db, host.id, { checkedAt, problem: null, report });
  return null;
}

/**
 * Checks every container host, records the usage of its instances, removes instances that no workspace has, and reports
 * to each workspace the state of its instances.
 */
export async function reconcileHosting(env: Env): Promise<void> {
  const db = openDb(env.DB);
  const at = Date.now();
  const hosts = await listHosts(db);
  // Runs every minute, in deployments without hosted servers too. A host with instances cannot be removed.
  if (hosts.length === 0) return;
  const turns = new Semaphore(HOSTS_AT_ONCE);
  const found = await Promise.all(hosts.map((host) => turns.run(() => inspectHost(env, db, host))));
  // Read after the hosts: an instance is stored before its host gets it.
  const placed = await listPlacedInstances(db);
  const byHost = new Map(found);
  for (const host of hosts) {
    await cleanUpHost(env, db, host, byHost.get(host.id) ?? null, placed).catch((error: unknown) =>
      logFailure("host_clean_up_failed", error, { host: host.id }),
    );
  }
  const reports = new Map<string, InstanceReport[]>();
  for (const { id, hostId, workspaceSlug } of placed) {
    const onHost = hostId === null ? [] : (byHost.get(hostId) ?? null);
    const seen = onHost ? (onHost.find((one) => one.id === id) ?? "missing") : "unreachable";
    reports.set(workspaceSlug, [...(reports.get(workspaceSlug) ?? []), { id, hostId, seen, at }]);
  }
  for (const [slug, instances] of reports) {
    await workspacesOf(env)
      .getByName(slug)
      .reconcileInstances(instances)
      .catch((error: unknown) => logFailure("reconcile_failed", error, { workspace: slug }));
  }
}

async function inspectHost(
  env: Env,
  db: Db,
  host: HostRecord,
): Promise<[id: string, instances: Instance[] | null]> {
  const problem = await checkHost(env, db, host);
  if (problem !== null) return [host.id, null];
  const listed = await listHostInstances(env, host);
  return [host.id, listed.ok ? listed.value : null];
}

async function cleanUpHost(
  env: Env,
  db: Db,
  host: HostRecord,
  instances: Instance[] | null,
  placed: { id: string; hostId: string | null }[],
): Promise<void> {
  for (const instance of instances ?? []) {
    const { id, workspaceId, trialUntil = 0 } = instance;
    // A version that is tried belongs to no server; its workspace removes it, or else this does.
    if (trialUntil > Date.now()) continue;
    await recordUsage(db, host.id, instance, Date.now());
    if (placed.some((known) => known.id === id && known.hostId === host.id)) continue;
    const removed = await removeInstance(env, host, { workspaceId: workspaceId, instanceId: id });
    logEvent({ event: "orphan_removed", host: host.id, instance: id, done: removed.ok });
  }
}
