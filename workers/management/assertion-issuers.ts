import { createRoute, OpenAPIHono } from "@hono/zod-openapi";
import type { Context } from "hono";
import { z } from "zod";
import {
  AssertionIssuer,
  AssertionIssuerInput,
  AssertionIssuerPatch,
  PinnedIdentity,
  PinnedSubject,
  refuseSharedIssuer,
} from "../contract/api/assertion-issuers.ts";
import { IssuerSettings } from "../contract/records/identity-issuer.ts";
import { newId } from "../crypto/ids.ts";
import {
  deleteIdentityIssuer,
  insertIdentityIssuer,
  listIdentityIssuers,
  takesAssertions,
  updateIdentityIssuer,
  type IdentityIssuerRecord,
} from "../db/identity-issuers.ts";
import { deleteMemberIdentity } from "../db/member-identities.ts";
import { findMember } from "../db/members.ts";
import { listPinnedMembers, pinIdentity } from "../db/pinned-identities.ts";
import { makeAuditEvent } from "../identity/audit-events.ts";
import { findIssuerKeys } from "../oauth/issuer-keys.ts";
import { egressOf } from "../upstream/egress.ts";
import { checkUpstreamUrl } from "../upstream/guarded-fetch.ts";
import type { ManagementEnv } from "./authorize.ts";
import { endIssuerAccess } from "./end-issuer-access.ts";
import {
  jsonBody,
  jsonResponse,
  READ_ERRORS,
  refuse,
  respondNotFound,
  toListSchema,
  WRITE_ERRORS,
} from "./responses.ts";

/** Each is asked for its keys, and is one more that can say who a person is. */
const MAX_ISSUERS = 10;

const tags = ["assertion-issuers"];
const params = z.object({ workspace: z.string() });
const issuerParams = params.extend({ issuer: z.string() });

const list = createRoute({
  method: "get",
  path: "/{workspace}/assertion-issuers",
  tags,
  summary: "List the issuers whose identity assertions let clients act for members, oldest first",
  request: { params },
  responses: { 200: jsonResponse(toListSchema(AssertionIssuer), "The issuers"), ...READ_ERRORS },
});

const create = createRoute({
  method: "post",
  path: "/{workspace}/assertion-issuers",
  tags,
  summary: "Trust an issuer of identity assertions (ID-JAG); its keys are read to test it",
  request: { params, body: jsonBody(AssertionIssuerInput) },
  responses: { 201: jsonResponse(AssertionIssuer, "The new issuer"), ...WRITE_ERRORS },
});

const update = createRoute({
  method: "patch",
  path: "/{workspace}/assertion-issuers/{issuer}",
  tags,
  summary: "Change what is asked of an issuer, from its next assertion on",
  request: { params: issuerParams, body: jsonBody(AssertionIssuerPatch) },
  responses: { 200: jsonResponse(AssertionIssuer, "The updated issuer"), ...WRITE_ERRORS },
});

const remove = createRoute({
  method: "delete",
  path: "/{workspace}/assertion-issuers/{issuer}",
  tags,
  summary:
    "Remove an issuer and the access that it has given; who its accounts are is kept for its return",
  request: { params: issuerParams },
  responses: { 204: { description: "The issuer is removed" }, ...WRITE_ERRORS },
});

const identities = createRoute({
  method: "get",
  path: "/{workspace}/assertion-issuers/{issuer}/identities",
  tags,
  summary: "List the members who are pinned to an account of an issuer, oldest first",
  request: { params: issuerParams },
  responses: { 200: jsonResponse(toListSchema(PinnedIdentity), "The identities"), ...READ_ERRORS },
});

const pin = createRoute({
  method: "put",
  path: "/{workspace}/assertion-issuers/{issuer}/identities/{member}",
  tags,
  summary: "Pin a member to an account of an issuer by its subject, before its first use",
  request: {
    params: issuerParams.extend({ member: z.string() }),
    body: jsonBody(PinnedSubject),
  },
  responses: { 200: jsonResponse(PinnedIdentity, "The pinned member"), ...WRITE_ERRORS },
});

const unpin = createRoute({
  method: "delete",
  path: "/{workspace}/assertion-issuers/{issuer}/identities/{member}",
  tags,
  summary: "Unpin a member from an issuer, and end the access that it has given for the member",
  request: { params: issuerParams.extend({ member: z.string() }) },
  responses: { 204: { description: "The member is unpinned" }, ...WRITE_ERRORS },
});

type C = Context<ManagementEnv>;

/** Routes for issuers of identity assertions. */
export const assertionIssuers = new OpenAPIHono<ManagementEnv>()
  .openapi(list, async (c) => c.json({ items: (await listOfWorkspace(c)).map(toView) }, 200))
  .openapi(create, async (c) => {
    const { db, workspace, actor } = c.var;
    const { name, issuer: address, acceptsAssertions, ...settings } = c.req.valid("json");
    const problem = await findProblem(c, address);
    if (problem !== null) return refuse(c, { code: "invalid", message: `issuer: ${problem}.` });
    const all = await listIdentityIssuers(db, workspace.id);
    if (all.length >= MAX_ISSUERS) return refuse(c, TOO_MANY);
    const issuer: IdentityIssuerRecord = {
      id: newId("iss"),
      workspaceId: workspace.id,
      kind: "assertions",
      name,
      issuer: address,
      clientId: null,
      clientSecret: null,
      settings: IssuerSettings.parse(settings),
      isEnabled: true,
      acceptsAssertions,
      createdAt: Date.now(),
      createdBy: actor,
    };
    const isNew = await insertIdentityIssuer(db, issuer, toEvent(c, issuer, "created"));
    return isNew ? c.json(toView(issuer), 201) : refuse(c, KNOWN);
  })
  .openapi(update, async (c) => {
    const current = await findIssuer(c);
    if (!current) return respondNotFound(c, "issuer");
    const { name = current.name, acceptsAssertions, ...patch } = c.req.valid("json");
    const settings = IssuerSettings.parse({ ...current.settings, ...patch });
    const problem = refuseSharedIssuer(current.issuer, settings.requiredClaims);
    if (problem !== null)
      return refuse(c, { code: "invalid", message: `requiredClaims: ${problem}.` });
    const accepts = acceptsAssertions ?? current.acceptsAssertions;
    const issuer = { ...current, name, settings, acceptsAssertions: accepts };
    const changed = Object.keys(patch).length > 0 ? ["settings"] : [];
    const fields = [
      ...(name === current.name ? [] : ["name"]),
      ...changed,
      ...(acceptsAssertions === undefined ? [] : ["acceptsAssertions"]),
    ];
    const stored = { name, acceptsAssertions, ...(changed.length > 0 && { settings }) };
    const event = toEvent(c, issuer, "updated", fields);
    const store = () => updateIdentityIssuer(c.var.db, issuer.id, stored, event);
    if (takesAssertions(issuer)) await store();
    else {
      const outcome = await endIssuerAccess(c, { ...toAll(issuer.id), keepsGrants: true }, store);
      if (!outcome.ok) return refuse(c, outcome.refusal);
    }
    return c.json(toView(issuer), 200);
  })
  .openapi(remove, async (c) => {
    const issuer = await findIssuer(c);
    if (!issuer) return respondNotFound(c, "issuer");
    const outcome = await endIssuerAccess(c, toAll(issuer.id), () =>
      deleteIdentityIssuer(c.var.db, issuer.id, toEvent(c, issuer, "deleted")),
    );
    return outcome.ok ? c.body(null, 204) : refuse(c, outcome.refusal);
  })
  .openapi(identities, async (c) => {
    const issuer = await findIssuer(c);
    if (!issuer) return respondNotFound(c, "issuer");
    const rows = await listPinnedMembers(c.var.db, c.var.workspace.id, issuer.issuer);
    const items = rows.map(toPinned);
    return c.json({ items }, 200);
  })
  .openapi(pin, async (c) => {
    const { db, workspace, actor } = c.var;
    const { member: memberId } = c.req.valid("param");
    const { subject } = c.req.valid("json");
    const found = await findIssuer(c);
    if (!found) return respondNotFound(c, "issuer");
    const member = await findMember(db, workspace.id, memberId);
    if (!member || member.agent) return respondNotFound(c, "member");
    const { issuer } = found;
    const identity = { issuer, subject, email: null };
    const detail = { name: member.name, identity };
    const event = makeAuditEvent(actor, "member.bound", `member:${memberId}`, detail, workspace.id);
    const pinnedAt = Date.now();
    const record = { ...identity, workspaceId: workspace.id, memberId, pinnedAt };
    if (!(await pinIdentity(db, { ...record, byAddress: false }, event))) return refuse(c, PINNED);
    const pinned = await listPinnedMembers(db, workspace.id, issuer);
    const known = pinned.find((one) => one.subject === subject);
    return known ? c.json(toPinned(known), 200) : respondNotFound(c, "identity");
  })
  .openapi(unpin, async (c) => {
    const { db, workspace, actor } = c.var;
    const { member: memberId } = c.req.valid("param");
    const found = await findIssuer(c);
    if (!found) return respondNotFound(c, "issuer");
    const pinned = await listPinnedMembers(db, workspace.id, found.issuer);
    const known = pinned.find((candidate) => candidate.memberId === memberId);
    if (!known) return respondNotFound(c, "identity");
    const { memberName: name, ...identity } = known;
    const { issuer, subject, email } = identity;
    const detail = { name, identity: { issuer, subject, email } };
    const object = `member:${memberId}`;
    const event = makeAuditEvent(actor, "member.unbound", object, detail, workspace.id);
    const outcome = await endIssuerAccess(c, { ...toAll(found.id), memberId }, () =>
      deleteMemberIdentity(db, identity, event),
    );
    return outcome.ok ? c.body(null, 204) : refuse(c, outcome.refusal);
  });

async function findProblem(c: C, issuer: string): Promise<string | null> {
  const problem = checkUpstreamUrl(issuer, egressOf(c.env));
  if (problem !== null) return problem;
  const keys = await findIssuerKeys(c.env, issuer, true);
  return keys.ok ? null : keys.problem.replace(/\.$/, "");
}

async function listOfWorkspace(c: C): Promise<IdentityIssuerRecord[]> {
  const all = await listIdentityIssuers(c.var.db, c.var.workspace.id);
  return all.filter(({ kind }) => kind === "assertions");
}

async function findIssuer(c: C): Promise<IdentityIssuerRecord | undefined> {
  const id = c.req.param("issuer");
  return (await listOfWorkspace(c)).find((issuer) => issuer.id === id);
}

function toEvent(
  c: C,
  { id, kind, name, issuer, settings }: IdentityIssuerRecord,
  verb: "created" | "updated" | "deleted",
  changed: string[] = [],
) {
  const { requiredClaims, mapsByEmail } = settings;
  const detail = { kind, name, issuer, requiredClaims, mapsByEmail, changed };
  const { actor, workspace } = c.var;
  return makeAuditEvent(actor, `issuer.${verb}`, `issuer:${id}`, detail, workspace.id);
}

function toView(record: IdentityIssuerRecord): AssertionIssuer {
  const { id, name, issuer, settings, createdAt } = record;
  const { requiredClaims, mapsByEmail } = settings;
  const acceptsAssertions = takesAssertions(record);
  return { id, name, issuer, requiredClaims, mapsByEmail, acceptsAssertions, createdAt };
}

const TOO_MANY = {
  code: "conflict",
  message: `The workspace trusts ${MAX_ISSUERS} issuers, which is the maximum: remove one first.`,
} as const;
/** All access that an issuer has given. */
function toAll(issuerId: string) {
  return { issuerId, memberId: null, keepsGrants: false };
}

function toPinned({
  workspaceId: _workspace,
  issuer: _issuer,
  byAddress: _by,
  ...identity
}: Awaited<ReturnType<typeof listPinnedMembers>>[number]): PinnedIdentity {
  return identity;
}

const PINNED = {
  code: "conflict",
  message:
    "The member is pinned to another account of this issuer, or the account to another member: unpin that one first.",
} as const;

const KNOWN = {
  code: "conflict",
  message: "The workspace trusts this issuer already.",
} as const;
