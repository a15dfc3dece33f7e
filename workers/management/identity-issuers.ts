import { createRoute, OpenAPIHono } from "@hono/zod-openapi";
import type { Context } from "hono";
import { z } from "zod";
import {
  CompanyRedirect,
  IdentityIssuer,
  IdentityIssuerInput,
  IdentityIssuerPatch,
  IssuerTest,
} from "../contract/api/company.ts";
import type { IssuerSettings } from "../contract/records/identity-issuer.ts";
import type { Refusal } from "../contract/rpc/commands.ts";
import { newId } from "../crypto/ids.ts";
import { parseKeyRing } from "../crypto/key-ring.ts";
import { openWorkspaceKey, sealValue } from "../crypto/workspace-key.ts";
import {
  deleteIdentityIssuer,
  findIdentityIssuer,
  insertIdentityIssuer,
  listIdentityIssuers,
  listUsersOfIssuer,
  takesAssertions,
  updateIdentityIssuer,
  type IdentityIssuerRecord,
} from "../db/identity-issuers.ts";
import { makeAuditEvent } from "../identity/audit-events.ts";
import { budgetsOf } from "../runtime/settings.ts";
import { egressOf } from "../upstream/egress.ts";
import { checkIssuerAddress, discoverOpenId } from "../upstream/sign-in/openid.ts";
import type { ManagementEnv } from "./authorize.ts";
import { beginCompanySignIn, toSecretContext } from "./company-sign-in.ts";
import { handOverTeams } from "./company-teams.ts";
import { findTest } from "./company-tests.ts";
import { endIssuerAccess } from "./end-issuer-access.ts";
import { endTemporaryTokensOfAll } from "./end-temporary-tokens.ts";
import { checkSettings } from "./issuer-settings.ts";
import {
  jsonBody,
  jsonResponse,
  READ_ERRORS,
  refuse,
  refuseInvalid,
  respondNotFound,
  toListSchema,
  WRITE_ERRORS,
} from "./responses.ts";

const tags = ["identity issuers"];
const params = z.object({ workspace: z.string() });
const issuerParams = z.object({ workspace: z.string(), issuer: z.string() });
/** Of one workspace. */
const MAX_ISSUERS = 10;

const list = createRoute({
  method: "get",
  path: "/{workspace}/identity-issuers",
  tags,
  summary: "List the issuers whose identities the workspace accepts",
  request: { params },
  responses: { 200: jsonResponse(toListSchema(IdentityIssuer), "The issuers"), ...READ_ERRORS },
});

const create = createRoute({
  method: "post",
  path: "/{workspace}/identity-issuers",
  tags,
  summary: "Add the company’s OpenID provider; people sign in by it once it is switched on",
  request: { params, body: jsonBody(IdentityIssuerInput) },
  responses: { 201: jsonResponse(IdentityIssuer, "The issuer"), ...WRITE_ERRORS },
});

const update = createRoute({
  method: "patch",
  path: "/{workspace}/identity-issuers/{issuer}",
  tags,
  summary: "Change an issuer; the browser sessions that it began end",
  request: { params: issuerParams, body: jsonBody(IdentityIssuerPatch) },
  responses: { 200: jsonResponse(IdentityIssuer, "The changed issuer"), ...WRITE_ERRORS },
});

const remove = createRoute({
  method: "delete",
  path: "/{workspace}/identity-issuers/{issuer}",
  tags,
  summary: "Remove an issuer; the browser sessions that it began end",
  request: { params: issuerParams },
  responses: { 204: { description: "The issuer is removed" }, ...WRITE_ERRORS },
});

const test = createRoute({
  method: "post",
  path: "/{workspace}/identity-issuers/{issuer}/test",
  tags,
  summary: "Begin a test sign-in, which signs no one in and shows what the provider says",
  request: { params: issuerParams },
  responses: { 200: jsonResponse(CompanyRedirect, "The address to open"), ...WRITE_ERRORS },
});

const getTest = createRoute({
  method: "get",
  path: "/{workspace}/identity-issuers/{issuer}/test",
  tags,
  summary: "Get what the last test sign-in of the last hour has shown",
  request: { params: issuerParams },
  responses: {
    200: jsonResponse(z.object({ test: IssuerTest.nullable() }), "The test; null: none"),
    ...READ_ERRORS,
  },
});

/** Routes under /workspaces for the issuers whose identities a workspace accepts. */
export const identityIssuers = new OpenAPIHono<ManagementEnv>({ defaultHook: refuseInvalid })
  .openapi(list, async (c) => {
    const records = await listIdentityIssuers(c.var.db, c.var.workspace.id);
    return c.json({ items: records.map(toIdentityIssuer) }, 200);
  })
  .openapi(create, async (c) => {
    const { db, workspace, person, actor } = c.var;
    const { clientSecret, ...input } = c.req.valid("json");
    const before = await listIdentityIssuers(db, workspace.id);
    const problem = await findProblem(c, before, input);
    if (problem) return refuse(c, problem);
    const unmapped = await handOverTeams(c, [], input.settings.mappings);
    if (unmapped) return refuse(c, unmapped);
    const id = newId("iss");
    const record: IdentityIssuerRecord = {
      id,
      workspaceId: workspace.id,
      kind: "openid",
      ...input,
      clientSecret: await sealSecret(c, id, clientSecret),
      isEnabled: false,
      acceptsAssertions: false,
      createdAt: Date.now(),
      createdBy: person,
    };
    const event = makeAuditEvent(
      actor,
      "issuer.created",
      `issuer:${id}`,
      toDetail(record),
      workspace.id,
    );
    const isStored = await insertIdentityIssuer(db, record, event);
    return isStored ? c.json(toIdentityIssuer(record), 201) : refuse(c, ISSUER_EXISTS);
  })
  .openapi(update, async (c) => {
    const { db, workspace, actor } = c.var;
    const before = await findIdentityIssuer(db, workspace.id, c.req.valid("param").issuer);
    if (before?.kind !== "openid") return respondNotFound(c, "issuer");
    const { clientSecret, ...patch } = c.req.valid("json");
    const { settings } = patch;
    const problem =
      settings &&
      (checkSettings(settings) ??
        (await handOverTeams(c, before.settings.mappings, settings.mappings)));
    if (problem) return refuse(c, problem);
    const sealed =
      clientSecret === undefined
        ? before.clientSecret
        : await sealSecret(c, before.id, clientSecret);
    const given = Object.entries(patch).filter(([, value]) => value !== undefined);
    // A cast: `given` has fields of the patch, which are the record's.
    const record = {
      ...before,
      ...(Object.fromEntries(given) as Partial<IdentityIssuerRecord>),
      clientSecret: sealed,
    };
    const changed = [
      ...given.map(([field]) => field),
      ...(clientSecret === undefined ? [] : ["clientSecret"]),
    ];
    const detail = { ...toDetail(record), changed };
    const event = makeAuditEvent(
      actor,
      "issuer.updated",
      `issuer:${before.id}`,
      detail,
      workspace.id,
    );
    const secret = clientSecret === undefined ? {} : { clientSecret: record.clientSecret };
    const users = await listUsersOfIssuer(db, record.id);
    const store = () => updateIdentityIssuer(db, record.id, { ...patch, ...secret }, event);
    if (takesAssertions(record)) await store();
    else {
      const off = { issuerId: record.id, memberId: null, keepsGrants: true };
      const outcome = await endIssuerAccess(c, off, store);
      if (!outcome.ok) return refuse(c, outcome.refusal);
    }
    await endTemporaryTokensOfAll(c.env, db, users);
    return c.json(toIdentityIssuer(record), 200);
  })
  .openapi(remove, async (c) => {
    const { db, workspace, actor } = c.var;
    const found = await findIdentityIssuer(db, workspace.id, c.req.valid("param").issuer);
    if (found?.kind !== "openid") return respondNotFound(c, "issuer");
    const event = makeAuditEvent(
      actor,
      "issuer.deleted",
      `issuer:${found.id}`,
      toDetail(found),
      workspace.id,
    );
    const users = await listUsersOfIssuer(db, found.id);
    const store = () => deleteIdentityIssuer(db, found.id, event);
    const all = { issuerId: found.id, memberId: null, keepsGrants: false };
    const outcome = await endIssuerAccess(c, all, store);
    if (!outcome.ok) return refuse(c, outcome.refusal);
    await endTemporaryTokensOfAll(c.env, db, users);
    await handOverTeams(c, found.settings.mappings, []);
    return c.body(null, 204);
  })
  .openapi(test, async (c) => {
    const { db, workspace, caller } = c.var;
    if (caller?.kind !== "user") return refuse(c, NEEDS_BROWSER);
    const issuer = await findIdentityIssuer(db, workspace.id, c.req.valid("param").issuer);
    if (issuer?.kind !== "openid") return respondNotFound(c, "issuer");
    const intent = { kind: "test", sessionId: caller.session.record.id } as const;
    const begun = await beginCompanySignIn(c, workspace, issuer, intent);
    if (!begun.ok) return refuse(c, { code: "conflict", message: begun.problem });
    return c.json({ to: begun.to }, 200);
  })
  .openapi(getTest, async (c) => {
    const { db, workspace } = c.var;
    const issuer = await findIdentityIssuer(db, workspace.id, c.req.valid("param").issuer);
    if (!issuer) return respondNotFound(c, "issuer");
    return c.json({ test: await findTest(c.env, db, issuer.id) }, 200);
  });

/** Why a provider cannot be added; null: it can. */
async function findProblem(
  c: Context<ManagementEnv>,
  before: IdentityIssuerRecord[],
  { issuer, settings }: { issuer: string; settings: IssuerSettings },
): Promise<Refusal | null> {
  if (before.some(({ kind }) => kind === "openid")) return HAS_PROVIDER;
  if (before.length >= MAX_ISSUERS) return TOO_MANY;
  const address = checkIssuerAddress(issuer);
  if (address !== null) return { code: "invalid", message: `issuer: ${address}` };
  const refused = checkSettings(settings);
  if (refused) return refused;
  const options = { budgets: budgetsOf(c.env), ...egressOf(c.env) };
  const found = await discoverOpenId(issuer, options);
  return found.ok ? null : { code: "conflict", message: found.problem };
}

async function sealSecret(c: Context<ManagementEnv>, id: string, secret: string | null) {
  if (secret === null) return null;
  const ring = parseKeyRing(c.env.MCPNEST_MASTER_KEYS);
  const key = await openWorkspaceKey(ring, c.var.workspace.wrappedKey);
  return sealValue(key, toSecretContext(id), secret);
}

/** API view of an issuer: no client secret. */
function toIdentityIssuer({
  workspaceId: _workspace,
  clientSecret,
  ...record
}: IdentityIssuerRecord): IdentityIssuer {
  const acceptsAssertions = record.acceptsAssertions ?? record.kind === "assertions";
  return { ...record, acceptsAssertions, hasClientSecret: clientSecret !== null };
}

function toDetail({ kind, name, issuer, clientId, settings, isEnabled }: IdentityIssuerRecord) {
  const { createsMembers, groupsClaim } = settings;
  const mappings = settings.mappings.length;
  return { kind, name, issuer, clientId, isEnabled, createsMembers, groupsClaim, mappings };
}

const ISSUER_EXISTS: Refusal = {
  code: "conflict",
  message: "The workspace accepts this issuer already.",
};
const HAS_PROVIDER: Refusal = {
  code: "conflict",
  message: "The workspace has a company sign-in already. Remove it first.",
};
const TOO_MANY: Refusal = {
  code: "conflict",
  message: `A workspace accepts at most ${MAX_ISSUERS} issuers.`,
};
const NEEDS_BROWSER: Refusal = {
  code: "conflict",
  message: "A test sign-in needs a browser: sign in to the dashboard as an owner.",
};
