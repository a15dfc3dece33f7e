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
import { toEvent } from "../identity/events.ts";
import { relyingPartyOf } from "../identity/origin.ts";
import { beginRegistration, finishRegistration } from "../identity/passkeys.ts";
import { digestOf, newSecret } from "../identity/random-secrets.ts";
import type { ManagementEnv } from "./authorize.ts";
import { signedInOf } from "./me-response.ts";
import {
  json,
  jsonBody,
  listOf,
  readErrors,
  refuse,
  refuseInvalid,
  writeErrors,
} from "./responses.ts";
import { noPasskeysHere, notRecognised } from "./sign-in-responses.ts";

const RECOVERY_CODES = 8;

const tags = ["me"];
const params = z.object({ passkey: z.string() });

const list = createRoute({
  method: "get",
  path: "/passkeys",
  tags,
  summary: "One's passkeys, oldest first",
  responses: { 200: json(listOf(Passkey), "The passkeys"), ...readErrors },
});

const begin = createRoute({
  method: "post",
  path: "/passkeys/options",
  tags,
  summary: "Begin to add a passkey",
  responses: { 200: json(CeremonyOptions, "For startRegistration"), ...writeErrors },
});

const add = createRoute({
  method: "post",
  path: "/passkeys",
  tags,
  summary: "Add a passkey",
  request: { body: jsonBody(PasskeyInput) },
  responses: { 201: json(Passkey, "The new passkey"), ...writeErrors },
});

const rename = createRoute({
  method: "patch",
  path: "/passkeys/{passkey}",
  tags,
  summary: "Give a passkey another label",
  request: { params, body: jsonBody(PasskeyPatch) },
  responses: { 200: json(Passkey, "The passkey as it is now"), ...writeErrors },
});

const remove = createRoute({
  method: "delete",
  path: "/passkeys/{passkey}",
  tags,
  summary: "Remove a passkey; the last one stays",
  request: { params },
  responses: { 204: { description: "It signs in nobody any more" }, ...writeErrors },
});

const codes = createRoute({
  method: "post",
  path: "/recovery-codes",
  tags,
  summary: "Make recovery codes in place of all earlier ones; they are shown this once",
  responses: { 201: json(RecoveryCodes, "Each signs in one time"), ...writeErrors },
});

export const mePasskeys = new OpenAPIHono<ManagementEnv>({ defaultHook: refuseInvalid })
  .openapi(list, async (c) =>
    c.json({ items: await listPasskeys(c.var.db, signedInOf(c).user.id) }, 200),
  )
  .openapi(begin, async (c) => {
    const { db } = c.var;
    const { user } = signedInOf(c);
    const party = relyingPartyOf(c.req.header("host") ?? "");
    if (!party) return noPasskeysHere(c);
    const own = await listPasskeys(db, user.id);
    return c.json({ options: await beginRegistration(db, party, "add-passkey", user, own) }, 200);
  })
  .openapi(add, async (c) => {
    const { db } = c.var;
    const { user } = signedInOf(c);
    const party = relyingPartyOf(c.req.header("host") ?? "");
    if (!party) return noPasskeysHere(c);
    const { label, response } = c.req.valid("json");
    const made = await finishRegistration(db, party, "add-passkey", label, response);
    if (made?.userId !== user.id) {
      return notRecognised(c, "The passkey could not be checked: try again.");
    }
    const event = toEvent(user.id, "passkey.added", `user:${user.id}`, { label });
    await insertPasskey(db, made, false, event);
    return c.json(toPasskey(made), 201);
  })
  .openapi(rename, async (c) => {
    const { db } = c.var;
    const { user } = signedInOf(c);
    const { label } = c.req.valid("json");
    const found = await findOwn(c.var.db, user.id, c.req.valid("param").passkey);
    if (!found) return refuse(c, NO_PASSKEY);
    const event = toEvent(user.id, "passkey.renamed", `user:${user.id}`, { label });
    await renamePasskey(db, user.id, found.id, label, event);
    return c.json({ ...found, label }, 200);
  })
  .openapi(remove, async (c) => {
    const { db } = c.var;
    const { user } = signedInOf(c);
    const own = await listPasskeys(db, user.id);
    const found = own.find(({ id }) => id === c.req.valid("param").passkey);
    if (!found) return refuse(c, NO_PASSKEY);
    if (own.length === 1) return refuse(c, LAST_PASSKEY);
    const { label } = found;
    const event = toEvent(user.id, "passkey.removed", `user:${user.id}`, { label });
    await deletePasskey(db, user.id, found.id, event);
    return c.body(null, 204);
  })
  .openapi(codes, async (c) => {
    const { user } = signedInOf(c);
    const fresh = Array.from({ length: RECOVERY_CODES }, newSecret);
    const event = toEvent(user.id, "recovery_codes.replaced", `user:${user.id}`);
    await replaceRecoveryCodes(c.var.db, user.id, await Promise.all(fresh.map(digestOf)), event);
    return c.json({ codes: fresh }, 201);
  });

async function findOwn(
  db: ManagementEnv["Variables"]["db"],
  userId: string,
  id: string,
): Promise<Passkey | undefined> {
  return (await listPasskeys(db, userId)).find((passkey) => passkey.id === id);
}

function toPasskey({ id, label, createdAt, lastUsedAt, isBackedUp }: PasskeyRecord): Passkey {
  return { id, label, createdAt, lastUsedAt, isBackedUp };
}

const NO_PASSKEY = { code: "not_found", message: "You have no such passkey." } as const;
const LAST_PASSKEY = {
  code: "conflict",
  message: "This is your last passkey: add another one first.",
} as const;
