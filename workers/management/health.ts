import { createRoute, OpenAPIHono } from "@hono/zod-openapi";
import type { Context } from "hono";
import { z } from "zod";
import { Health } from "../contract/api/resources.ts";
import type { ServerHealth } from "../contract/rpc/admission.ts";
import { listChecks } from "../db/checks.ts";
import { findServer } from "../db/workspaces.ts";
import { workspacesOf } from "../runtime/objects.ts";
import { withoutCause } from "../upstream/failure-text.ts";
import type { ManagementEnv } from "./authorize.ts";
import { openNames } from "./caller-names.ts";
import { listKnownServers } from "./known-servers.ts";
import {
  jsonResponse,
  respondNotFound,
  PAGING_QUERY,
  READ_ERRORS,
  toPage,
  parseCursor,
} from "./responses.ts";
import { toPerson } from "./views.ts";

/** The states with the names of the people who have stated when credentials expire. */
async function withNames(c: Context<ManagementEnv>, states: ServerHealth[]) {
  const names = openNames(c);
  const people = states.flatMap(({ credentials = [] }) =>
    credentials.map(({ declaredBy }) => declaredBy),
  );
  await names.load(people);
  const toDeclarer = (id: string | null) => (id === null ? null : toPerson(id, names.find(id)));
  return states.map(({ credentials = [], ...state }) => ({
    ...state,
    credentials: credentials.map((notice) => ({
      ...notice,
      declaredBy: toDeclarer(notice.declaredBy),
    })),
  }));
}

const get = createRoute({
  method: "get",
  path: "/{workspace}/health",
  tags: ["health"],
  summary: "Get the state of all servers, or of one server with its health checks",
  request: {
    params: z.object({ workspace: z.string() }),
    query: z.strictObject({ server: z.string().optional(), ...PAGING_QUERY }),
  },
  responses: { 200: jsonResponse(Health, "The state by the last health check"), ...READ_ERRORS },
});

/** Route for the health of servers. */
export const health = new OpenAPIHono<ManagementEnv>().openapi(get, async (c) => {
  const { server: slug, cursor, limit } = c.req.valid("query");
  const states = await withNames(c, await listKnownServers(c));
  const { role, workspace } = c.var;
  const auditBacklog =
    role === "member"
      ? null
      : await workspacesOf(c.env).getByName(workspace.slug).readAuditBacklog();
  if (slug === undefined)
    return c.json({ items: states, history: [], nextCursor: null, auditBacklog }, 200);

  const { db } = c.var;
  const items = states.filter((state) => state.slug === slug);
  const server = await findServer(db, workspace.id, slug);
  if (!server || items.length === 0) return respondNotFound(c, "server");
  const checks = await listChecks(db, server.id, parseCursor(cursor), limit);
  const { items: found, nextCursor } = toPage(checks, limit, ({ checkedAt }) => checkedAt);
  const history =
    role === "member" ? found.map((check) => withoutCause(check, server.name)) : found;
  return c.json({ items, history, nextCursor, auditBacklog }, 200);
});
