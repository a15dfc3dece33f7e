import type { Instance } from "../contract/hosting/host-protocol.ts";
import type { HostRecord } from "../contract/hosting/hosts.ts";
import type { InstanceReport } from "../contract/hosting/instances.ts";
import { openDb, type Db } from "../db/database.ts";
import { listHosts, saveHostCheck } from "../db/hosts.ts";
import { listPlacedInstances, recordUsage } from "../db/instances.ts";
import type { Env } from "../runtime/env.ts";
import { logEvent } from "../runtime/log.ts";
import { askHostStatus, listHostInstances, removeInstance } from "./host-client.ts";

/** Looks at a host and keeps what was found; the sentence says why it failed, null: it answers. */
export async function checkHost(env: Env, db: Db, host: HostRecord): Promise<string | null> {
  const status = await askHostStatus(env, host);
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
 * Looks at every host, counts what its instances have used, removes what nobody knows, and tells each workspace what
 * became of its instances.
 */
export async function reconcileHosting(env: Env): Promise<void> {
  const db = openDb(env.DB);
  const at = Date.now();
  const hosts = await listHosts(db);
  const found = await Promise.all(hosts.map((host) => lookAt(env, db, host)));
  // Read after the hosts: an instance is on record before its host hears of it.
  const placed = await listPlacedInstances(db);
  const byHost = new Map(found);
  for (const host of hosts) {
    await settleHost(env, db, host, byHost.get(host.id) ?? null, placed).catch(() =>
      logEvent({ event: "host_not_settled", host: host.id }),
    );
  }
  const reports = new Map<string, InstanceReport[]>();
  for (const { id, hostId, workspaceSlug } of placed) {
    const onHost = hostId === null ? [] : (byHost.get(hostId) ?? null);
    const seen = onHost ? (onHost.find((one) => one.id === id) ?? "missing") : "unreachable";
    reports.set(workspaceSlug, [...(reports.get(workspaceSlug) ?? []), { id, hostId, seen, at }]);
  }
  for (const [slug, instances] of reports) {
    await env.WORKSPACES.getByName(slug)
      .reconcileInstances(instances)
      .catch(() => logEvent({ event: "reconcile_failed", workspace: slug }));
  }
}

async function lookAt(
  env: Env,
  db: Db,
  host: HostRecord,
): Promise<[id: string, instances: Instance[] | null]> {
  const problem = await checkHost(env, db, host);
  if (problem !== null) return [host.id, null];
  const listed = await listHostInstances(env, host);
  return [host.id, listed.ok ? listed.value : null];
}

async function settleHost(
  env: Env,
  db: Db,
  host: HostRecord,
  instances: Instance[] | null,
  placed: { id: string; hostId: string | null }[],
): Promise<void> {
  for (const instance of instances ?? []) {
    await recordUsage(db, host.id, instance, Date.now());
    const { id, workspaceId } = instance;
    if (placed.some((known) => known.id === id && known.hostId === host.id)) continue;
    const removed = await removeInstance(env, host, workspaceId, id);
    logEvent({ event: "orphan_removed", host: host.id, instance: id, done: removed.ok });
  }
}
