import { createRoute, OpenAPIHono } from "@hono/zod-openapi";
import type { Context } from "hono";
import { z } from "zod";
import { ClaimCheck, OwnClaim, StandingClaim } from "../contract/api/marketplace-claims.ts";
import { toClaimPlace, type ClaimPlace } from "../contract/marketplace/claim-place.ts";
import { DAY_MS } from "../contract/units.ts";
import {
  blockClaim,
  deletePendingClaim,
  deleteStandingClaim,
  findClaim,
  findStandingClaim,
  insertClaim,
  listStandingClaims,
  proveClaim,
  takeCheck,
  type ClaimRow,
} from "../db/marketplace-claims.ts";
import { findPublisher } from "../db/marketplace-search.ts";
import { isActingMember } from "../db/users.ts";
import { clientAddress } from "../http/client-address.ts";
import { errorBody } from "../http/error-responses.ts";
import { passesStrangerLimit, STRANGER_WAIT_SECONDS } from "../http/stranger-limit.ts";
import { makeAuditEvent } from "../identity/audit-events.ts";
import { newSecret } from "../identity/random-secrets.ts";
import { CHECK_EVERY_MS, makeEndEvent } from "../marketplace/claims/check-claims.ts";
import { fetchProof, findProof } from "../marketplace/claims/fetch-proof.ts";
import type { ManagementEnv } from "./authorize.ts";
import {
  jsonBody,
  jsonResponse,
  READ_ERRORS,
  refuse,
  refuseInvalid,
  toListSchema,
  WRITE_ERRORS,
} from "./responses.ts";

const tags = ["marketplace"];
/** Namespaces are compared in lower case. */
const params = z.object({ namespace: z.string().toLowerCase() });
const path = "/marketplace/publishers/{namespace}/claim";
const NoInput = z.strictObject({});
/** A claim that is not proven ends after this time: its value is no use to who finds it later. */
const PENDING_MS = 7 * DAY_MS;
/** How long a person cannot claim a namespace after the operator has withdrawn the claim. */
const BLOCKED_MS = 30 * DAY_MS;
/** Each check is a request to a host that the person chooses. */
const CHECK_PAUSE_SECONDS = 20;

const get = createRoute({
  method: "get",
  path,
  tags,
  summary: "Get the signed-in person's claim of a namespace",
  request: { params },
  responses: { 200: jsonResponse(OwnClaim, "The claim"), ...READ_ERRORS },
});

const begin = createRoute({
  method: "post",
  path,
  tags,
  summary: "Claim a namespace: returns the line to publish, and where",
  request: { params, body: jsonBody(NoInput) },
  responses: { 200: jsonResponse(OwnClaim, "The claim"), ...WRITE_ERRORS },
});

const check = createRoute({
  method: "post",
  path: `${path}/checks`,
  tags,
  summary: "Look for the proof of a claim now",
  request: { params, body: jsonBody(NoInput) },
  responses: { 200: jsonResponse(ClaimCheck, "What was found"), ...WRITE_ERRORS },
});

const giveUp = createRoute({
  method: "delete",
  path,
  tags,
  summary: "Give up the signed-in person's claim of a namespace",
  request: { params },
  responses: { 204: { description: "There is no claim" }, ...WRITE_ERRORS },
});

const list = createRoute({
  method: "get",
  path: "/marketplace/claims",
  tags,
  summary: "List the claims of namespaces that stand, with their people",
  responses: { 200: jsonResponse(toListSchema(StandingClaim), "At most 1,000"), ...READ_ERRORS },
});

const withdraw = createRoute({
  method: "delete",
  path: "/marketplace/claims/{namespace}",
  tags,
  summary: "Withdraw the claim of a namespace: its person cannot claim it again for 30 days",
  request: { params },
  responses: { 204: { description: "No claim stands" }, ...WRITE_ERRORS },
});

type C = Context<ManagementEnv>;

/** Routes for claims of namespaces: a person proves to be able to publish for the owner of a domain or account. */
export const marketplaceClaims = new OpenAPIHono<ManagementEnv>({ defaultHook: refuseInvalid })
  .openapi(get, async (c) => {
    const { namespace } = c.req.valid("param");
    if (!(await canExist(c, namespace))) return respondNoPublisher(c);
    return c.json(await readOwnClaim(c, namespace), 200);
  })
  .openapi(begin, async (c) => {
    const { db, actor } = c.var;
    const { namespace } = c.req.valid("param");
    if (!(await canExist(c, namespace))) return respondNoPublisher(c);
    if (!(await isActingMember(db, actor))) return refuse(c, NO_MEMBER);
    if (!toClaimPlace(namespace)) return refuse(c, IMPOSSIBLE);
    const now = Date.now();
    const known = await findClaim(db, namespace, actor);
    if (known && isBlocked(known, now)) return refuse(c, BLOCKED);
    if (!known || !isOpen(known, now)) {
      const claim = makeClaim(namespace, actor, c.req.header("host") ?? "", now);
      if (!(await insertClaim(db, claim, now - PENDING_MS))) return refuse(c, TOO_MANY);
    }
    return c.json(await readOwnClaim(c, namespace), 200);
  })
  .openapi(check, async (c) => {
    const { db, actor } = c.var;
    const { namespace } = c.req.valid("param");
    const now = Date.now();
    const claim = await findClaim(db, namespace, actor);
    // The account in the spelling of the servers' names: GitHub's server of raw files can distinguish it.
    const spelled = (await findPublisher(db, namespace))?.namespace ?? c.req.param("namespace");
    const place = toClaimPlace(spelled);
    if (!claim || !place || !isOpen(claim, now)) return respondNoClaim(c);
    if (!(await isActingMember(db, actor))) return refuse(c, NO_MEMBER);
    const address = clientAddress(c.req.raw, c.env.CLIENT_ADDRESS_HEADER);
    if (!(await passesStrangerLimit(c.env, address)))
      return respondTooSoon(c, STRANGER_WAIT_SECONDS);
    if (!(await takeCheck(db, claim, now, now - CHECK_PAUSE_SECONDS * 1_000)))
      return respondTooSoon(c, CHECK_PAUSE_SECONDS);
    const outcome = await lookForProof(c, claim, place);
    return c.json({ claim: await readOwnClaim(c, namespace), ...outcome }, 200);
  })
  .openapi(giveUp, async (c) => {
    const { db, actor } = c.var;
    const claim = await findClaim(db, c.req.valid("param").namespace, actor);
    if (!claim || claim.withdrawnAt !== null) return respondNoClaim(c);
    if (claim.claimedAt === null) await deletePendingClaim(db, claim);
    else await deleteStandingClaim(db, claim, makeEndEvent(actor, claim, "given_up"));
    return c.body(null, 204);
  })
  .openapi(list, async (c) => {
    const rows = await listStandingClaims(c.var.db);
    return c.json({ items: rows.map(toStandingClaim) }, 200);
  })
  .openapi(withdraw, async (c) => {
    const { db, actor } = c.var;
    const claim = await findStandingClaim(db, c.req.valid("param").namespace);
    if (!claim) return respondNoClaim(c);
    await blockClaim(db, claim, Date.now(), makeEndEvent(actor, claim, "operator"));
    return c.body(null, 204);
  });

/** Whether servers have this namespace, or can: a person proves it before the first one is published. */
async function canExist(c: C, namespace: string) {
  return toClaimPlace(namespace) !== null || (await findPublisher(c.var.db, namespace)) !== null;
}

/** The line names the gateway and the namespace, so that a reader of it knows what publishing it proves. */
function makeClaim(namespace: string, userId: string, host: string, now: number): ClaimRow {
  return {
    namespace,
    userId,
    proof: `mcpnest-claim=${newSecret()} gateway=${host} namespace=${namespace}`,
    createdAt: now,
    claimedAt: null,
    checkedAt: null,
    missing: 0,
    unreachableSince: null,
    withdrawnAt: null,
    nextCheckAt: null,
  };
}

function isBlocked({ withdrawnAt }: ClaimRow, now: number): boolean {
  return withdrawnAt !== null && withdrawnAt > now - BLOCKED_MS;
}

function isOpen({ claimedAt, createdAt, withdrawnAt }: ClaimRow, now: number): boolean {
  return withdrawnAt === null && (claimedAt !== null || createdAt > now - PENDING_MS);
}

/** A file with the person's line proves the claim, unless it also has the line of the claim that stands. */
async function lookForProof(
  c: C,
  claim: ClaimRow,
  place: ClaimPlace,
): Promise<{ isProven: boolean; message: string }> {
  const { db, actor } = c.var;
  const fetched = await fetchProof(c.env, place);
  const result = findProof(fetched, claim.proof);
  // A claim that stands ends by the weekly checks only: the person can press the button as often as it likes.
  if (result.found !== "present") return { isProven: false, message: result.problem };
  if (claim.claimedAt !== null) return PROVEN;
  const other = await findStandingClaim(db, claim.namespace);
  if (other && findProof(fetched, other.proof).found === "present") return TAKEN;
  const now = Date.now();
  const event = makeAuditEvent(
    actor,
    "marketplace_claim.proven",
    `marketplace-claim:${claim.namespace}`,
    { evidence: place.evidence },
  );
  const replaced = other && { claim: other, event: makeEndEvent(actor, other, "replaced") };
  const times = { claimedAt: now, nextCheckAt: now + CHECK_EVERY_MS };
  const isProven = await proveClaim(db, claim, replaced ?? null, times, event);
  return isProven ? PROVEN : TAKEN;
}

async function readOwnClaim(c: C, namespace: string): Promise<OwnClaim> {
  const { db, actor } = c.var;
  const now = Date.now();
  const place = toClaimPlace(namespace);
  const row = await findClaim(db, namespace, actor);
  const standing = await findStandingClaim(db, namespace);
  const claim = row && (isOpen(row, now) || isBlocked(row, now)) ? row : null;
  return {
    state: !place ? "impossible" : toState(claim),
    subject: place?.subject ?? null,
    evidence: place?.evidence ?? null,
    proof: claim && claim.withdrawnAt === null ? claim.proof : null,
    checkedAt: claim?.checkedAt ?? null,
    expiresAt: claim && claim.claimedAt === null ? claim.createdAt + PENDING_MS : null,
    isClaimedByOther: standing !== undefined && standing.userId !== actor,
  };
}

function toState(claim: ClaimRow | null): OwnClaim["state"] {
  if (!claim) return "none";
  if (claim.withdrawnAt !== null) return "withdrawn";
  return claim.claimedAt === null ? "pending" : "standing";
}

function toStandingClaim({
  claim,
  userName,
}: Awaited<ReturnType<typeof listStandingClaims>>[number]): z.infer<typeof StandingClaim> {
  const { namespace, userId, claimedAt, checkedAt, missing, unreachableSince } = claim;
  return {
    namespace,
    evidence: toClaimPlace(namespace)?.evidence ?? "",
    userId,
    userName,
    claimedAt: claimedAt ?? 0,
    checkedAt: checkedAt ?? 0,
    missing,
    unreachableSince,
  };
}

const PROVEN = { isProven: true, message: "The line is there. The namespace is claimed here." };
const TAKEN = {
  isProven: false,
  message:
    "The file also has the line of another person, whose claim stands. Remove that line, and check again.",
};
const NO_MEMBER = {
  code: "forbidden",
  message: "Active members of a workspace can claim a namespace.",
} as const;
const IMPOSSIBLE = {
  code: "conflict",
  message: "This namespace names neither a domain nor a GitHub account, so nothing can prove it.",
} as const;
const BLOCKED = {
  code: "conflict",
  message: "The operator has withdrawn your claim. You can claim the namespace 30 days after that.",
} as const;
const TOO_MANY = {
  code: "conflict",
  message:
    "You have ten claims, or too many people have begun to claim this namespace. Give one up, or try again in a week.",
} as const;

function respondNoPublisher(c: C) {
  return c.json(errorBody("not_found", "No server has this namespace."), 404);
}

function respondNoClaim(c: C) {
  const message = "There is no such claim. One that is not proven ends after 7 days.";
  return c.json(errorBody("not_found", message), 404);
}

function respondTooSoon(c: C, seconds: number) {
  c.header("retry-after", String(seconds));
  const message = `Too many checks. Check again in ${seconds} seconds.`;
  return c.json(errorBody("rate_limited", message), 429);
}
