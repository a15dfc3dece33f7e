import { createRoute, OpenAPIHono } from "@hono/zod-openapi";
import type { Context } from "hono";
import { z } from "zod";
import { ContainerHost, HostInput, HostPatch, type HostRecord } from "../contract/hosting/hosts.ts";
import type { Db } from "../db/database.ts";
import { deleteHost, findHost, insertHost, listHosts, updateHost } from "../db/hosts.ts";
import { countInstancesByHost, countInstancesOn } from "../db/instances.ts";
import { fetchHostStatus, setHostDraining } from "../hosting/host-client.ts";
import { checkHost } from "../hosting/reconcile.ts";
import { errorBody } from "../http/error-responses.ts";
import { makeAuditEvent } from "../identity/audit-events.ts";
import { findKeyProblem } from "../upstream/host-network.ts";
import type { ManagementEnv } from "./authorize.ts";
import {
  jsonResponse,
  jsonBody,
  toListSchema,
  BODY_ERRORS,
  READ_ERRORS,
  refuse,
  refuseInvalid,
  WRITE_ERRORS,
} from "./responses.ts";

const tags = ["container hosts"];
const params = z.object({ host: z.string() });

const list = createRoute({
  method: "get",
  path: "/hosts",
  tags,
  summary: "List container hosts with their last status, by id",
  responses: {
    200: jsonResponse(toListSchema(ContainerHost), "The registered hosts"),
    ...READ_ERRORS,
  },
});

const create = createRoute({
  method: "post",
  path: "/hosts",
  tags,
  summary: "Register a container host; it must respond and prove its key",
  request: { body: jsonBody(HostInput) },
  responses: { 201: jsonResponse(ContainerHost, "The new host"), ...WRITE_ERRORS },
});

const update = createRoute({
  method: "patch",
  path: "/hosts/{host}",
  tags,
  summary:
    "Change a container host's address, or drain it; a draining host accepts no new instances",
  request: { params, body: jsonBody(HostPatch) },
  responses: { 200: jsonResponse(ContainerHost, "The updated host"), ...WRITE_ERRORS },
});

const check = createRoute({
  method: "post",
  path: "/hosts/{host}/check",
  tags,
  summary: "Check a container host now",
  request: { params },
  responses: {
    200: jsonResponse(ContainerHost, "The host with its new status"),
    ...READ_ERRORS,
    ...BODY_ERRORS,
  },
});

const remove = createRoute({
  method: "delete",
  path: "/hosts/{host}",
  tags,
  summary: "Remove a container host that has no instances",
  request: { params },
  responses: { 204: { description: "The host is removed" }, ...WRITE_ERRORS },
});

/** Routes for container hosts. */
export const hosts = new OpenAPIHono<ManagementEnv>({ defaultHook: refuseInvalid })
  .openapi(list, async (c) => {
    const counts = await countInstancesByHost(c.var.db);
    const items = (await listHosts(c.var.db)).map((host) => ({
      ...host,
      placedInstances: counts.get(host.id) ?? 0,
    }));
    return c.json({ items }, 200);
  })
  .openapi(create, async (c) => {
    const { db, actor } = c.var;
    const { id, url, publicKey } = c.req.valid("json");
    const problem = findUrlProblem(url) ?? findKeyProblem(c.env);
    if (problem) return refuse(c, { code: "invalid", message: problem });
    if (await findHost(db, id)) {
      const message = `The host "${id}" is already registered. Remove it first, or choose another id.`;
      return refuse(c, { code: "conflict", message });
    }
    const status = await fetchHostStatus(c.env, { id, url, publicKey });
    if (!status.ok)
      return refuse(c, {
        code: "invalid",
        message: `The host did not respond as expected: ${status.message}`,
      });
    const { id: _id, proof: _proof, ...report } = status.value;
    const now = Date.now();
    const host: HostRecord = {
      id,
      url: new URL(url).origin,
      publicKey,
      isDraining: report.isDraining,
      report,
      checkedAt: now,
      problem: null,
      createdAt: now,
    };
    await insertHost(
      db,
      host,
      makeAuditEvent(actor, "host.registered", `host:${id}`, { url: host.url }),
    );
    return c.json({ ...host, placedInstances: 0 }, 201);
  })
  .openapi(update, async (c) => {
    const { db, actor } = c.var;
    const host = await findHost(db, c.req.valid("param").host);
    if (!host) return respondHostNotFound(c);
    const { url, isDraining } = c.req.valid("json");
    const problem = url === undefined ? null : findUrlProblem(url);
    if (problem) return refuse(c, { code: "invalid", message: problem });
    const patch = {
      ...(url === undefined ? {} : { url: new URL(url).origin }),
      ...(isDraining === undefined ? {} : { isDraining }),
    };
    const patched = { ...host, ...patch };
    await updateHost(
      db,
      host.id,
      patch,
      makeAuditEvent(actor, "host.updated", `host:${host.id}`, patch),
    );
    // The result is ignored: the record alone keeps new instances off a host that does not respond.
    if (isDraining !== undefined) await setHostDraining(c.env, patched, isDraining);
    await checkHost(c.env, db, patched);
    return c.json(await toContainerHost(db, patched), 200);
  })
  .openapi(check, async (c) => {
    const { db } = c.var;
    const host = await findHost(db, c.req.valid("param").host);
    if (!host) return respondHostNotFound(c);
    await checkHost(c.env, db, host);
    return c.json(await toContainerHost(db, host), 200);
  })
  .openapi(remove, async (c) => {
    const { db, actor } = c.var;
    const host = await findHost(db, c.req.valid("param").host);
    if (!host) return respondHostNotFound(c);
    const instances = await countInstancesOn(db, host.id);
    if (instances > 0) {
      const message = `${instances} hosted servers are on this host. Drain the host, then restart them, which moves them to another host, or terminate them.`;
      return refuse(c, { code: "conflict", message });
    }
    const event = makeAuditEvent(actor, "host.removed", `host:${host.id}`, { url: host.url });
    await deleteHost(db, host.id, event);
    return c.body(null, 204);
  });

/** The host as it is stored after a check, or as it was if it is gone. */
async function toContainerHost(db: Db, host: HostRecord): Promise<ContainerHost> {
  const stored = (await findHost(db, host.id)) ?? host;
  return { ...stored, placedInstances: await countInstancesOn(db, host.id) };
}

function respondHostNotFound(c: Context) {
  return c.json(errorBody("not_found", "There is no such host."), 404);
}

/** Requires https, since requests to the host contain credentials. Loopback traffic cannot be intercepted. */
function findUrlProblem(url: string): string | null {
  const { protocol, hostname } = new URL(url);
  if (protocol === "https:" || /^(127(\.\d+){3}|localhost|\[::1\])$/.test(hostname)) return null;
  return "url: use https://; http:// is allowed on loopback only.";
}
