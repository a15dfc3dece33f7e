import { sql, type SQL } from "drizzle-orm";
import type { AlertKind } from "../contract/api/alerts.ts";
import { HOUR_MS, MINUTE_MS } from "../contract/units.ts";
import { alerts, seenClients } from "./alerts-schema.ts";
import type { Db } from "./database.ts";

/** The same again within this time only counts. */
const GROUPED_MS = 10 * MINUTE_MS;
/** So many checks of a server have to fail one after the other. */
const FAILED_CHECKS = 3;
/** So many refused calls of one caller within this time are a burst. */
const BURST = 20;
const BURST_MS = 10 * MINUTE_MS;
/** A burst looks at so many of the workspace's last refused rows at most. */
const BURST_ROWS = 500;
/** Longer names of clients are cut: they are the client's own words. */
const MAX_CLIENT_NAME = 100;
/** Names of clients that a workspace remembers. */
const MAX_SEEN_CLIENTS = 1_000;

const ALERT_ID = sql`'alt_' || lower(hex(randomblob(12)))`;

/** The columns of a new alert from a query. */
interface AlertColumns {
  workspaceId: SQL | string;
  kind: AlertKind;
  key: SQL | string;
  detail: SQL;
  at: number;
  /** `FROM …`, and `WHERE …`. */
  source: SQL;
}

/** The statement that stores alerts from a query. The same key again only counts. It belongs in the batch of what happened. */
function insertAlerts(db: Db, { workspaceId, kind, key, detail, at, source }: AlertColumns) {
  return db
    .insert(alerts)
    .select(
      sql`SELECT ${ALERT_ID}, ${workspaceId}, ${kind}, ${key}, ${detail}, 1, ${at}, NULL ${source}`,
    )
    .onConflictDoUpdate({
      target: [alerts.workspaceId, alerts.kind, alerts.key],
      set: { count: sql`${alerts.count} + 1` },
    });
}

/** The statement that raises one alert. `subject`: the same subject again within `groupedMs` (ten minutes) only counts. */
export function raiseAlert(
  db: Db,
  alert: {
    workspaceId: string;
    kind: AlertKind;
    subject: string;
    detail: Record<string, string | number>;
    at: number;
    groupedMs?: number;
  },
) {
  const { workspaceId, kind, subject, detail, at, groupedMs = GROUPED_MS } = alert;
  const key = `${subject} ${Math.floor(at / groupedMs)}`;
  return insertAlerts(db, {
    workspaceId,
    kind,
    key,
    detail: sql`${JSON.stringify(detail)}`,
    at,
    source: sql`WHERE true`,
  });
}

/** The statement that tells of a new request for access, if it was stored. */
export function raiseAccessRequested(db: Db, id: string, at: number) {
  return insertAlerts(db, {
    workspaceId: sql`workspace_id`,
    kind: "access_requested",
    key: sql`id`,
    detail: sql`json_object('rule', rule, 'member', (SELECT name FROM members WHERE members.id = member_id))`,
    at,
    source: sql`FROM access_requests WHERE id = ${id} AND status = 'open'`,
  });
}

/** The statement that tells of a new request for a server, if it was stored. */
export function raiseServerRequested(db: Db, id: string, at: number) {
  return insertAlerts(db, {
    workspaceId: sql`workspace_id`,
    kind: "server_requested",
    key: sql`id`,
    detail: sql`json_object('entry', entry, 'member', (SELECT name FROM members WHERE members.id = member_id))`,
    at,
    source: sql`FROM server_requests WHERE id = ${id} AND status = 'open'`,
  });
}

/**
 * The statement that tells of a server whose last three checks failed, once for each time that it fails. `code`: of the last
 * check. It belongs after the insert of the check.
 */
export function raiseFailing(
  db: Db,
  {
    serverId,
    workspaceId,
    code,
    at,
  }: { serverId: string; workspaceId: string; code: string; at: number },
) {
  const kind = isCredential(code) ? "credential_failing" : "server_failing";
  const wellAt = sql`coalesce((SELECT max(checked_at) FROM server_checks WHERE server_id = ${serverId} AND error_code IS NULL), 0)`;
  return db
    .insert(alerts)
    .select(
      sql`SELECT ${ALERT_ID}, ${workspaceId}, ${kind}, id || ' ' || ${wellAt}, json_object('server', slug, 'code', ${code}), 1, ${at}, NULL
        FROM servers WHERE id = ${serverId} AND (SELECT count(*) FROM (SELECT 1 FROM server_checks
          WHERE server_id = ${serverId} AND checked_at > ${wellAt} LIMIT ${FAILED_CHECKS})) >= ${FAILED_CHECKS}`,
    )
    .onConflictDoNothing();
}

/** Whether a failure is that of a credential, which a person has to renew. */
function isCredential(code: string): boolean {
  return [
    "upstream_unauthorized",
    "credential_unreadable",
    "needs_sign_in",
    "needs_permission",
  ].includes(code);
}

/** The statement that tells of callers with many refused calls, at most once an hour for each. It belongs after the rows. */
export function raiseRefusalBursts(db: Db, workspaceId: string, at: number) {
  const hour = Math.floor(at / HOUR_MS);
  return db
    .insert(alerts)
    .select(
      sql`SELECT ${ALERT_ID}, ${workspaceId}, 'refusal_burst', who || ' ' || ${hour}, json_object('refused', refused,
          'member', (SELECT name FROM members WHERE members.id = member_id),
          'token', (SELECT label FROM tokens WHERE tokens.id = token_id)), 1, ${at}, NULL
        FROM (SELECT coalesce(member_id, token_id) AS who, member_id, token_id, sum(count) AS refused FROM
          (SELECT member_id, token_id, count, created_at FROM mcp_tool_calls
            WHERE workspace_id = ${workspaceId} AND status = 'blocked' ORDER BY seq DESC LIMIT ${BURST_ROWS})
          WHERE created_at > ${at - BURST_MS} GROUP BY coalesce(member_id, token_id)) WHERE refused >= ${BURST} AND who IS NOT NULL`,
    )
    .onConflictDoNothing();
}

/**
 * The statements that tell of clients that the workspace has not seen before, and remember them. The first client of a workspace
 * is no news.
 */
export function raiseUnknownClients(
  db: Db,
  workspaceId: string,
  clients: { name: string; tokenId: string }[],
  at: number,
) {
  const json = JSON.stringify(
    clients.map(({ name, tokenId }) => ({ name: name.slice(0, MAX_CLIENT_NAME), tokenId })),
  );
  const isNew = sql`NOT EXISTS (SELECT 1 FROM seen_clients AS seen WHERE seen.workspace_id = ${workspaceId} AND seen.name = value ->> 'name')`;
  const any = sql`EXISTS (SELECT 1 FROM seen_clients AS seen WHERE seen.workspace_id = ${workspaceId})`;
  const room = sql`(SELECT count(*) FROM seen_clients AS seen WHERE seen.workspace_id = ${workspaceId}) < ${MAX_SEEN_CLIENTS}`;
  const tell = db
    .insert(alerts)
    .select(
      sql`SELECT ${ALERT_ID}, ${workspaceId}, 'unknown_client', value ->> 'name', json_object('client', value ->> 'name',
          'token', (SELECT label FROM tokens WHERE tokens.id = value ->> 'tokenId'),
          'member', (SELECT members.name FROM tokens JOIN members ON members.id = tokens.member_id WHERE tokens.id = value ->> 'tokenId')),
          1, ${at}, NULL
        FROM json_each(${json}) WHERE ${isNew} AND ${any} AND ${room}`,
    )
    .onConflictDoNothing();
  const remember = db
    .insert(seenClients)
    .select(
      sql`SELECT ${workspaceId}, value ->> 'name', ${at} FROM json_each(${json}) WHERE ${room}`,
    )
    .onConflictDoNothing();
  return [tell, remember] as const;
}
