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
import { relayWhileAllowed } from "./live-right.ts";
import { jsonResponse, respondNotFound, READ_ERRORS } from "./responses.ts";

/** Time to wait for a new instance's host. The placement needs a few round trips. */
const PLACEMENT_TIMEOUT_MS = 10_000;
const POLL_INTERVAL_MS = 50;
const LINE_FEED = 0x0a;

const logs = createRoute({
  method: "get",
  path: "/{workspace}/instances/{instance}/logs",
  tags: ["hosted servers"],
  summary: "Stream a hosted server's state and log as server-sent events",
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
        "Event `state`: {state, health, reason, …}, first and at each change. Event `log`: {at, stream, text}, one per line. Event `end`: {reason}, when the caller has lost the right to read the log. Ends after 15 minutes at the latest.",
      content: { "text/event-stream": { schema: z.string() } },
    },
    ...READ_ERRORS,
    502: jsonResponse(ErrorBody, "The server's container host does not respond"),
  },
});

/** Route for the log of a hosted server. */
export const instanceLogs = new OpenAPIHono<ManagementEnv>().openapi(logs, async (c) => {
  const { tail, follow } = c.req.valid("query");
  const deadline = Date.now() + PLACEMENT_TIMEOUT_MS;
  for (;;) {
    const instance = await findInstance(
      c.var.db,
      c.var.workspace.id,
      c.req.valid("param").instance,
    );
    if (!instance) return respondNotFound(c, "hosted server");
    const isStarting = instance.state === "pending" || instance.state === "starting";
    if (instance.hostId !== null) {
      const opened = await openHostLog(c, instance, { tail, follow: follow === "1" });
      if (opened instanceof Response) return opened;
      if (opened === "unreachable" && !isStarting) return c.json(errorBody(...UNREACHABLE), 502);
    }
    if (!isStarting || Date.now() > deadline) return toStateStream(instance);
    await scheduler.wait(POLL_INTERVAL_MS);
  }
});

/** Opens the log on the instance's host. `unknown`: the host does not have the instance. */
async function openHostLog(
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
  const log: ReadableStream<Uint8Array> | null = response.body;
  if (response.ok && log) return new Response(relayEvents(c, log), { headers: STREAM_HEADERS });
  await response.body?.cancel();
  return response.status === 404 ? "unknown" : "unreachable";
}

/**
 * Ends the log with the caller's right. The event `end` then tells the client not to open it again; without it, the client
 * can open another stream.
 */
function relayEvents(
  c: Context<ManagementEnv>,
  log: ReadableStream<Uint8Array>,
): ReadableStream<Uint8Array> {
  let isBetweenEvents = true;
  const watched = new TransformStream<Uint8Array, Uint8Array>({
    transform(chunk, controller) {
      isBetweenEvents = chunk.at(-1) === LINE_FEED && chunk.at(-2) === LINE_FEED;
      controller.enqueue(chunk);
    },
  });
  const source = log.pipeThrough(watched);
  return relayWhileAllowed(c, "hosting.manage", source, (controller, end) => {
    const event = formatSse(JSON.stringify({ reason: "access_ended" }), "end");
    if (end === "ended" && isBetweenEvents) controller.enqueue(new TextEncoder().encode(event));
    controller.close();
  });
}

/** Returns a stream with the recorded state only, for an instance that no host has. */
function toStateStream({ state, reason, health }: InstanceRecord): Response {
  const data = JSON.stringify({ state, reason, health });
  return new Response(formatSse(data, "state"), { headers: STREAM_HEADERS });
}

const STREAM_HEADERS = { "content-type": "text/event-stream", "x-accel-buffering": "no" };
const UNREACHABLE = [
  "host_unreachable",
  "The server's container host does not respond. Try again when the host is available.",
] as const;
