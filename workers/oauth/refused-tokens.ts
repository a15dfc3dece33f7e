import type { AuditAction } from "../contract/records/audit-actions.ts";
import { HOUR_MS, MINUTE_MS } from "../contract/units.ts";
import { newId } from "../crypto/ids.ts";
import { sha256Hex } from "../crypto/sha256.ts";
import type { Db } from "../db/database.ts";
import { storeEvent } from "../db/events.ts";
import { saveOauthRecord } from "../db/oauth-records.ts";
import type { Env } from "../runtime/env.ts";
import { logEvent } from "../runtime/log.ts";
import { oauthError } from "./oauth-responses.ts";

/** Where a signed token was presented. */
export interface ExchangePlace {
  env: Env;
  db: Db;
  slug: string;
  /** Null: there is no such workspace. */
  workspaceId: string | null;
}

/** What was refused: a workload's token, or an assertion about a person. */
const KINDS = {
  workload: {
    event: "workload_token_refused",
    action: "workload_token.refused",
    name: "The workload's token",
  },
  assertion: {
    event: "assertion_refused",
    action: "assertion.refused",
    name: "The identity assertion",
  },
} satisfies Record<string, { event: string; action: AuditAction; name: string }>;

/** A refused token. `issuer`: one that the workspace trusts; null: it trusts none of this name. */
interface RefusedToken {
  check: string;
  message: string;
  issuer: string | null;
  /** The member that it concerns. Such a refusal is not hidden by others of the minute. */
  memberId?: string;
  /** The id of the client that has presented it. */
  clientId?: string;
  /** The person that it is about, if the issuer has signed it. Absent: it is not known to be the issuer's. */
  subject?: string;
}

/** Kinds of refusals that do not hide each other. */
const GROUPS = 8;

/**
 * Refuses a signed token. For a workspace that trusts the issuer, it is in the audit log. A stranger cannot fill it: of what the
 * issuer has not signed, one refusal of an hour is there (of a minute for workloads). Those of what it has signed are
 * in groups by subject and client, with the first of each group and minute.
 */
export async function refuseToken(
  { db, slug, workspaceId }: ExchangePlace,
  kind: keyof typeof KINDS,
  refused: RefusedToken,
): Promise<Response> {
  const { event, action, name } = KINDS[kind];
  const { check, message, issuer } = refused;
  logEvent({ event, check, workspace: workspaceId });
  if (workspaceId !== null && issuer !== null) {
    const now = Date.now();
    const { period, group } = toGroup(kind, refused);
    const key = `refused-${kind}:${workspaceId}:${Math.floor(now / period)}:${group}`;
    const record = { key, value: "", metadata: null, clientId: null, expiresAt: now + period };
    if (await saveOauthRecord(db, record, null, now))
      await storeEvent(db, {
        id: newId("evt"),
        workspaceId,
        actor: "system",
        action,
        object: `workspace:${slug}`,
        detail: toDetail(refused),
        occurredAt: now,
      });
  }
  const sentence = `${name} is refused. ${message.replace(/\.$/, "")}.`;
  return oauthError("invalid_grant", toDescription(sentence));
}

function toGroup(kind: keyof typeof KINDS, { memberId, clientId, subject }: RefusedToken) {
  if (memberId !== undefined) return { period: MINUTE_MS, group: memberId };
  if (subject === undefined)
    return { period: kind === "assertion" ? HOUR_MS : MINUTE_MS, group: "" };
  const digest = sha256Hex(JSON.stringify([subject, clientId]));
  return { period: MINUTE_MS, group: String(Number.parseInt(digest.slice(0, 4), 16) % GROUPS) };
}

function toDetail({ check, issuer, memberId, clientId, subject }: RefusedToken) {
  const known = Object.entries({ memberId, clientId, subject });
  return { check, issuer, ...Object.fromEntries(known.filter(([, value]) => value !== undefined)) };
}

/** A description has ASCII without quotation marks and backslashes (RFC 6749, section 5.2). */
function toDescription(text: string): string {
  return text.replaceAll(/["’]/g, "'").replaceAll(/[^\x20-\x5b\x5d-\x7e]/g, "?");
}
