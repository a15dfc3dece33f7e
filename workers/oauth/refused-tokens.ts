import type { AuditAction } from "../contract/records/audit-actions.ts";
import { MINUTE_MS } from "../contract/units.ts";
import { newId } from "../crypto/ids.ts";
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
}

/**
 * Refuses a signed token. For a workspace that trusts the issuer, the first refusal of a minute is in the audit log: a
 * stranger cannot fill it.
 */
export async function refuseToken(
  { db, slug, workspaceId }: ExchangePlace,
  kind: keyof typeof KINDS,
  { check, message, issuer, memberId }: RefusedToken,
): Promise<Response> {
  const { event, action, name } = KINDS[kind];
  logEvent({ event, check, workspace: workspaceId });
  if (workspaceId !== null && issuer !== null) {
    const now = Date.now();
    const minute = Math.floor(now / MINUTE_MS);
    const key = `refused-${kind}:${workspaceId}:${minute}${memberId === undefined ? "" : `:${memberId}`}`;
    const record = { key, value: "", metadata: null, clientId: null, expiresAt: now + MINUTE_MS };
    if (await saveOauthRecord(db, record, null, now))
      await storeEvent(db, {
        id: newId("evt"),
        workspaceId,
        actor: "system",
        action,
        object: `workspace:${slug}`,
        detail: { check, issuer, ...(memberId === undefined ? {} : { memberId }) },
        occurredAt: now,
      });
  }
  const sentence = `${name} is refused. ${message.replace(/\.$/, "")}.`;
  return oauthError("invalid_grant", toDescription(sentence));
}

/** A description has ASCII without quotation marks and backslashes (RFC 6749, section 5.2). */
function toDescription(text: string): string {
  return text.replaceAll(/["’]/g, "'").replaceAll(/[^\x20-\x5b\x5d-\x7e]/g, "?");
}
