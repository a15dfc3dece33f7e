import { createRoute, OpenAPIHono } from "@hono/zod-openapi";
import {
  CeremonyOptions,
  LinkFacts,
  LinkPasskey,
  LinkPerson,
  LinkQuery,
  Me,
} from "../contract/api/people.ts";
import type { Db } from "../db/database.ts";
import type { LinkRecord } from "../db/links.ts";
import { findUser, findUserByEmail, listPasskeys } from "../db/users.ts";
import { findMember, findWorkspaceById } from "../db/workspaces.ts";
import { ACCESS_HEADER, verifyAccessAssertion } from "../identity/cloudflare-access.ts";
import { readLink } from "../identity/links.ts";
import { relyingPartyOf } from "../identity/origin.ts";
import { beginRegistration, finishRegistration } from "../identity/passkeys.ts";
import type { ManagementEnv } from "./authorize.ts";
import { acceptLink, newUserId } from "./link-acceptance.ts";
import { signIn } from "./me-response.ts";
import { json, jsonBody, refuse, refuseInvalid } from "./responses.ts";
import {
  ANYBODY,
  ceremonyErrors,
  noPasskeysHere,
  notRecognised,
  spentLink,
} from "./sign-in-responses.ts";

const tags = ["sign-in"];

const look = createRoute({
  method: "post",
  path: "/link",
  tags,
  security: ANYBODY,
  summary: "What a single-use link is for",
  request: { body: jsonBody(LinkQuery) },
  responses: { 200: json(LinkFacts, "The link, which is still good"), ...ceremonyErrors },
});

const beginPasskey = createRoute({
  method: "post",
  path: "/link/passkey/options",
  tags,
  security: ANYBODY,
  summary: "Begin to make the passkey of a link's person",
  request: { body: jsonBody(LinkPerson) },
  responses: { 200: json(CeremonyOptions, "For startRegistration"), ...ceremonyErrors },
});

const passkey = createRoute({
  method: "post",
  path: "/link/passkey",
  tags,
  security: ANYBODY,
  summary: "Use a link up with a new passkey, and sign in",
  request: { body: jsonBody(LinkPasskey) },
  responses: { 200: json(Me, "Signed in"), ...ceremonyErrors },
});

const access = createRoute({
  method: "post",
  path: "/link/access",
  tags,
  security: ANYBODY,
  summary: "Use a link up as the person whom Cloudflare Access vouches for, and sign in",
  request: { body: jsonBody(LinkPerson) },
  responses: { 200: json(Me, "Signed in"), ...ceremonyErrors },
});

export const authLinks = new OpenAPIHono<ManagementEnv>({ defaultHook: refuseInvalid })
  .openapi(look, async (c) => {
    const link = await readLink(c.var.db, c.req.valid("json").secret);
    return link ? c.json(await toFacts(c.var.db, link), 200) : spentLink(c);
  })
  .openapi(beginPasskey, async (c) => {
    const { db } = c.var;
    const { secret, name } = c.req.valid("json");
    const party = relyingPartyOf(c.req.header("host") ?? "");
    if (!party) return noPasskeysHere(c);
    const link = await readLink(db, secret);
    if (!link) return spentLink(c);
    const person =
      link.userId === null ? { id: newUserId(), name } : await findUser(db, link.userId);
    if (!person) return spentLink(c);
    const existing = await listPasskeys(db, person.id);
    return c.json({ options: await beginRegistration(db, party, "link", person, existing) }, 200);
  })
  .openapi(passkey, async (c) => {
    const { db } = c.var;
    const { secret, name, response } = c.req.valid("json");
    const party = relyingPartyOf(c.req.header("host") ?? "");
    if (!party) return noPasskeysHere(c);
    const made = await finishRegistration(db, party, "link", "First passkey", response);
    if (!made) return notRecognised(c, "The passkey could not be checked: try again.");
    const accepted = await acceptLink(c.env, secret, { kind: "passkey", name, passkey: made });
    if (accepted === "spent") return spentLink(c);
    if (!accepted.ok) return refuse(c, accepted.refusal);
    return c.json(await signIn(c, accepted.user, "passkey"), 200);
  })
  .openapi(access, async (c) => {
    const { db } = c.var;
    const { secret, name } = c.req.valid("json");
    const email = await verifyAccessAssertion(c.env, c.req.header(ACCESS_HEADER) ?? "");
    if (email === undefined) return notRecognised(c, "Cloudflare Access vouches for nobody here.");
    const known = await findUserByEmail(db, email);
    const accepted = await acceptLink(
      c.env,
      secret,
      known ? { kind: "user", user: known } : { kind: "email", name, email },
    );
    if (accepted === "spent") return spentLink(c);
    if (!accepted.ok) return refuse(c, accepted.refusal);
    return c.json(await signIn(c, accepted.user, "access"), 200);
  });

async function toFacts(db: Db, link: LinkRecord): Promise<LinkFacts> {
  const { kind, expiresAt } = link;
  const workspace =
    link.workspaceId === null ? undefined : await findWorkspaceById(db, link.workspaceId);
  const member =
    link.workspaceId === null || link.memberId === null
      ? undefined
      : await findMember(db, link.workspaceId, link.memberId);
  const user = link.userId === null ? undefined : await findUser(db, link.userId);
  return {
    kind,
    name: user?.name ?? member?.name ?? null,
    workspace: workspace ? { slug: workspace.slug, name: workspace.name } : null,
    role: member?.role ?? (kind === "setup" ? "owner" : null),
    expiresAt,
  };
}
