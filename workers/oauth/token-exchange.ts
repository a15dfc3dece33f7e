import type { Refusal } from "../contract/rpc/commands.ts";
import { MINUTE_MS } from "../contract/units.ts";
import { sha256Hex } from "../crypto/sha256.ts";
import { listAgents } from "../db/agents.ts";
import { openDb } from "../db/database.ts";
import { deleteOauthRecord, saveOauthRecord } from "../db/oauth-records.ts";
import { findWorkspace } from "../db/workspaces.ts";
import { OAUTH_SCOPE, parseResource, toOrigin } from "../http/oauth-addresses.ts";
import type { Env } from "../runtime/env.ts";
import { workspacesOf } from "../runtime/objects.ts";
import { oauthError, oauthJson } from "./oauth-responses.ts";
import { refuseToken } from "./refused-tokens.ts";
import { readAudiences, verifyWorkload, type VerifiedWorkload } from "./workload-token.ts";

/** RFC 8693. */
const TOKEN_EXCHANGE = "urn:ietf:params:oauth:grant-type:token-exchange";
/** RFC 7523, section 2.1. */
export const JWT_BEARER = "urn:ietf:params:oauth:grant-type:jwt-bearer";
/** The grant types by which a workload gets an access token of an agent. */
export const WORKLOAD_GRANT_TYPES = [TOKEN_EXCHANGE, JWT_BEARER];

const ACCESS_TOKEN = "urn:ietf:params:oauth:token-type:access_token";
const SUBJECT_TOKEN_TYPES = [
  "urn:ietf:params:oauth:token-type:jwt",
  "urn:ietf:params:oauth:token-type:id_token",
];
/** A token is remembered for as long as it can be used again, which clocks that differ prolong. */
const REMEMBERED_AFTER_END_MS = 2 * MINUTE_MS;

/** The workload's token and the workspace for which it wants access, by its slug. */
interface ExchangeRequest {
  jwt: string;
  slug: string;
}

/**
 * Exchanges a workload's own token for an access token of the agent that trusts it. The workload has no other credential,
 * and gets no refresh token: its own token is what it renews.
 */
export async function exchangeToken(
  request: Request,
  form: URLSearchParams,
  env: Env,
): Promise<Response> {
  const read = await readForm(form, toOrigin(request));
  if (read instanceof Response) return read;
  const db = openDb(env.DB);
  const workspace = await findWorkspace(db, read.slug);
  const agents = workspace ? await listAgents(db, workspace.id) : [];
  const verified = await verifyWorkload(env, read.jwt, agents);
  const place = { env, db, slug: read.slug, workspaceId: workspace?.id ?? null };
  if (!verified.ok) return refuseToken(place, "workload", verified);
  const key = toReplayKey(read, verified);
  const record = { key, value: "", metadata: null, clientId: null };
  const expiresAt = verified.endsAt + REMEMBERED_AFTER_END_MS;
  const { issuer } = verified.rule;
  if (!(await saveOauthRecord(db, { ...record, expiresAt }, null, Date.now()))) {
    const message = "It was exchanged before: request a new one for each exchange";
    return refuseToken(place, "workload", { check: "replayed", message, issuer });
  }
  const { memberId, rule, endsAt } = verified;
  const outcome = await workspacesOf(env).getByName(read.slug).change(
    {
      type: "workload-token.create",
      memberId,
      ruleId: rule.id,
      version: rule.version,
      endsAt,
    },
    "system",
    place.workspaceId,
  );
  if (outcome.ok) return issue(outcome.result);
  if (isTemporary(outcome.refusal)) {
    // No access token was handed out for it.
    await deleteOauthRecord(db, key);
    const { message } = outcome.refusal;
    return oauthError("temporarily_unavailable", message, 503, { "retry-after": "5" });
  }
  return refuseToken(place, "workload", {
    check: "agent",
    message: outcome.refusal.message,
    issuer,
  });
}

async function readForm(
  form: URLSearchParams,
  origin: string,
): Promise<ExchangeRequest | Response> {
  const isExchange = form.get("grant_type") === TOKEN_EXCHANGE;
  const name = isExchange ? "subject_token" : "assertion";
  const jwt = form.get(name);
  if (!jwt) return oauthError("invalid_request", `${name} is missing: it is the workload's JWT.`);
  if (isExchange) {
    if (!SUBJECT_TOKEN_TYPES.includes(form.get("subject_token_type") ?? ""))
      return oauthError(
        "invalid_request",
        `subject_token_type must be ${SUBJECT_TOKEN_TYPES.join(" or ")}.`,
      );
    if ((form.get("requested_token_type") ?? ACCESS_TOKEN) !== ACCESS_TOKEN)
      return oauthError("invalid_request", `requested_token_type must be ${ACCESS_TOKEN}.`);
    if (form.has("actor_token"))
      return oauthError("invalid_request", "actor_token is not supported: leave it out.");
  }
  const resources = form.getAll("resource");
  const named = resources.length > 0 ? resources : await readAudiences(jwt);
  const slugs = named.map((resource) => parseResource(origin, resource));
  const [slug] = slugs;
  if (slug && slugs.length === 1) return { jwt, slug };
  const message = `resource must be the one address of a workspace, such as ${origin}/mcp/my-workspace (RFC 8707).`;
  return oauthError("invalid_target", message);
}

function issue({ token, expiresAt }: { token: string; expiresAt: number }): Response {
  return oauthJson({
    access_token: token,
    issued_token_type: ACCESS_TOKEN,
    token_type: "Bearer",
    expires_in: Math.max(1, Math.floor((expiresAt - Date.now()) / 1_000)),
    scope: OAUTH_SCOPE,
  });
}

/** Whether a refusal of the Workspace object is none of the token: the client tries again. */
export function isTemporary({ code }: Refusal): boolean {
  return code === "unavailable" || code === "database_full";
}

/** An issuer gives each token another `jti`. Without one, it is the same token only if it is the same text. */
function toReplayKey({ jwt, slug }: ExchangeRequest, { rule, jti }: VerifiedWorkload): string {
  const named = jti === null ? ["text", jwt] : ["jti", rule.issuer, jti];
  return `workload:${slug}:${sha256Hex(JSON.stringify(named))}`;
}
