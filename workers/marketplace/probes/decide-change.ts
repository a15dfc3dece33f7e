import type { Drift } from "../../contract/api/marketplace-probes.ts";
import { DAY_MS } from "../../contract/units.ts";
import type { StoredTool } from "../../db/marketplace-probes-schema.ts";
import type { ProbeChange, RemoteRow } from "../../db/marketplace-probes.ts";
import type { Inspection } from "./inspect-remote.ts";

/** An address that has failed is probed again after 1, 2, 4 and then 8 days. */
const MAX_RETRY_DAYS = 8;
const SKIPPED_DAYS = 8;
/** An address is unreachable after this many failures in a row, over this time: never after one. */
const UNREACHABLE_FAILURES = 3;
const UNREACHABLE_AFTER_MS = 2 * DAY_MS;
/** Changes of one probe that are logged. */
const MAX_DRIFT = 50;
/** Characters of the words by which a server's tools are found. */
const MAX_WORDS_CHARS = 4_000;

type Change = Omit<Drift, "at" | "url">;

/** Whether an address has not responded for so long that the server counts as unreachable. */
export function isUnreachable({
  failures,
  failingSince,
  probedAt,
}: Pick<RemoteRow, "failures" | "failingSince" | "probedAt">): boolean {
  if (failures < UNREACHABLE_FAILURES || failingSince === null || probedAt === null) return false;
  return probedAt - failingSince >= UNREACHABLE_AFTER_MS;
}

/** Compares a probe at `now` (epoch ms) with what is known of the address. `tools` null: they were never listed. */
export function decideChange(
  known: RemoteRow,
  tools: StoredTool[] | null,
  { tools: listed, ...inspection }: Inspection,
  now: number,
): ProbeChange {
  const { outcome } = inspection;
  const hasFailed = outcome === "failed";
  // A probe that says nothing of the address neither continues nor ends a row of failures.
  const row = outcome === "skipped" ? known : countFailure(known, hasFailed, now);
  const remote: RemoteRow = {
    ...row,
    ...inspection,
    auth: inspection.auth ?? known.auth,
    protocolVersion: inspection.protocolVersion ?? known.protocolVersion,
    latencyMs: hasFailed ? null : inspection.latencyMs,
    probedAt: now,
    nextProbeAt: now + toDays(outcome, row.failures) * DAY_MS,
    listedAt: listed ? now : known.listedAt,
  };
  const ofTools = listed ? compareTools(tools, listed) : [];
  const isChanged = listed !== null && (tools === null || ofTools.length > 0);
  const drift = [...compareRemotes(known, remote), ...ofTools].slice(0, MAX_DRIFT);
  return {
    remote,
    tools: isChanged ? { tools: listed, ...summarize(listed) } : null,
    drift: drift.map((change) => ({ ...change, at: now, url: known.url })),
    concernsServer:
      isChanged || known.auth !== remote.auth || isUnreachable(known) !== isUnreachable(remote),
  };
}

function countFailure(known: RemoteRow, hasFailed: boolean, now: number): RemoteRow {
  return hasFailed
    ? { ...known, failures: known.failures + 1, failingSince: known.failingSince ?? now }
    : { ...known, failures: 0, failingSince: null };
}

function toDays(outcome: Inspection["outcome"], failures: number): number {
  if (outcome === "skipped") return SKIPPED_DAYS;
  return outcome === "failed" ? Math.min(2 ** (failures - 1), MAX_RETRY_DAYS) : 1;
}

function compareRemotes(before: RemoteRow, after: RemoteRow): Change[] {
  const changes: Change[] = [];
  const [was, is] = [isUnreachable(before), isUnreachable(after)];
  if (was !== is) changes.push({ kind: is ? "stopped" : "resumed", tool: null, detail: null });
  if (before.auth !== null && before.auth !== after.auth)
    changes.push({
      kind: "auth_changed",
      tool: null,
      detail: `${before.auth} to ${after.auth}`,
    });
  return changes;
}

/** The first list is not compared with anything. */
function compareTools(before: StoredTool[] | null, after: StoredTool[]): Change[] {
  if (!before) return [];
  const known = new Map(before.map((tool) => [tool.name, tool]));
  const names = new Set(after.map(({ name }) => name));
  const changed = after.flatMap(({ name, digests }): Change[] => {
    const old = known.get(name)?.digests;
    if (!old) return [{ kind: "tool_added", tool: name, detail: null }];
    return (["description", "schema", "annotations"] as const)
      .filter((part) => old[part] !== digests[part])
      .map((part) => ({ kind: `${part}_changed`, tool: name, detail: null }));
  });
  const removed = before
    .filter(({ name }) => !names.has(name))
    .map(({ name }): Change => ({ kind: "tool_removed", tool: name, detail: null }));
  return [...changed, ...removed];
}

/** What search and score need of a list of tools. */
function summarize(tools: StoredTool[]) {
  const words = tools.flatMap(({ name }) => [name, name.replaceAll(/(?<=[a-z\d])(?=[A-Z])/g, " ")]);
  return {
    words: [...new Set(words)].join(" ").slice(0, MAX_WORDS_CHARS).toWellFormed(),
    isDescribed: tools.length > 0 && tools.every(({ description }) => description !== null),
  };
}
