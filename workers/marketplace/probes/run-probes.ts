import { MINUTE_MS } from "../../contract/units.ts";
import { openDb, type Db } from "../../db/database.ts";
import {
  claimRemotes,
  findRemotes,
  findTools,
  saveProbes,
  type ProbeChange,
  type RemoteRow,
} from "../../db/marketplace-probes.ts";
import type { Env } from "../../runtime/env.ts";
import { logEvent, logFailure } from "../../runtime/log.ts";
import { budgetsOf, settingsOf } from "../../runtime/settings.ts";
import { egressOf } from "../../upstream/egress.ts";
import type { FetchOptions } from "../../upstream/guarded-fetch.ts";
import { refreshServers } from "../store-page.ts";
import { decideChange } from "./decide-change.ts";
import { inspectRemote } from "./inspect-remote.ts";

/** Addresses of one run, 43,000 a day. Each takes up to ten requests, and two queries of the 1,000 of an invocation. */
const MOST = 60;
/** Of one host, one after the other. */
const PER_HOST = 4;
/** Hosts at a time: an invocation has six connections that wait for a response. */
const HOSTS_AT_A_TIME = 5;
/** No probe begins later than this, so that a run ends before the next one begins, and a host has one request at a time. */
const BEGIN_WITHIN_MS = 80_000;
/** Addresses that were taken but not probed are due again after this time. */
const LEASE_MS = 10 * MINUTE_MS;
/** Changes of one transaction, so that their texts fit into values of D1. */
const SAVED_AT_ONCE = 10;
/** If all hosts fail at once and at least this many of them did not before, the network of the gateway is down. */
const OUTAGE_HOSTS = 3;

/** Probes the addresses that are due at `now` (epoch ms). One query if there are none: it runs every two minutes. */
export async function probeDueRemotes(env: Env, now: number): Promise<void> {
  const { marketplaceProbes } = settingsOf(env);
  if (marketplaceProbes === "off") return;
  const db = openDb(env.DB);
  const limits = { leaseUntil: now + LEASE_MS, most: MOST, perHost: PER_HOST };
  const due = await claimRemotes(db, now, limits);
  if (due.length === 0) return;
  const egress = egressOf(env);
  // Entries are of strangers: by themselves, probes only leave the gateway's network if the operator wants it otherwise.
  const allowPrivate = egress.allowPrivate && marketplaceProbes === "all";
  const changes = await probeByHost(due, (remote) =>
    probe(env, db, remote, { ...egress, allowPrivate }, now),
  );
  if (isOwnOutage(due, changes)) {
    logEvent({ event: "marketplace_probes_discarded", remotes: changes.length });
    return;
  }
  await saveChanges(db, changes);
  const failed = changes.filter(({ remote }) => remote.outcome === "failed").length;
  const drift = changes.reduce((sum, change) => sum + change.drift.length, 0);
  logEvent({ event: "marketplace_probes_ended", remotes: changes.length, failed, drift });
}

/** Probes the addresses of a server now. */
export async function probeServer(env: Env, db: Db, name: string): Promise<void> {
  const changes: ProbeChange[] = [];
  for (const remote of await findRemotes(db, name))
    changes.push(await probe(env, db, remote, egressOf(env), Date.now()));
  await saveChanges(db, changes);
}

async function probe(
  env: Env,
  db: Db,
  remote: RemoteRow,
  egress: FetchOptions,
  now: number,
): Promise<ProbeChange> {
  const inspection = await inspectRemote(remote.url, egress, budgetsOf(env));
  const known = inspection.tools ? await findTools(db, remote) : null;
  return decideChange(remote, known, inspection, now);
}

/** Handles some hosts at a time, and the addresses of each one after the other. */
async function probeByHost(
  due: RemoteRow[],
  work: (remote: RemoteRow) => Promise<ProbeChange>,
): Promise<ProbeChange[]> {
  const beginUntil = Date.now() + BEGIN_WITHIN_MS;
  const hosts = [...Map.groupBy(due, ({ host }) => host).values()];
  const changes: ProbeChange[] = [];
  const handleHosts = async () => {
    for (let remotes = hosts.pop(); remotes; remotes = hosts.pop())
      for (const remote of remotes)
        if (Date.now() < beginUntil) changes.push(...(await tryProbe(work, remote)));
  };
  await Promise.all(Array.from({ length: HOSTS_AT_A_TIME }, handleHosts));
  return changes;
}

/** What a probe changes; nothing if it throws, which costs no other one. It is due again when its lease ends. */
async function tryProbe(
  work: (remote: RemoteRow) => Promise<ProbeChange>,
  remote: RemoteRow,
): Promise<ProbeChange[]> {
  try {
    return [await work(remote)];
  } catch (error) {
    logFailure("marketplace_probe_failed", error, { server: remote.number });
    return [];
  }
}

function isOwnOutage(due: RemoteRow[], changes: ProbeChange[]): boolean {
  if (changes.some(({ remote }) => remote.outcome !== "failed" && remote.outcome !== "skipped"))
    return false;
  const failed = new Set(
    changes.flatMap(({ remote }) => (remote.outcome === "failed" ? remote.url : [])),
  );
  const fresh = due.filter(({ url, failures }) => failures === 0 && failed.has(url));
  return new Set(fresh.map(({ host }) => host)).size >= OUTAGE_HOSTS;
}

async function saveChanges(db: Db, changes: ProbeChange[]): Promise<void> {
  for (let first = 0; first < changes.length; first += SAVED_AT_ONCE)
    await saveProbes(db, changes.slice(first, first + SAVED_AT_ONCE));
  const concerned = changes.filter(({ concernsServer }) => concernsServer);
  if (concerned.length > 0)
    await refreshServers(db, [...new Set(concerned.map(({ remote }) => remote.number))]);
}
