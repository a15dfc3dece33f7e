import { createRoute, OpenAPIHono } from "@hono/zod-openapi";
import { z } from "zod";
import {
  CeremonyOptions,
  Passkey,
  PasskeyInput,
  PasskeyPatch,
  RecoveryCodes,
} from "../contract/api/people.ts";
import {
  deletePasskey,
  insertPasskey,
  listPasskeys,
  renamePasskey,
  replaceRecoveryCodes,
  type PasskeyRecord,
} from "../db/users.ts";
import { makeAuditEvent } from "../identity/audit-events.ts";
import { toRelyingParty } from "../identity/origin.ts";
import { beginRegistration, finishRegistration } from "../identity/passkeys.ts";
import { digestSecret, newSecret } from "../identity/random-secrets.ts";
import type { ManagementEnv } from "./authorize.ts";
import { PASSKEY_EXISTS } from "./link-acceptance.ts";
import {
  jsonResponse,
  jsonBody,
  toListSchema,
  READ_ERRORS,
  refuse,
  refuseInvalid,
  WRITE_ERRORS,
} from "./responses.ts";
import { respondNoPasskeySupport, respondNotRecognized } from "./sign-in-responses.ts";
import { requireBrowserSession } from "./signed-in-user.ts";

/** Recovery codes that a user gets at once. */
const RECOVERY_CODES = 8;

const tags = ["me"];
const params = z.object({ passkey: z.string() });

const list = createRoute({
  method: "get",
  path: "/passkeys",
  tags,
  summary: "List your passkeys, oldest first",
  responses: { 200: jsonResponse(toListSchema(Passkey), "Your passkeys"), ...READ_ERRORS },
});

const begin = createRoute({
  method: "post",
  path: "/passkeys/options",
  tags,
  summary: "Start the registration of a passkey",
  responses: {
    200: jsonResponse(CeremonyOptions, "Options for startRegistration"),
    ...WRITE_ERRORS,
  },
});

const add = createRoute({
  method: "post",
  path: "/passkeys",
  tags,
  summary: "Add a passkey",
  request: { body: jsonBody(PasskeyInput) },
  responses: { 201: jsonResponse(Passkey, "The new passkey"), ...WRITE_ERRORS },
});

const rename = createRoute({
  method: "patch",
  path: "/passkeys/{passkey}",
  tags,
  summary: "Rename a passkey",
  request: { params, body: jsonBody(PasskeyPatch) },
  responses: { 200: jsonResponse(Passkey, "The updated passkey"), ...WRITE_ERRORS },
});

const remove = createRoute({
  method: "delete",
  path: "/passkeys/{passkey}",
  tags,
  summary: "Remove a passkey; the last one cannot be removed",
  request: { params },
  responses: { 204: { description: "The passkey is removed" }, ...WRITE_ERRORS },
});

const codes = createRoute({
  method: "post",
  path: "/recovery-codes",
  tags,
  summary:
    "Create new recovery codes, which replace all earlier ones; only this response contains them",
  responses: { 201: jsonResponse(RecoveryCodes, "The codes; each signs in once"), ...WRITE_ERRORS },
});

/** Routes under /me for the user's passkeys and recovery codes. */
export const mePasskeys = new OpenAPIHono<ManagementEnv>({ defaultHook: refuseInvalid })
  .openapi(list, async (c) =>
    c.json({ items: await listPasskeys(c.var.db, requireBrowserSession(c).user.id) }, 200),
  )
  .openapi(begin, async (c) => {
    const { db } = c.var;
    const { user } = requireBrowserSession(c);
    const party = toRelyingParty(c.req.header("host") ?? "");
    if (!party) return respondNoPasskeySupport(c);
    const existing = await listPasskeys(db, user.id);
    const options = await beginRegistration(c.env, party, "add-passkey", user, existing);
    return c.json({ options }, 200);
  })
  .openapi(add, async (c) => {
    const { db } = c.var;
    const { user } = requireBrowserSession(c);
    const party = toRelyingParty(c.req.header("host") ?? "");
    if (!party) return respondNoPasskeySupport(c);
    const { label, response } = c.req.valid("json");
    const newPasskey = await finishRegistration(c.env, db, party, "add-passkey", label, response);
    if (newPasskey?.userId !== user.id) {
      return respondNotRecognized(c, "The passkey was not accepted. Try again.");
    }
    const event = makeAuditEvent(user.id, "passkey.added", `user:${user.id}`, { label });
    if (!(await insertPasskey(db, newPasskey, event))) return refuse(c, PASSKEY_EXISTS);
    return c.json(toPasskey(newPasskey), 201);
  })
  .openapi(rename, async (c) => {
    const { db } = c.var;
    const { user } = requireBrowserSession(c);
    const { label } = c.req.valid("json");
    const { passkey: id } = c.req.valid("param");
    const passkey = (await listPasskeys(db, user.id)).find((candidate) => candidate.id === id);
    if (!passkey) return refuse(c, PASSKEY_NOT_FOUND);
    const detail = { label, before: { label: passkey.label } };
    const event = makeAuditEvent(user.id, "passkey.renamed", `user:${user.id}`, detail);
    await renamePasskey(db, user.id, id, label, event);
    return c.json({ ...passkey, label }, 200);
  })
  .openapi(remove, async (c) => {
    const { db } = c.var;
    const { user } = requireBrowserSession(c);
    const { passkey: id } = c.req.valid("param");
    const passkeys = await listPasskeys(db, user.id);
    const passkey = passkeys.find((candidate) => candidate.id === id);
    if (!passkey) return refuse(c, PASSKEY_NOT_FOUND);
    if (passkeys.length === 1) return refuse(c, LAST_PASSKEY);
    const { label } = passkey;
    const event = makeAuditEvent(user.id, "passkey.removed", `user:${user.id}`, { label });
    await deletePasskey(db, user.id, id, event);
    return c.body(null, 204);
  })
  .openapi(codes, async (c) => {
    const { user } = requireBrowserSession(c);
    const newCodes = Array.from({ length: RECOVERY_CODES }, newSecret);
    const digests = await Promise.all(newCodes.map(digestSecret));
    const event = makeAuditEvent(user.id, "recovery_codes.replaced", `user:${user.id}`);
    await replaceRecoveryCodes(c.var.db, user.id, digests, event);
    return c.json({ codes: newCodes }, 201);
  });

function toPasskey({ id, label, createdAt, lastUsedAt, isBackedUp }: PasskeyRecord): Passkey {
  return { id, label, createdAt, lastUsedAt, isBackedUp };
}

const PASSKEY_NOT_FOUND = { code: "not_found", message: "You have no such passkey." } as const;
const LAST_PASSKEY = {
  code: "conflict",
  message: "This is your last passkey. Add another one first.",
} as const;
