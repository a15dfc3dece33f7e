import { createRoute, OpenAPIHono } from "@hono/zod-openapi";
import type { Context } from "hono";
import { z } from "zod";
import { HostInput, HostPatch, HostRecord } from "../contract/hosting/hosts.ts";
import { deleteHost, findHost, insertHost, listHosts, updateHost } from "../db/hosts.ts";
import { countInstancesOn } from "../db/instances.ts";
import { fetchHostStatus, setHostDraining } from "../hosting/host-client.ts";
import { checkHost } from "../hosting/reconcile.ts";
import { errorBody } from "../http/error-responses.ts";
import { toEvent } from "../identity/events.ts";
import { findKeyProblem } from "../upstream/host-network.ts";
import type { ManagementEnv } from "./authorize.ts";
import {
  json,
  jsonBody,
  listOf,
  readErrors,
  refuse,
  refuseInvalid,
  writeErrors,
} from "./responses.ts";

const tags = ["container hosts"];
const params = z.object({ host: z.string() });

const list = createRoute({
  method: "get",
  path: "/hosts",
  tags,
  summary: "Container hosts with what they last said, by id",
  responses: { 200: json(listOf(HostRecord), "The registered hosts"), ...readErrors },
});

const create = createRoute({
  method: "post",
  path: "/hosts",
  tags,
  summary: "Register a container host, which must answer and prove its key",
  request: { body: jsonBody(HostInput) },
  responses: { 201: json(HostRecord, "The new host"), ...writeErrors },
});

const update = createRoute({
  method: "patch",
  path: "/hosts/{host}",
  tags,
  summary: "Have a host drained, or say where it is now; a draining host takes no new instances",
  request: { params, body: jsonBody(HostPatch) },
  responses: { 200: json(HostRecord, "The host as it is now"), ...writeErrors },
});

const check = createRoute({
  method: "post",
  path: "/hosts/{host}/check",
  tags,
  summary: "Look at a host now",
  request: { params },
  responses: { 200: json(HostRecord, "The host as it was found"), ...readErrors },
});

const remove = createRoute({
  method: "delete",
  path: "/hosts/{host}",
  tags,
  summary: "Take a host off the list; no instance may be on it",
  request: { params },
  responses: { 204: { description: "It is removed" }, ...writeErrors },
});

export const hosts = new OpenAPIHono<ManagementEnv>({ defaultHook: refuseInvalid })
  .openapi(list, async (c) => c.json({ items: await listHosts(c.var.db) }, 200))
  .openapi(create, async (c) => {
    const { db, actor } = c.var;
    const { id, url, publicKey } = c.req.valid("json");
    const unusable = urlProblem(url) ?? findKeyProblem(c.env);
    if (unusable) return refuse(c, { code: "invalid", message: unusable });
    if (await findHost(db, id)) {
      const message = `There is already a host "${id}": remove it first.`;
      return refuse(c, { code: "conflict", message });
    }
    const status = await fetchHostStatus(c.env, { id, url, publicKey });
    if (!status.ok)
      return refuse(c, {
        code: "invalid",
        message: `The host refused, or is not there: ${status.message}`,
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
    await insertHost(db, host, toEvent(actor, "host.registered", `host:${id}`, { url: host.url }));
    return c.json(host, 201);
  })
  .openapi(update, async (c) => {
    const { db, actor } = c.var;
    const host = await findHost(db, c.req.valid("param").host);
    if (!host) return noHost(c);
    const { url, isDraining } = c.req.valid("json");
    const unusable = url === undefined ? null : urlProblem(url);
    if (unusable) return refuse(c, { code: "invalid", message: unusable });
    const patch = {
      ...(url === undefined ? {} : { url: new URL(url).origin }),
      ...(isDraining === undefined ? {} : { isDraining }),
    };
    const moved = { ...host, ...patch };
    await updateHost(db, host.id, patch, toEvent(actor, "host.updated", `host:${host.id}`, patch));
    // A host that does not answer is told by the gateway's own record alone: it is asked for nothing new.
    if (isDraining !== undefined) await setHostDraining(c.env, moved, isDraining);
    await checkHost(c.env, db, moved);
    return c.json((await findHost(db, host.id)) ?? moved, 200);
  })
  .openapi(check, async (c) => {
    const { db } = c.var;
    const host = await findHost(db, c.req.valid("param").host);
    if (!host) return noHost(c);
    await checkHost(c.env, db, host);
    return c.json((await findHost(db, host.id)) ?? host, 200);
  })
  .openapi(remove, async (c) => {
    const { db, actor } = c.var;
    const host = await findHost(db, c.req.valid("param").host);
    if (!host) return noHost(c);
    const left = await countInstancesOn(db, host.id);
    if (left > 0) {
      const message = `${left} hosted servers are on this host. Have it drained, then restart them, which moves them to another host, or terminate them.`;
      return refuse(c, { code: "conflict", message });
    }
    const event = toEvent(actor, "host.removed", `host:${host.id}`, { url: host.url });
    await deleteHost(db, host.id, event);
    return c.body(null, 204);
  });

function noHost(c: Context) {
  return c.json(errorBody("not_found", "There is no such host."), 404);
}

/** Credentials travel to the host: in clear only where nobody else can listen. */
function urlProblem(url: string): string | null {
  const { protocol, hostname } = new URL(url);
  if (protocol === "https:" || /^(127(\.\d+){3}|localhost|\[::1\])$/.test(hostname)) return null;
  return "url: must begin with https://, unless the host is on loopback.";
}
