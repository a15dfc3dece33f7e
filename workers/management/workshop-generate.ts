import { createRoute, OpenAPIHono } from "@hono/zod-openapi";
import type { Context } from "hono";
import { z } from "zod";
import { DAY_MS } from "../contract/units.ts";
import { GenerateInput, GeneratorStatus } from "../contract/workshop/generated-server.ts";
import { countGenerated, takeGeneration } from "../db/generated-servers.ts";
import { isActingMember } from "../db/users.ts";
import { findModel, generateServer } from "../generator/generate-server.ts";
import { streamEvents } from "../generator/stream-events.ts";
import { COMMON_HEADERS, errorBody } from "../http/error-responses.ts";
import { makeAuditEvent } from "../identity/audit-events.ts";
import { settingsOf } from "../runtime/settings.ts";
import type { ManagementEnv } from "./authorize.ts";
import {
  jsonBody,
  jsonResponse,
  READ_ERRORS,
  refuse,
  refuseInvalid,
  WRITE_ERRORS,
} from "./responses.ts";

const tags = ["workshop"];
const path = "/workshop/generate";
/** Servers that one isolate makes at the same time: each waits for a model and a container host. */
const MAX_AT_ONCE = 10;
/** After this time a server is made, whatever has become of the request. */
const MAX_MS = 10 * 60_000;

/** The users who wait for a server that this isolate makes, one each, and since when (epoch ms). */
const busy = new Map<string, number>();

const status = createRoute({
  method: "get",
  path,
  tags,
  summary:
    "What the generator can do, and how many servers the signed-in person can have made today",
  responses: { 200: jsonResponse(GeneratorStatus, "The generator"), ...READ_ERRORS },
});

const generate = createRoute({
  method: "post",
  path,
  tags,
  summary: "Have an MCP server written from a description, or made from a form, and checked",
  request: { body: jsonBody(GenerateInput) },
  responses: {
    200: {
      description:
        "Events with JSON: {kind: progress, step}, and at last {kind: result, result} or {kind: failure, code, message}",
      content: { "text/event-stream": { schema: z.string() } },
    },
    ...WRITE_ERRORS,
  },
});

/** Routes of the generator of MCP servers. */
export const workshopGenerate = new OpenAPIHono<ManagementEnv>({ defaultHook: refuseInvalid })
  .openapi(status, async (c) => {
    const { generatedServersPerDay: limit } = settingsOf(c.env);
    const used = await countGenerated(c.var.db, c.var.actor, toDay(Date.now()));
    const left = Math.max(0, limit - used);
    return c.json({ model: findModel(c.env), limit, left }, 200);
  })
  .openapi(generate, async (c) => {
    const { db, actor } = c.var;
    const input = c.req.valid("json");
    const now = Date.now();
    if ("description" in input && findModel(c.env) === null) return refuse(c, NO_MODEL);
    if (!(await isActingMember(db, actor))) return refuse(c, NO_MEMBER);
    if (busyNow(now).includes(actor)) return refuse(c, ONE_AT_A_TIME);
    if (busyNow(now).length >= MAX_AT_ONCE) return refuse(c, TOO_MANY_AT_ONCE);
    busy.set(actor, now);
    const end = () => busy.delete(actor);
    const { generatedServersPerDay: limit } = settingsOf(c.env);
    const source = "form" in input ? "template" : "model";
    const event = makeAuditEvent(actor, "server.generated", `user:${actor}`, { source });
    const person = { userId: actor, day: toDay(now) };
    const isTaken = await takeGeneration(db, person, limit, event).catch((error: unknown) => {
      end();
      throw error;
    });
    if (!isTaken) {
      end();
      return refuseByLimit(c, limit, now);
    }
    const events = streamEvents((onStep) => generateServer(c.env, db, input, onStep), end);
    return new Response(events, { headers: STREAM_HEADERS });
  });

const STREAM_HEADERS = {
  ...COMMON_HEADERS,
  "content-type": "text/event-stream",
  "x-accel-buffering": "no",
};

const NO_MODEL = {
  code: "conflict",
  message:
    "This deployment has no model that writes servers. Make the server with the form, or have an operator set ANTHROPIC_API_KEY.",
} as const;
const NO_MEMBER = {
  code: "forbidden",
  message: "Only members of a workspace can have servers generated: ask an owner to invite you.",
} as const;
const ONE_AT_A_TIME = {
  code: "conflict",
  message: "A server is being made for you. Wait until it is ready.",
} as const;
const TOO_MANY_AT_ONCE = {
  code: "unavailable",
  message: "Too many servers are being made now. Try again in a minute.",
} as const;

function refuseByLimit(c: Context, limit: number, now: number) {
  const seconds = Math.ceil((DAY_MS - (now % DAY_MS)) / 1000);
  c.header("retry-after", String(seconds));
  const message = `You have had ${limit} servers made today, which is the maximum. The next day begins at 00:00 UTC.`;
  return c.json(errorBody("rate_limited", message), 429);
}

function busyNow(now: number): string[] {
  return [...busy].flatMap(([user, since]) => (now - since < MAX_MS ? [user] : []));
}

function toDay(at: number): number {
  return Math.floor(at / DAY_MS);
}
