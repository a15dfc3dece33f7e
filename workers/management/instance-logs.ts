import { createRoute, OpenAPIHono } from "@hono/zod-openapi";
import type { Context } from "hono";
import { z } from "zod";
import { ErrorBody } from "../contract/api/resources.ts";
import type { InstanceRecord } from "../contract/hosting/instances.ts";
import { findHost } from "../db/hosts.ts";
import { findInstance } from "../db/instances.ts";
import { openLog } from "../hosting/host-client.ts";
import { errorBody } from "../http/error-responses.ts";
import { formatSse } from "../mcp/sse.ts";
import type { ManagementEnv } from "./authorize.ts";
import { json, notFound, readErrors } from "./responses.ts";

/** A new instance is on its host after a few round trips. */
const PLACED_WITHIN_MS = 10_000;
const LOOK_AGAIN_MS = 50;

const logs = createRoute({
  method: "get",
  path: "/{workspace}/instances/{instance}/logs",
  tags: ["hosted servers"],
  summary: "A hosted server's state and log as an event stream: events `state` and `log`",
  request: {
    params: z.object({ workspace: z.string(), instance: z.string() }),
    query: z.object({
      tail: z.coerce.number().int().min(0).max(1_000).default(50),
      follow: z.enum(["0", "1"]).default("0"),
    }),
  },
  responses: {
    200: {
      description:
        "`state`: {state, health, reason, …}, now and at each change; `log`: {at, stream, text}, a line each",
      content: { "text/event-stream": { schema: z.string() } },
    },
    ...readErrors,
    502: json(ErrorBody, "The server's container host does not answer"),
  },
});

export const instanceLogs = new OpenAPIHono<ManagementEnv>().openapi(logs, async (c) => {
  const { tail, follow } = c.req.valid("query");
  const dueAt = Date.now() + PLACED_WITHIN_MS;
  for (;;) {
    const instance = await findInstance(
      c.var.db,
      c.var.workspace.id,
      c.req.valid("param").instance,
    );
    if (!instance) return notFound(c, "hosted server");
    const isComing = instance.state === "pending" || instance.state === "starting";
    if (instance.hostId !== null) {
      const opened = await open(c, instance, { tail, follow: follow === "1" });
      if (opened instanceof Response) return opened;
      if (opened === "unreachable" && !isComing) return c.json(errorBody(...UNREACHABLE), 502);
    }
    if (!isComing || Date.now() > dueAt) return onlyState(instance);
    await scheduler.wait(LOOK_AGAIN_MS);
  }
});

async function open(
  c: Context<ManagementEnv>,
  { id: instanceId, hostId }: InstanceRecord,
  query: { tail: number; follow: boolean },
): Promise<Response | "unknown" | "unreachable"> {
  const host = await findHost(c.var.db, hostId ?? "");
  if (!host) return "unknown";
  const ids = { workspaceId: c.var.workspace.id, instanceId };
  const fetched = await openLog(c.env, host, ids, query);
  if (!fetched.ok) return "unreachable";
  const { response } = fetched;
  if (response.ok) return new Response(response.body, { headers: STREAM_HEADERS });
  await response.body?.cancel();
  return response.status === 404 ? "unknown" : "unreachable";
}

/** No host has it: the gateway's own word is all there is to tell. */
function onlyState({ state, reason, health }: InstanceRecord): Response {
  const data = JSON.stringify({ state, reason, health });
  return new Response(formatSse(data, "state"), { headers: STREAM_HEADERS });
}

const STREAM_HEADERS = { "content-type": "text/event-stream", "x-accel-buffering": "no" };
const UNREACHABLE = [
  "host_unreachable",
  "The server's container host does not answer: its log can be read when it is back.",
] as const;
