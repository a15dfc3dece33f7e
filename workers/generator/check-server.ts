import { PROCESS_ENGINE, type HostRecord } from "../contract/hosting/hosts.ts";
import {
  HostCheckName,
  skipChecks,
  type ServerCheckResult,
} from "../contract/hosting/server-check.ts";
import type { Db } from "../db/database.ts";
import { listHosts } from "../db/hosts.ts";
import { checkServer } from "../hosting/host-client.ts";
import { findOpenHosts } from "../hosting/placement.ts";
import type { Env } from "../runtime/env.ts";
import { logEvent } from "../runtime/log.ts";

const NO_HOST =
  "It could not run: this deployment has no container host that checks servers now. An operator can add one.";

/** Has a container host check the code. Without one, each check says that it could not run. */
export async function checkOnHosts(env: Env, db: Db, code: string): Promise<ServerCheckResult> {
  for (const host of toCandidates(await listHosts(db))) {
    const checked = await checkServer(env, host, { code });
    if (checked.ok) return checked.value;
    logEvent({ event: "server_not_checked", host: host.id, code: checked.code });
  }
  return { checks: skipChecks(HostCheckName.options, NO_HOST), tools: [] };
}

/** Open hosts by free memory; those that run plain processes, which start nothing of the code, last. */
function toCandidates(hosts: HostRecord[]): HostRecord[] {
  const isProcess = ({ report }: HostRecord) => Number(report?.engineVersion === PROCESS_ENGINE);
  const free = ({ report }: HostRecord) => report?.memory.availableBytes ?? 0;
  return findOpenHosts(hosts).toSorted((a, b) => isProcess(a) - isProcess(b) || free(b) - free(a));
}
