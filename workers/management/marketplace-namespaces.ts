import { createRoute, OpenAPIHono } from "@hono/zod-openapi";
import type { Context } from "hono";
import { z } from "zod";
import {
  GithubProof,
  GithubReturn,
  GithubSignIn,
  NamespaceState,
  ProofCheck,
  SignatureInput,
} from "../contract/api/marketplace-publishing.ts";
import { PAGES } from "../contract/dashboard-pages.ts";
import { toClaimPlace } from "../contract/marketplace/claim-place.ts";
import {
  findNamespaceProof,
  insertChallenge,
  proveNamespace,
  storeSignInProofs,
  takeSignInState,
  type NamespaceProofRow,
} from "../db/marketplace-publications.ts";
import { isActingMember } from "../db/users.ts";
import { clientAddress } from "../http/client-address.ts";
import { errorBody } from "../http/error-responses.ts";
import { toLinkOrigin } from "../http/own-origin.ts";
import { passesStrangerLimit, STRANGER_WAIT_SECONDS } from "../http/stranger-limit.ts";
import { makeAuditEvent } from "../identity/audit-events.ts";
import { newSecret } from "../identity/random-secrets.ts";
import { readGithubAccounts, toGithubSignIn } from "../marketplace/publishing/github-account.ts";
import { proveDomain } from "../marketplace/publishing/prove-domain.ts";
import { settingsOf } from "../runtime/settings.ts";
import type { ManagementEnv } from "./authorize.ts";
import { CHALLENGE_MS, readNamespaceState } from "./namespace-proofs.ts";
import {
  jsonBody,
  jsonResponse,
  READ_ERRORS,
  refuse,
  refuseInvalid,
  WRITE_ERRORS,
} from "./responses.ts";

const tags = ["marketplace"];
const params = z.object({ namespace: z.string().max(253) });
const path = "/marketplace/publishing/namespaces/{namespace}";
const NoInput = z.strictObject({});
/** In the place of a namespace: the state of a sign-in at GitHub. No namespace has this name. */
const SIGN_IN = "~github";

const get = createRoute({
  method: "get",
  path,
  tags,
  summary: "Get what the signed-in person has proven of a namespace, and can",
  request: { params },
  responses: { 200: jsonResponse(NamespaceState, "The state"), ...READ_ERRORS },
});

const challenge = createRoute({
  method: "post",
  path,
  tags,
  summary: "Get a text to sign with the key of the namespace's domain, within 15 minutes",
  request: { params, body: jsonBody(NoInput) },
  responses: { 200: jsonResponse(NamespaceState, "The state with the text"), ...WRITE_ERRORS },
});

const prove = createRoute({
  method: "post",
  path: `${path}/proofs`,
  tags,
  summary: "Prove a namespace with a signature of the text by a key that the domain publishes",
  request: { params, body: jsonBody(SignatureInput) },
  responses: { 200: jsonResponse(ProofCheck, "What was found"), ...WRITE_ERRORS },
});

const signIn = createRoute({
  method: "post",
  path: "/marketplace/publishing/github",
  tags,
  summary: "Begin a sign-in at GitHub that proves the namespaces of an account",
  request: { body: jsonBody(NoInput) },
  responses: { 200: jsonResponse(GithubSignIn, "Where it begins"), ...WRITE_ERRORS },
});

const finish = createRoute({
  method: "put",
  path: "/marketplace/publishing/github",
  tags,
  summary: "End a sign-in at GitHub",
  request: { body: jsonBody(GithubReturn) },
  responses: { 200: jsonResponse(GithubProof, "What it has proven"), ...WRITE_ERRORS },
});

type C = Context<ManagementEnv>;

/** Routes for proofs that a person can publish in a namespace. */
export const marketplaceNamespaces = new OpenAPIHono<ManagementEnv>({ defaultHook: refuseInvalid })
  .openapi(get, async (c) =>
    c.json(await readNamespaceState(c, c.req.valid("param").namespace), 200),
  )
  .openapi(challenge, async (c) => {
    const { namespace } = c.req.valid("param");
    const refusal = await findRefusal(c);
    if (refusal) return refuse(c, refusal);
    if (toClaimPlace(namespace)?.kind !== "domain") return refuse(c, NO_DOMAIN);
    const host = c.req.header("host") ?? "";
    const text = `mcpnest-publish gateway=${host} namespace=${namespace.toLowerCase()} nonce=${newSecret()}`;
    const row = makeRow(c, namespace, { challenge: text, challengedAt: Date.now() });
    if (!(await insertChallenge(c.var.db, row))) return refuse(c, TOO_MANY);
    return c.json(await readNamespaceState(c, namespace), 200);
  })
  .openapi(prove, async (c) => {
    const { namespace } = c.req.valid("param");
    const refusal = await findRefusal(c);
    if (refusal) return refuse(c, refusal);
    const address = clientAddress(c.req.raw, c.env.CLIENT_ADDRESS_HEADER);
    if (!(await passesStrangerLimit(c.env, address))) return respondTooSoon(c);
    const check = await checkSignature(c, namespace, c.req.valid("json"));
    if ("code" in check) return refuse(c, check);
    return c.json({ ...check, state: await readNamespaceState(c, namespace) }, 200);
  })
  .openapi(signIn, async (c) => {
    const refusal = await findRefusal(c);
    if (refusal) return refuse(c, refusal);
    const state = newSecret();
    const services = settingsOf(c.env).publishing;
    const url = services && toGithubSignIn(c.env, services, toPage(c), state);
    if (url === null) return refuse(c, NO_GITHUB);
    const row = makeRow(c, SIGN_IN, { challenge: state, challengedAt: Date.now() });
    if (!(await insertChallenge(c.var.db, row))) return refuse(c, TOO_MANY);
    return c.json({ url }, 200);
  })
  .openapi(finish, async (c) => {
    const { db, actor } = c.var;
    const { code, state } = c.req.valid("json");
    const refusal = await findRefusal(c);
    if (refusal) return refuse(c, refusal);
    const services = settingsOf(c.env).publishing;
    const isOwn = await takeSignInState(db, SIGN_IN, actor, state, Date.now() - CHALLENGE_MS);
    if (!isOwn || !services) return refuse(c, OTHER_SIGN_IN);
    const read = await readGithubAccounts(c.env, services, toPage(c), code);
    if ("problem" in read)
      return c.json({ namespaces: [], message: `Nothing is proven: ${read.problem}.` }, 200);
    const namespaces = read.accounts.map((account) => `io.github.${account}`);
    const now = Date.now();
    const rows = namespaces.map((namespace, place) => {
      const subject = read.accounts[place] ?? "";
      const proof = makeRow(c, namespace, { kind: "github", subject, provenAt: now });
      return { proof, event: makeProofEvent(c, namespace, "github", subject) };
    });
    await storeSignInProofs(db, rows);
    return c.json({ namespaces, message: `GitHub has proven ${namespaces.join(", ")}.` }, 200);
  });

function makeRow(c: C, namespace: string, set: Partial<NamespaceProofRow>): NamespaceProofRow {
  return {
    namespace: namespace.toLowerCase(),
    userId: c.var.actor,
    challenge: null,
    challengedAt: null,
    kind: null,
    subject: null,
    provenAt: null,
    ...set,
  };
}

function makeProofEvent(c: C, namespace: string, kind: string, subject: string) {
  const object = `marketplace-claim:${namespace.toLowerCase()}`;
  return makeAuditEvent(c.var.actor, "marketplace_namespace.proven", object, { kind, subject });
}

/** A proof is of the person, the gateway and the namespace that its text names, and the text is used once. */
async function checkSignature(c: C, namespace: string, input: SignatureInput) {
  const { db, actor } = c.var;
  const services = settingsOf(c.env).publishing;
  const place = toClaimPlace(namespace);
  if (place?.kind !== "domain" || !services) return NO_DOMAIN;
  const domain = (input.domain ?? place.subject).toLowerCase();
  if (!canProve(domain, place.subject, input.kind)) return OTHER_DOMAIN;
  const row = await findNamespaceProof(db, namespace.toLowerCase(), actor);
  const isOpen = (row?.challengedAt ?? 0) + CHALLENGE_MS > Date.now();
  if (!row || row.challenge === null || !isOpen) return NO_CHALLENGE;
  const { kind, signature } = input;
  const check = await proveDomain(c.env, services, { kind, domain, signature }, row.challenge);
  if (!check.isProven) return check;
  const proof = { kind, subject: domain, provenAt: Date.now() };
  const event = makeProofEvent(c, namespace, kind, domain);
  const isStored = await proveNamespace(db, row, row.challenge, proof, event);
  return isStored ? check : NO_CHALLENGE;
}

/** A TXT record is of the domain and all below it, a file of its host alone. */
function canProve(domain: string, host: string, kind: SignatureInput["kind"]): boolean {
  if (domain === host) return true;
  return kind === "dns" && domain.includes(".") && host.endsWith(`.${domain}`);
}

async function findRefusal(c: C) {
  if (settingsOf(c.env).publishing === null) return OFF;
  return (await isActingMember(c.var.db, c.var.actor)) ? null : NO_MEMBER;
}

/** The page that GitHub sends the person back to. */
function toPage(c: C): string {
  return toLinkOrigin(c.req.header("host") ?? "") + PAGES.publish;
}

function respondTooSoon(c: C) {
  c.header("retry-after", String(STRANGER_WAIT_SECONDS));
  const message = `Too many checks in a short time. Check again in ${STRANGER_WAIT_SECONDS} seconds.`;
  return c.json(errorBody("rate_limited", message), 429);
}

/** The refusal where servers are not published. */
export const OFF = {
  code: "conflict",
  message: "The operator has switched publishing off (MARKETPLACE_PUBLISHING).",
} as const;
/** The refusal of people without a workspace. */
export const NO_MEMBER = {
  code: "forbidden",
  message: "Active members of a workspace can publish servers.",
} as const;
const NO_DOMAIN = {
  code: "conflict",
  message:
    "This namespace names no domain. A GitHub account is proven by a sign-in at GitHub, or by a claim.",
} as const;
const OTHER_DOMAIN = {
  code: "invalid",
  message: "domain: give the domain of the namespace, or for dns one above it.",
} as const;
const NO_CHALLENGE = {
  code: "conflict",
  message: "There is no text to sign: it was used, or is older than 15 minutes. Get a new one.",
} as const;
const NO_GITHUB = {
  code: "conflict",
  message:
    "This gateway has no GitHub OAuth app (GITHUB_OAUTH_CLIENT). Claim the namespace instead.",
} as const;
const OTHER_SIGN_IN = {
  code: "conflict",
  message: "This sign-in was not begun by you, was used, or is older than 15 minutes. Begin again.",
} as const;
const TOO_MANY = {
  code: "conflict",
  message: "You have proofs of 100 namespaces. They expire after a day.",
} as const;
