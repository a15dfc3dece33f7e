import { createRoute, OpenAPIHono } from "@hono/zod-openapi";
import type { Context } from "hono";
import { z } from "zod";
import { CallCounts, CallFilterValues } from "../contract/api/call-figures.ts";
import { DAY_MS, HOUR_MS, MINUTE_MS } from "../contract/units.ts";
import { countCallsByStep, findCallTimes, listCallValues } from "../db/call-figures.ts";
import { toServerReference, type Names } from "../db/names.ts";
import { requireMemberId, type ManagementEnv } from "./authorize.ts";
import { CallQuery, toCallFilters } from "./call-query.ts";
import { openNames, openOwnNames } from "./caller-names.ts";
import { jsonResponse, READ_ERRORS, TIME_RANGE_QUERY } from "./responses.ts";

const params = z.object({ workspace: z.string() });

const MAX_STEPS = 72;
/** Steps of a chart. */
const STEPS_MS = [
  ...[1, 2, 5, 10, 30].map((minutes) => minutes * MINUTE_MS),
  ...[1, 3, 6, 12].map((hours) => hours * HOUR_MS),
  DAY_MS,
];
/** For the longest retention. */
const LONGEST_STEP_MS = 2 * DAY_MS;

const Query = CallQuery.omit({ after: true });
const ValuesQuery = z.strictObject(TIME_RANGE_QUERY);
const counts = jsonResponse(CallCounts, "Numbers of calls by step and status");
const filterValues = jsonResponse(CallFilterValues, "The values, sorted");

const count = createRoute({
  method: "get",
  path: "/{workspace}/tool-calls/counts",
  tags: ["audit"],
  summary: "Count calls over time, by status",
  request: { params, query: Query },
  responses: { 200: counts, ...READ_ERRORS },
});

const values = createRoute({
  method: "get",
  path: "/{workspace}/tool-calls/values",
  tags: ["audit"],
  summary: "List the values by which calls can be filtered",
  request: { params, query: ValuesQuery },
  responses: { 200: filterValues, ...READ_ERRORS },
});

const countMine = createRoute({
  method: "get",
  path: "/{workspace}/me/tool-calls/counts",
  tags: ["me"],
  summary: "Count your calls over time, by status",
  request: { params, query: Query.omit({ member: true }) },
  responses: { 200: counts, ...READ_ERRORS },
});

const myValues = createRoute({
  method: "get",
  path: "/{workspace}/me/tool-calls/values",
  tags: ["me"],
  summary: "List the values by which your calls can be filtered",
  request: { params, query: ValuesQuery },
  responses: { 200: filterValues, ...READ_ERRORS },
});

/** Routes for numbers of calls and for the values of filters. */
export const callFigures = new OpenAPIHono<ManagementEnv>()
  .openapi(count, async (c) => c.json(await readCounts(c, openNames(c), c.req.valid("query")), 200))
  .openapi(values, async (c) =>
    c.json(await readValues(c, openNames(c), c.req.valid("query")), 200),
  )
  .openapi(countMine, async (c) => {
    const query = { ...c.req.valid("query"), member: requireMemberId(c) };
    return c.json(await readCounts(c, await openOwnNames(c), query, query.member), 200);
  })
  .openapi(myValues, async (c) =>
    c.json(
      await readValues(c, await openOwnNames(c), c.req.valid("query"), requireMemberId(c)),
      200,
    ),
  );

/** `ownId`: of the member who sees only own calls. */
async function readCounts(
  c: Context<ManagementEnv>,
  names: Names,
  query: z.infer<typeof Query>,
  ownId?: string,
): Promise<CallCounts> {
  const { db, workspace } = c.var;
  const { firstAt, lastAt } = await findCallTimes(db, workspace.id, ownId);
  const now = Date.now();
  const to = query.to ?? now + 1;
  const oldestAt = Math.max(firstAt ?? now, now - workspace.retentionDays * DAY_MS);
  const range = { from: Math.min(query.from ?? oldestAt, to - 1), to };
  const stepMs =
    STEPS_MS.find((step) => (range.to - range.from) / step <= MAX_STEPS) ?? LONGEST_STEP_MS;
  const from = Math.floor(range.from / stepMs) * stepMs;
  const filters = await toCallFilters(db, workspace.id, { ...query, ...range });
  const rows = await countCallsByStep(db, workspace.id, { ...filters, ...range }, { from, stepMs });
  const byStep = Map.groupBy(rows, ({ step }) => step);
  const server = query.server === undefined ? null : toServerReference(query.server);
  await names.load([query.member ?? null, query.token ?? null, server]);
  const nameOf = (reference: string | null = null) => names.find(reference)?.name ?? null;
  return {
    ...range,
    stepMs,
    steps: [...byStep].map(([step, ofStep]) => ({
      at: from + step * stepMs,
      calls: Object.fromEntries(ofStep.map(({ status, calls }) => [status, calls])),
    })),
    lastCallAt: lastAt,
    names: { member: nameOf(query.member), token: nameOf(query.token), server: nameOf(server) },
    hasMemberLeft: names.find(query.member ?? null)?.isGone ?? false,
  };
}

/** `ownId`: of the member who sees only own calls. */
async function readValues(
  c: Context<ManagementEnv>,
  names: Names,
  range: z.infer<typeof ValuesQuery>,
  ownId?: string,
): Promise<CallFilterValues> {
  const { db, workspace } = c.var;
  const rows = await listCallValues(db, workspace.id, { ...range, memberId: ownId });
  const list = (key: keyof (typeof rows)[number]) =>
    [...new Set(rows.flatMap((row) => row[key] ?? []))].toSorted();
  const slugs = list("serverSlug");
  await names.load([...list("memberId"), ...list("tokenId"), ...slugs.map(toServerReference)]);
  const find = (reference: string) => names.find(reference) ?? { name: reference, isGone: true };
  const byName = Map.groupBy(rows, ({ clientName }) => clientName);
  return {
    members: list("memberId").map((id) => ({ id, name: find(id).name, hasLeft: find(id).isGone })),
    tokens: list("tokenId")
      .filter((id) => !id.startsWith("tmp_"))
      .map((id) => ({ id, label: find(id).name, isRevoked: find(id).isGone })),
    servers: slugs.map((slug) => ({
      slug,
      name: names.find(toServerReference(slug))?.name ?? slug,
    })),
    clients: list("clientName").map((name) => ({
      name,
      versions: [
        ...new Set(byName.get(name)?.flatMap(({ clientVersion }) => clientVersion ?? [])),
      ].toSorted(),
    })),
    errors: list("errorCode"),
    rules: list("rule"),
    methods: list("method"),
  };
}
