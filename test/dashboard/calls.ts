import { LATENCY_BOUNDS_MS } from "../../workers/contract/api/usage.ts";
import { DAY_MS } from "../../workers/contract/units.ts";
import { openD1File } from "../fixtures/d1-file.ts";
import type { Team } from "./team.ts";

const DAYS = 30;
const CLIENTS = [
  ["claude-code", "2.1.44"],
  ["cursor-vscode", "1.9.2"],
  ["codex-mcp-client", "0.71.0"],
] as const;

/**
 * Writes `count` calls of the last 30 days, and their usage figures, directly into D1's file; the runtime must be stopped.
 * The same input gives the same calls, except for their time.
 */
export async function writeCalls(stateDir: string, team: Team, count: number): Promise<void> {
  const db = await openD1File(stateDir);
  const insert = db.prepare(
    `INSERT INTO mcp_tool_calls (id, workspace_id, seq, member_id, token_id, server_slug, tool_name, method, status,
       error_code, latency_ms, protocol_version, client_name, client_version, created_at)
     VALUES (?, ?, ?, ?, ?, ?, ?, 'tools/call', ?, ?, ?, '2025-11-25', ?, ?, ?)`,
  );
  const random = makeRandom();
  const now = Date.now();
  db.exec("BEGIN");
  for (let seq = 1; seq <= count; seq += 1) {
    // The square makes a few people and tools frequent.
    const member = pick(team.members, random() ** 2);
    const tool = pick(team.tools, random() ** 2);
    const [client, version] = pick(CLIENTS, random());
    const [status, error] = pickOutcome(random(), tool.name);
    const latency = status === "blocked" ? 1 : Math.round(20 + 900 * random() ** 4);
    const at = Math.round(now - ((count - seq) / count) * DAYS * DAY_MS);
    insert.run(
      `${team.workspaceId}:${seq}`,
      team.workspaceId,
      seq,
      member.id,
      member.tokenId,
      tool.server,
      tool.name,
      status,
      error,
      latency,
      client,
      version,
      at,
    );
  }
  db.exec(toUsage(team.workspaceId));
  db.exec("COMMIT");
  db.close();
}

/** The statement that counts all calls as `usage_steps` of an hour. */
function toUsage(workspaceId: string): string {
  const bounds = [0, ...LATENCY_BOUNDS_MS, 1e12];
  const buckets = bounds.slice(1).map((_, i) => `b${i}`);
  const sums = bounds
    .slice(1)
    .map(
      (bound, i) =>
        `sum(status IN ('ok', 'error') AND latency_ms > ${bounds[i]} AND latency_ms <= ${bound})`,
    );
  return `INSERT INTO usage_steps (workspace_id, hours, step, server_slug, tool_name, member_id, calls, errors, refused,
      last_called_at, ${buckets.join(", ")})
    SELECT workspace_id, 1, created_at / 3600000, server_slug, tool_name, member_id, sum(count), sum(status = 'error'),
      sum(status = 'blocked'), max(created_at), ${sums.join(", ")}
    FROM mcp_tool_calls WHERE workspace_id = '${workspaceId}' GROUP BY 1, 3, 4, 5, 6`;
}

function pickOutcome(random: number, tool: string): [string, string | null] {
  if (random < 0.02) return ["blocked", null];
  if (random < (tool.startsWith("search") ? 0.12 : 0.04)) return ["error", "tool_error"];
  return random < 0.045 ? ["error", "upstream_timeout"] : ["ok", null];
}

function pick<T>(items: readonly T[], share: number): T {
  const item = items[Math.floor(share * items.length)];
  if (item === undefined) throw new Error("nothing to pick from");
  return item;
}

/** Numbers from 0 to 1, the same in each run (a linear congruential generator). */
function makeRandom(): () => number {
  let state = 1;
  return () => {
    state = (state * 1_664_525 + 1_013_904_223) % 2 ** 32;
    return state / 2 ** 32;
  };
}
