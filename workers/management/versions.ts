import { createRoute, OpenAPIHono } from "@hono/zod-openapi";
import { z } from "zod";
import {
  AppliedConfiguration,
  RestoreInput,
  Version,
  VersionComparison,
  WholeVersion,
} from "../contract/api/versions.ts";
import { compareDocuments } from "../contract/versions/compare-documents.ts";
import { listVersions } from "../db/versions.ts";
import type { ManagementEnv } from "./authorize.ts";
import {
  change,
  jsonBody,
  jsonResponse,
  PAGING_QUERY,
  parseCursor,
  READ_ERRORS,
  refuse,
  respondNotFound,
  toPage,
  toPageSchema,
  WRITE_ERRORS,
} from "./responses.ts";
import { compareVersionContracts, describeVersions, readWholeVersion } from "./version-views.ts";

const tags = ["versions"];
const params = z.object({ workspace: z.string() });
const VersionNumber = z
  .string()
  .regex(/^\d{1,15}$/, "send the number of a version")
  .transform(Number);
const versionParams = z.object({ workspace: z.string(), version: VersionNumber });

const list = createRoute({
  method: "get",
  path: "/{workspace}/versions",
  tags,
  summary: "List the versions of the workspace's configuration, newest first",
  request: { params, query: z.strictObject(PAGING_QUERY) },
  responses: { 200: jsonResponse(toPageSchema(Version), "A page of versions"), ...READ_ERRORS },
});

const get = createRoute({
  method: "get",
  path: "/{workspace}/versions/{version}",
  tags,
  summary: "Get a version as a whole, in the form of the configuration document",
  request: { params: versionParams },
  responses: { 200: jsonResponse(WholeVersion, "The version"), ...READ_ERRORS },
});

const compare = createRoute({
  method: "get",
  path: "/{workspace}/versions/{version}/comparison",
  tags,
  summary: "Compare a version with an earlier or later one",
  request: { params: versionParams, query: z.strictObject({ from: VersionNumber }) },
  responses: {
    200: jsonResponse(VersionComparison, "What differs in the version from the one of `from`"),
    ...READ_ERRORS,
  },
});

const restore = createRoute({
  method: "post",
  path: "/{workspace}/versions/{version}/restore",
  tags,
  summary: "Go back to a version in one change, or see what that would change",
  request: { params: versionParams, body: jsonBody(RestoreInput) },
  responses: {
    200: jsonResponse(AppliedConfiguration, "The plan, and whether it was applied"),
    ...WRITE_ERRORS,
  },
});

/** Routes for the versions of a workspace's configuration. */
export const versions = new OpenAPIHono<ManagementEnv>()
  .openapi(list, async (c) => {
    const { cursor, limit } = c.req.valid("query");
    const rows = await listVersions(c.var.db, c.var.workspace.id, parseCursor(cursor), limit);
    const { items, nextCursor } = toPage(rows, limit, ({ number }) => number);
    return c.json({ items: await describeVersions(c, items), nextCursor }, 200);
  })
  .openapi(get, async (c) => {
    const whole = await readWholeVersion(c, c.req.valid("param").version);
    if (!whole) return respondNotFound(c, "version");
    return c.json({ ...whole.version, document: whole.document }, 200);
  })
  .openapi(compare, async (c) => {
    const { version } = c.req.valid("param");
    const [before, after] = await Promise.all([
      readWholeVersion(c, c.req.valid("query").from),
      readWholeVersion(c, version),
    ]);
    if (!before || !after) return respondNotFound(c, "version");
    const differences = compareDocuments(before.document, after.document);
    const contracts = await compareVersionContracts(c, before.document, after.document);
    return c.json({ before: before.version, after: after.version, differences, contracts }, 200);
  })
  .openapi(restore, async (c) => {
    const { dryRun = false, ifVersion = null } = c.req.valid("json");
    const whole = await readWholeVersion(c, c.req.valid("param").version);
    if (!whole) return respondNotFound(c, "version");
    const { document, serverIds } = whole;
    const outcome = await change(c, c.var.workspace.slug, {
      type: "configuration.apply",
      document,
      restored: { number: whole.version.number, serverIds },
      ifVersion,
      dryRun,
      callerRole: c.var.role ?? undefined,
    });
    if (!outcome.ok) return refuse(c, outcome.refusal);
    const { isApplied, plan } = outcome.result;
    return c.json({ isApplied, plan }, 200);
  });
