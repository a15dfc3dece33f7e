import type { OauthClient } from "../contract/records/oauth.ts";
import { DAY_MS, MINUTE_MS } from "../contract/units.ts";
import { newId } from "../crypto/ids.ts";
import { sha256Hex } from "../crypto/sha256.ts";
import { openDb } from "../db/database.ts";
import {
  listIdentityIssuers,
  takesAssertions,
  type IdentityIssuerRecord,
} from "../db/identity-issuers.ts";
import { findMemberByIdentity, listMembersWithAddress } from "../db/member-identities.ts";
import { deleteOauthRecord, saveOauthRecord } from "../db/oauth-records.ts";
import { pinIdentity } from "../db/pinned-identities.ts";
import { findWorkspace } from "../db/workspaces.ts";
import { ISSUER_PATH, OAUTH_SCOPE, parsePlace, toOrigin } from "../http/oauth-addresses.ts";
import type { Env } from "../runtime/env.ts";
import { workspacesOf } from "../runtime/objects.ts";
import {
  readResources,
  verifyAssertion,
  type FailedAssertionCheck,
  type VerifiedAssertion,
} from "./assertion.ts";
import { authenticateClient } from "./client-authentication.ts";
import { oauthError, oauthJson } from "./oauth-responses.ts";
import { refuseToken, type ExchangePlace } from "./refused-tokens.ts";
import { show } from "./signed-token.ts";
import { isTemporary } from "./token-exchange.ts";

/** An assertion is remembered for as long as it can be used again, which clocks that differ prolong. */
const REMEMBERED_AFTER_END_MS = 2 * MINUTE_MS;

type Verified = VerifiedAssertion<IdentityIssuerRecord>;
/** `server`: the slug of the one server that the access is for; null: for the workspace. */
type Place = ExchangePlace & { workspaceId: string; idleDays: number; server: string | null };

/** The member that the subject of an assertion is, or why it is none. */
type FoundMember =
  | { ok: true; memberId: string }
  | { ok: false; check: FailedAssertionCheck; message: string; memberId?: string };

/**
 * Redeems an identity assertion (ID-JAG): an issuer that the workspace trusts says that a client acts for a person. The client
 * gets an access token without a consent screen, and no refresh token: its next assertion renews the access.
 */
export async function redeemAssertion(
  request: Request,
  form: URLSearchParams,
  env: Env,
): Promise<Response> {
  const origin = toOrigin(request);
  const db = openDb(env.DB);
  const jwt = form.get("assertion") ?? "";
  const named = await readPlace(form, jwt, origin);
  if (named instanceof Response) return named;
  const { slug, server } = named;
  const client = await authenticateClient(request, form, { env, db, origin });
  if (client instanceof Response) return client;
  const workspace = await findWorkspace(db, slug);
  const issuers = workspace ? await listIdentityIssuers(db, workspace.id) : [];
  const addressee = { origin, audience: `${origin}${ISSUER_PATH}`, clientId: client.id, slug };
  const trusted = issuers.filter(takesAssertions);
  const verified = await verifyAssertion(env, jwt, trusted, addressee);
  const place = { env, db, slug, workspaceId: workspace?.id ?? null };
  if (!verified.ok) return refuseToken(place, "assertion", { ...verified, clientId: client.id });
  // Of a workspace that there is not, no issuer is trusted.
  if (!workspace) return oauthError("invalid_target", "There is no such workspace.");
  const { idleDays } = workspace.oauth;
  const exchanged = { ...place, server, workspaceId: workspace.id, idleDays };
  return exchange(exchanged, verified, client);
}

/**
 * The workspace that an assertion is for, and the server if it is for one. The request can name them, too: the workspace of
 * the assertion, and no other server. One of both that names a server narrows the access to it.
 */
async function readPlace(
  form: URLSearchParams,
  jwt: string,
  origin: string,
): Promise<{ slug: string; server: string | null } | Response> {
  const named = [...(await readResources(jwt)), ...form.getAll("resource")];
  const places = named.map((resource) => parsePlace(origin, resource));
  const [slug, ...others] = new Set(places.map((place) => place?.slug));
  const [server = null, ...more] = new Set(places.flatMap((place) => place?.server ?? []));
  if (slug && others.length === 0 && more.length === 0) return { slug, server };
  const message = `The assertion's resource must be the one address of a workspace or of a server, such as ${origin}/mcp/my-workspace (RFC 8707), and that of the request the same.`;
  return oauthError("invalid_target", message);
}

async function exchange(place: Place, verified: Verified, client: OauthClient): Promise<Response> {
  const { db, env, slug, server, workspaceId } = place;
  const { issuer, jti, endsAt } = verified;
  const refuse = (check: FailedAssertionCheck, message: string, memberId?: string) =>
    refuseToken(place, "assertion", {
      check,
      message,
      issuer: issuer.issuer,
      clientId: client.id,
      subject: show(verified.subject),
      ...(memberId === undefined ? {} : { memberId }),
    });
  const key = `assertion:${sha256Hex(JSON.stringify([issuer.issuer, jti]))}`;
  const used = { key, value: "", metadata: null, clientId: null };
  const expiresAt = endsAt + REMEMBERED_AFTER_END_MS;
  if (!(await saveOauthRecord(db, { ...used, expiresAt }, null, Date.now())))
    return refuse("replayed", "It was used before (jti): request a new one for each exchange");
  const found = await findMember(place, verified);
  if (!found.ok) return refuse(found.check, found.message, found.memberId);
  const { memberId } = found;
  const workspace = workspacesOf(env).getByName(slug);
  const command = { type: "grant.assert", memberId, client, issuerId: issuer.id, server } as const;
  const outcome = await workspace.change(
    { ...command, issuer: issuer.issuer },
    "system",
    workspaceId,
  );
  if (!outcome.ok && isTemporary(outcome.refusal)) {
    // No access token was handed out for it.
    await deleteOauthRecord(db, key);
    const { message } = outcome.refusal;
    return oauthError("temporarily_unavailable", message, 503, { "retry-after": "5" });
  }
  if (!outcome.ok) {
    const { code, message } = outcome.refusal;
    return refuse(code === "invalid" ? "resource" : "member", message);
  }
  if (!(await isStillTrusted(place, verified, memberId))) {
    // The issuer or the identity has gone meanwhile, after the grants that there were.
    const ended = { issuerId: command.issuerId, memberId, keepsGrants: true };
    await workspace.change({ type: "grant.forget", ...ended }, "system", workspaceId);
    return refuse("issuer", "The workspace has just ceased to trust it");
  }
  await rememberUse(place, client.id);
  const { token, expiresAt: tokenEndsAt } = outcome.result;
  return oauthJson({
    access_token: token,
    token_type: "Bearer",
    expires_in: Math.max(1, Math.floor((tokenEndsAt - Date.now()) / 1_000)),
    scope: OAUTH_SCOPE,
  });
}

/** A registered client is in use while a record has its id: the clean-up deletes the others after a day. */
async function rememberUse({ db, idleDays }: Place, clientId: string): Promise<void> {
  const now = Date.now();
  const record = { key: `asserted:${clientId}`, value: "", metadata: null, clientId };
  await saveOauthRecord(db, { ...record, expiresAt: now + idleDays * DAY_MS }, undefined, now);
}

/**
 * The member that a subject is: the one that it is pinned to. The first assertion about a subject pins it to the member with its
 * address, if the issuer's settings say so. After that the address has no meaning.
 */
async function findMember({ db, workspaceId }: Place, verified: Verified): Promise<FoundMember> {
  const { issuer, subject, email } = verified;
  const known = await findMemberByIdentity(db, workspaceId, issuer.issuer, subject);
  if (known) return { ok: true, memberId: known.memberId };
  if (issuer.kind === "openid")
    return unknown("sign in to the dashboard with the company's account first");
  if (!issuer.settings.mapsByEmail)
    return unknown("an owner can pin it to a member (Settings, Issuers of identity assertions)");
  if (!email) return unknown("the assertion has no address (email) to find it by");
  if (!email.isVerified)
    return unknown("the issuer does not say that the address is verified (email_verified)");
  const address = toAsciiLower(email.address);
  const [memberId, ...others] = await listMembersWithAddress(db, workspaceId, address);
  if (memberId === undefined)
    return unknown("no member has the address, ask an owner or admin for an invitation");
  if (others.length > 0)
    return unknown("two members have or had the address, an owner can pin it to one of them");
  const now = Date.now();
  const identity = { issuer: issuer.issuer, subject, email: address };
  const event = {
    id: newId("evt"),
    workspaceId,
    actor: "system",
    action: "member.bound",
    object: `member:${memberId}`,
    detail: { identity },
    occurredAt: now,
  };
  const record = { ...identity, workspaceId, memberId, pinnedAt: now, byAddress: true };
  if (await pinIdentity(db, record, event)) return { ok: true, memberId };
  const message =
    "The member with this address is another account (sub) of the issuer: an owner can unpin that one if the person has a new account";
  return { ok: false, check: "address", message, memberId };
}

/** Case counts for ASCII letters only, as in D1: some letters of other scripts have an ASCII letter as their small one. */
function toAsciiLower(address: string): string {
  return address.replaceAll(/[A-Z]/g, (letter) => letter.toLowerCase());
}

function unknown(why: string): FoundMember {
  const message = `Its subject (sub) is no member of this workspace yet: ${why}`;
  return { ok: false, check: "member", message };
}

async function isStillTrusted(
  { db, workspaceId }: Place,
  { issuer, subject }: Verified,
  memberId: string,
): Promise<boolean> {
  const [issuers, identity] = await Promise.all([
    listIdentityIssuers(db, workspaceId),
    findMemberByIdentity(db, workspaceId, issuer.issuer, subject),
  ]);
  return (
    issuers.some((one) => one.id === issuer.id && takesAssertions(one)) &&
    identity?.memberId === memberId
  );
}
