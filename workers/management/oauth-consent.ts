import { createRoute, OpenAPIHono } from "@hono/zod-openapi";
import { z } from "zod";
import {
  AuthorizationAnswer,
  AuthorizationRequest,
  AuthorizationResult,
} from "../contract/api/oauth.ts";
import { allowsClient, findClientRefusal } from "../contract/records/oauth.ts";
import { hasGrant, listSignInWorkspaces } from "../db/oauth-grants.ts";
import { listMemberships } from "../db/users.ts";
import { findWorkspace } from "../db/workspaces.ts";
import { toOrigin } from "../http/oauth-addresses.ts";
import { reachesWorkspace } from "../identity/browser-sessions.ts";
import {
  allowAuthorization,
  denyAuthorization,
  readAuthorizationRequest,
} from "../oauth/authorization-request.ts";
import type { ManagementEnv } from "./authorize.ts";
import { jsonBody, jsonResponse, READ_ERRORS, refuse, WRITE_ERRORS } from "./responses.ts";
import { requireBrowserSession } from "./signed-in-user.ts";

const tags = ["oauth"];

const read = createRoute({
  method: "get",
  path: "/oauth/authorization",
  tags,
  summary: "Read the authorization request of a client, for the page that asks for consent",
  description: "The query is that of the request (RFC 6749, section 4.1.1), unchanged.",
  request: { query: z.looseObject({}) },
  responses: {
    200: jsonResponse(AuthorizationRequest, "What the client asks for"),
    ...READ_ERRORS,
    ...WRITE_ERRORS,
  },
});

const answer = createRoute({
  method: "post",
  path: "/oauth/authorization",
  tags,
  summary: "Allow or deny a client's authorization request",
  request: { body: jsonBody(AuthorizationAnswer) },
  responses: {
    200: jsonResponse(AuthorizationResult, "Where the browser goes next"),
    ...WRITE_ERRORS,
  },
});

/** Routes by which a person lets a client call tools, or does not. */
export const oauthConsent = new OpenAPIHono<ManagementEnv>()
  .openapi(read, async (c) => {
    const { db } = c.var;
    const session = requireBrowserSession(c);
    const { user } = session;
    const query = new URL(c.req.url).search.slice(1);
    const asked = await readAuthorizationRequest(c.env, toOrigin(c.req.raw), query);
    if (asked.kind === "mistake") return c.json(asked, 200);
    if (asked.kind === "refused") return refuse(c, { code: "invalid", message: asked.message });
    const { client, isLocal } = asked;
    const places = (await listSignInWorkspaces(db, user.id))
      .filter(({ id }) => reachesWorkspace(session, id))
      .filter(({ slug }) => asked.slug === null || slug === asked.slug)
      .map(({ slug, name, oauth }) => ({ slug, name, refusal: findClientRefusal(oauth, client) }));
    const workspaces = places.flatMap(({ slug, name, refusal }) =>
      refusal === null ? [{ slug, name }] : [],
    );
    const refusing = places.flatMap(({ refusal, ...place }) =>
      refusal === null ? [] : [{ ...place, refusal }],
    );
    const isKnown = await hasGrant(db, user.id, client, Date.now());
    return c.json({ kind: "ask", client, isLocal, workspaces, refusing, isKnown } as const, 200);
  })
  .openapi(answer, async (c) => {
    const { db } = c.var;
    const session = requireBrowserSession(c);
    const { user } = session;
    const given = c.req.valid("json");
    const origin = toOrigin(c.req.raw);
    const asked = await readAuthorizationRequest(c.env, origin, given.query);
    if (asked.kind === "mistake") {
      const message = `The client's request is not valid: ${asked.description}.`;
      return refuse(c, { code: "invalid", message });
    }
    if (asked.kind === "refused") return refuse(c, { code: "invalid", message: asked.message });
    if (given.decision === "deny")
      return c.json({ to: denyAuthorization(asked, "The person has denied the request.") }, 200);
    const { workspace: slug, tools } = given;
    const membership = (await listMemberships(db, user.id)).find(
      ({ workspace }) => workspace.slug === slug && reachesWorkspace(session, workspace.id),
    );
    const workspace = membership && (await findWorkspace(db, slug));
    if (!workspace || membership.role === "auditor" || membership.suspendedAt !== null)
      return refuse(c, { code: "forbidden", message: "You cannot call tools in this workspace." });
    if (asked.slug !== null && asked.slug !== slug) {
      const message = `The client asks for the workspace "${asked.slug}": it cannot get another one.`;
      return refuse(c, { code: "invalid", message });
    }
    if (!allowsClient(workspace.oauth, asked.client)) {
      const message =
        "This workspace does not let this client sign in. Ask an owner or admin, who can allow it in the settings.";
      return refuse(c, { code: "forbidden", message });
    }
    const to = await allowAuthorization(db, origin, asked, {
      slug,
      memberId: membership.memberId,
      settings: workspace.oauth,
      props: { actor: user.id, client: asked.client, tools },
    });
    return c.json({ to }, 200);
  });
