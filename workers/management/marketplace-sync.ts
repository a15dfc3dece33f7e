import { createRoute, OpenAPIHono } from "@hono/zod-openapi";
import type { Context } from "hono";
import { z } from "zod";
import {
  MarketplaceRejection,
  MarketplaceRun,
  MarketplaceSource,
  RunInput,
  SourceInput,
  SourceName,
} from "../contract/api/marketplace-sync.ts";
import { listRejections, listRuns, type RunRow } from "../db/marketplace-runs.ts";
import { findSource, hasRecords, listSources, saveSource } from "../db/marketplace-sources.ts";
import { errorBody } from "../http/error-responses.ts";
import { makeAuditEvent } from "../identity/audit-events.ts";
import { GITHUB_SOURCE, OFFICIAL_SOURCE, PUBLISHED_SOURCE } from "../marketplace/sources.ts";
import { startRemoval, startRun } from "../marketplace/sync/runs.ts";
import {
  findSourceOffReason,
  isBuiltInSource,
  isSynced,
  toBaseUrl,
  toMarketplaceSource,
} from "../marketplace/sync/source-address.ts";
import { egressOf } from "../upstream/egress.ts";
import { checkUpstreamUrl } from "../upstream/guarded-fetch.ts";
import type { ManagementEnv } from "./authorize.ts";
import {
  jsonBody,
  jsonResponse,
  PAGING_QUERY,
  parseCursor,
  READ_ERRORS,
  refuse,
  refuseInvalid,
  toListSchema,
  toPage,
  toPageSchema,
  WRITE_ERRORS,
} from "./responses.ts";

const tags = ["marketplace"];
const params = z.object({ name: SourceName });

const list = createRoute({
  method: "get",
  path: "/marketplace/sources",
  tags,
  summary: "List the sources of the marketplace with their last runs, by name",
  responses: {
    200: jsonResponse(toListSchema(MarketplaceSource), "The sources"),
    ...READ_ERRORS,
  },
});

const put = createRoute({
  method: "put",
  path: "/marketplace/sources/{name}",
  tags,
  summary: "Add a registry as a source, or change one; a built-in one can be disabled",
  request: { params, body: jsonBody(SourceInput) },
  responses: { 200: jsonResponse(MarketplaceSource, "The source"), ...WRITE_ERRORS },
});

const remove = createRoute({
  method: "delete",
  path: "/marketplace/sources/{name}",
  tags,
  summary: "Remove a source with what it says of servers",
  request: { params },
  responses: { 202: jsonResponse(MarketplaceRun, "The run that removes it"), ...WRITE_ERRORS },
});

const start = createRoute({
  method: "post",
  path: "/marketplace/sources/{name}/runs",
  tags,
  summary: "Sync with a source now",
  request: { params, body: jsonBody(RunInput) },
  responses: { 202: jsonResponse(MarketplaceRun, "The run"), ...WRITE_ERRORS },
});

const runs = createRoute({
  method: "get",
  path: "/marketplace/runs",
  tags,
  summary: "List syncs with their progress and outcome, the newest first",
  request: { query: z.object({ ...PAGING_QUERY, source: SourceName.optional() }) },
  responses: { 200: jsonResponse(toPageSchema(MarketplaceRun), "A page of runs"), ...READ_ERRORS },
});

const rejections = createRoute({
  method: "get",
  path: "/marketplace/runs/{run}/rejections",
  tags,
  summary: "List the entries that a run has left out, with the reasons; the first 500",
  request: { params: z.object({ run: z.coerce.number().int().meta({ type: "integer" }) }) },
  responses: {
    200: jsonResponse(toListSchema(MarketplaceRejection), "The entries"),
    ...READ_ERRORS,
  },
});

/** Routes for the sources of the marketplace and their syncs. */
export const marketplaceSync = new OpenAPIHono<ManagementEnv>({ defaultHook: refuseInvalid })
  .openapi(list, async (c) => {
    const items = (await listSources(c.var.db)).map(({ source, lastRun }) => ({
      ...toMarketplaceSource(source, c.env),
      lastRun: lastRun && toMarketplaceRun(lastRun),
    }));
    return c.json({ items }, 200);
  })
  .openapi(put, async (c) => {
    const { name } = c.req.valid("param");
    const { url, isEnabled } = c.req.valid("json");
    const found = await findSource(c.var.db, name);
    const problem = await findProblem(c, name, url, found);
    if (problem) return refuse(c, problem);
    const before = found?.source;
    const address = url === undefined ? (before?.url ?? null) : toBaseUrl(url);
    const isSame = before !== undefined && before.url === address;
    const source = {
      ...(isSame ? before : { name, kind: "registry" as const, ...UNSYNCED }),
      url: address,
      isEnabled,
    };
    if (!isSame || before.isEnabled !== isEnabled) {
      const action = before ? "marketplace_source.updated" : "marketplace_source.added";
      const detail = { ...(address === null ? {} : { url: address }), isEnabled };
      const event = makeAuditEvent(c.var.actor, action, `marketplace-source:${name}`, detail);
      await saveSource(c.var.db, source, event);
    }
    // The change has ended its run.
    const lastRun = (await findSource(c.var.db, name))?.lastRun ?? null;
    const shown = toMarketplaceSource(source, c.env);
    return c.json({ ...shown, lastRun: lastRun && toMarketplaceRun(lastRun) }, 200);
  })
  .openapi(remove, async (c) => {
    const { db, actor } = c.var;
    const { name } = c.req.valid("param");
    const found = await findSource(db, name);
    if (!found) return respondSourceNotFound(c);
    if (isBuiltInSource(name))
      return refuse(c, {
        code: "invalid",
        message: "This source comes with the release. Disable it instead.",
      });
    const { source, lastRun } = found;
    if (isBeingRemoved(lastRun)) return c.json(toMarketplaceRun(lastRun), 202);
    const detail = { url: source.url };
    const object = `marketplace-source:${name}`;
    const event = makeAuditEvent(actor, "marketplace_source.removed", object, detail);
    await saveSource(db, { ...source, isEnabled: false }, event);
    const run = await startRemoval(c.env, db, name);
    return run ? c.json(toMarketplaceRun(run), 202) : respondRunning(c);
  })
  .openapi(start, async (c) => {
    const { db, actor } = c.var;
    const { name } = c.req.valid("param");
    const { kind, acceptsLoss } = c.req.valid("json");
    const found = await findSource(db, name);
    if (!found) return respondSourceNotFound(c);
    if (!isSynced(found.source, c.env)) {
      const reason = findSourceOffReason(found.source, c.env) ?? "It comes with the release";
      return refuse(c, { code: "conflict", message: `This source is not synced. ${reason}.` });
    }
    if (found.lastRun?.state === "running") return respondRunning(c);
    const object = `marketplace-source:${name}`;
    const event = makeAuditEvent(actor, "marketplace_source.sync_started", object, { kind });
    const request = { isSweep: kind === "sweep", acceptsLoss, event };
    const run = await startRun(c.env, db, found.source, request);
    return run ? c.json(toMarketplaceRun(run), 202) : respondRunning(c);
  })
  .openapi(runs, async (c) => {
    const { source, cursor, limit } = c.req.valid("query");
    const rows = await listRuns(c.var.db, { source, before: parseCursor(cursor), limit });
    return c.json(
      toPage(rows.map(toMarketplaceRun), limit, ({ number }) => number),
      200,
    );
  })
  .openapi(rejections, async (c) => {
    const items = await listRejections(c.var.db, c.req.valid("param").run);
    return items
      ? c.json({ items }, 200)
      : c.json(errorBody("not_found", "There is no such run."), 404);
  });

/** The variables with the addresses of built-in sources. */
const ADDRESS_VARIABLES: Record<string, string> = {
  [OFFICIAL_SOURCE]: "MARKETPLACE_REGISTRY",
  [GITHUB_SOURCE]: "MARKETPLACE_GITHUB",
};

/** Of a source whose API is new: everything is fetched at once. */
const UNSYNCED = { nextRunAt: 0, nextSweepAt: 0, syncedAt: null };

/** Why a source cannot be stored so; null: it can. */
async function findProblem(
  c: Context<ManagementEnv>,
  name: string,
  url: string | undefined,
  found: Awaited<ReturnType<typeof findSource>>,
): Promise<{ code: "invalid" | "conflict"; message: string } | null> {
  if (name === PUBLISHED_SOURCE)
    return { code: "invalid", message: "This source has what people have published here." };
  if (isBuiltInSource(name)) {
    if (url === undefined) return null;
    const variable = ADDRESS_VARIABLES[name];
    const where = variable === undefined ? "" : `: set the variable ${variable}`;
    return { code: "invalid", message: `url: the address of this source is built in${where}.` };
  }
  if (found && isBeingRemoved(found.lastRun))
    return { code: "conflict", message: "The source is being removed. Try again in a minute." };
  if (url === undefined)
    return { code: "invalid", message: "url: give the address of the registry's API." };
  const problem = checkUpstreamUrl(toBaseUrl(url), egressOf(c.env));
  if (problem !== null) return { code: "invalid", message: `url: ${problem}.` };
  if (!found && (await hasRecords(c.var.db, name)))
    return {
      code: "conflict",
      message: `Entries were imported under the name "${name}", and a sync would delete them. Choose another name.`,
    };
  return null;
}

function isBeingRemoved(run: RunRow | null): run is RunRow {
  return run?.kind === "removal" && run.state === "running";
}

function toMarketplaceRun(run: RunRow): MarketplaceRun {
  const { phase: _phase, step: _step, cursor: _cursor, since: _since, ...shown } = run;
  const { acceptsLoss: _acceptsLoss, leaseUntil: _leaseUntil, ...members } = shown;
  return members;
}

function respondSourceNotFound(c: Context) {
  return c.json(errorBody("not_found", "There is no such source."), 404);
}

function respondRunning(c: Context) {
  const message = "A run of this source is in progress. Start another one when it has ended.";
  return refuse(c, { code: "conflict", message });
}
