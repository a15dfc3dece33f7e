import { createRoute, OpenAPIHono } from "@hono/zod-openapi";
import type { Context } from "hono";
import { z } from "zod";
import {
  DocumentInput,
  FetchedDocument,
  HandOnInput,
  OwnPublications,
  Publication,
  PublicationStatusInput,
  PublishInput,
} from "../contract/api/marketplace-publishing.ts";
import {
  listPublications,
  listVersionsOfKey,
  updateHandOn,
  updatePublicationStatus,
  type PublicationRow,
} from "../db/marketplace-publications.ts";
import { isActingMember } from "../db/users.ts";
import { errorBody } from "../http/error-responses.ts";
import { makeAuditEvent } from "../identity/audit-events.ts";
import { fetchDocument } from "../marketplace/publishing/fetch-document.ts";
import { handOn } from "../marketplace/publishing/hand-on.ts";
import { storePublishedServer } from "../marketplace/publishing/store-publication.ts";
import { settingsOf } from "../runtime/settings.ts";
import type { ManagementEnv } from "./authorize.ts";
import { NO_MEMBER, OFF } from "./marketplace-namespaces.ts";
import { findValidProof } from "./namespace-proofs.ts";
import { MAX_PER_DAY, NO_PROOF, publishVersion, readDocument } from "./publish-version.ts";
import {
  jsonBody,
  jsonResponse,
  READ_ERRORS,
  refuse,
  refuseInvalid,
  WRITE_ERRORS,
} from "./responses.ts";

const tags = ["marketplace"];
const params = z.object({ namespace: z.string(), name: z.string() });
const path = "/marketplace/publications/{namespace}/{name}";

const list = createRoute({
  method: "get",
  path: "/marketplace/publications",
  tags,
  summary: "List the versions that the signed-in person has published, the newest first",
  responses: { 200: jsonResponse(OwnPublications, "At most 200"), ...READ_ERRORS },
});

const fetchFile = createRoute({
  method: "post",
  path: "/marketplace/publishing/documents",
  tags,
  summary: "Fetch a server.json from a public repository on GitHub",
  request: { body: jsonBody(DocumentInput) },
  responses: { 200: jsonResponse(FetchedDocument, "The file"), ...WRITE_ERRORS },
});

const publish = createRoute({
  method: "post",
  path: "/marketplace/publications",
  tags,
  summary: "Publish a version of a server; the same version again changes nothing",
  request: { body: jsonBody(PublishInput) },
  responses: { 200: jsonResponse(Publication, "The version"), ...WRITE_ERRORS },
});

const setStatus = createRoute({
  method: "put",
  path: `${path}/status`,
  tags,
  summary: "Deprecate, delete or restore all versions of a server that was published here",
  request: { params, body: jsonBody(PublicationStatusInput) },
  responses: { 204: { description: "It has this status" }, ...WRITE_ERRORS },
});

const hand = createRoute({
  method: "post",
  path: `${path}/hand-ons`,
  tags,
  summary: "Publish a version at the official registry, too",
  request: { params, body: jsonBody(HandOnInput) },
  responses: {
    200: jsonResponse(Publication, "The version, with the registry's words"),
    ...WRITE_ERRORS,
  },
});

type C = Context<ManagementEnv>;
type Problem = Parameters<typeof refuse>[1];

/** Routes for servers that people publish here. */
export const marketplacePublications = new OpenAPIHono<ManagementEnv>({
  defaultHook: refuseInvalid,
})
  .openapi(list, async (c) => {
    const rows = await listPublications(c.var.db, c.var.actor);
    const hasGithubSignIn = settingsOf(c.env).githubOauthClient !== null;
    return c.json({ hasGithubSignIn, maxPerDay: MAX_PER_DAY, items: rows.map(toPublication) }, 200);
  })
  .openapi(fetchFile, async (c) => {
    const refusal = await findRefusal(c);
    if (refusal) return refuse(c, refusal);
    const fetched = await fetchDocument(c.env, c.req.valid("json").url);
    return "problem" in fetched
      ? refuse(c, { code: "conflict", message: fetched.problem })
      : c.json(fetched, 200);
  })
  .openapi(publish, async (c) => {
    const refusal = await findRefusal(c);
    if (refusal) return refuse(c, refusal);
    const checked = readDocument(c.req.valid("json").document);
    if ("code" in checked) return refuse(c, checked);
    const result = await publishVersion(c, checked);
    return "code" in result ? refuse(c, result) : c.json(toPublication(result), 200);
  })
  .openapi(setStatus, async (c) => {
    const { db, actor } = c.var;
    const { status, message } = c.req.valid("json");
    const found = await findOwn(c, c.req.valid("param"));
    if ("code" in found) return refuse(c, found);
    const { key, name, versions } = found;
    const statusMessage = status === "active" ? null : message || null;
    const isSame = versions.every(
      (row) => row.status === status && row.statusMessage === statusMessage,
    );
    if (!isSame) {
      const action = ACTIONS[status];
      const event = makeAuditEvent(actor, action, `marketplace-server:${name}`);
      await updatePublicationStatus(db, key, { status, statusMessage }, event);
    }
    await storePublishedServer(db, key);
    return c.body(null, 204);
  })
  .openapi(hand, async (c) => {
    const { db, actor } = c.var;
    const { version, sign } = c.req.valid("json");
    const services = settingsOf(c.env).publishing;
    const found = await findOwn(c, c.req.valid("param"));
    if ("code" in found) return refuse(c, found);
    const row = found.versions.find((one) => one.version === version);
    if (!row || !services) return respondNone(c);
    if (row.handedOn === "accepted") return c.json(toPublication(row), 200);
    const handedOn = { ...(await handOn(c.env, services, row.document, sign)), at: Date.now() };
    const detail = { version, state: handedOn.state };
    const object = `marketplace-server:${row.name}`;
    const event = makeAuditEvent(actor, "marketplace_publication.handed_on", object, detail);
    await updateHandOn(db, row, handedOn, event);
    return c.json({ ...toPublication(row), handedOn }, 200);
  });

const ACTIONS = {
  active: "marketplace_publication.restored",
  deprecated: "marketplace_publication.deprecated",
  deleted: "marketplace_publication.deleted",
} as const;

async function findRefusal(c: C): Promise<Problem | null> {
  if (settingsOf(c.env).publishing === null) return OFF;
  return (await isActingMember(c.var.db, c.var.actor)) ? null : NO_MEMBER;
}

/** The versions of a server in a namespace that the person has proven. */
async function findOwn(c: C, { namespace, name }: z.infer<typeof params>) {
  const refusal = await findRefusal(c);
  if (refusal) return refusal;
  const key = `${namespace}/${name}`.toLowerCase();
  const versions = await listVersionsOfKey(c.var.db, key);
  const [first] = versions;
  if (!first) return NONE;
  if (!(await findValidProof(c, namespace))) return NO_PROOF;
  return { key, name: first.name, versions };
}

function toPublication(row: PublicationRow): Publication {
  const { name, version, status, statusMessage, publishedAt, proofKind, proofSubject } = row;
  const { handedOn: state, handedOnMessage: message, handedOnAt: at } = row;
  return {
    name,
    version,
    status,
    statusMessage,
    publishedAt,
    proof: { kind: proofKind, subject: proofSubject },
    handedOn: state === null ? null : { state, message: message ?? "", at: at ?? 0 },
  };
}

function respondNone(c: C) {
  return c.json(errorBody("not_found", NONE.message), 404);
}

const NONE = {
  code: "not_found",
  message: "No such version was published here.",
} as const;
