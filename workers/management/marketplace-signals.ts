import { createRoute, OpenAPIHono } from "@hono/zod-openapi";
import { SIGNAL_SERVICES, SignalProgress } from "../contract/api/marketplace-signals.ts";
import { readSignalProgress } from "../db/marketplace-signals.ts";
import { findOffReason } from "../marketplace/signals/services.ts";
import type { ManagementEnv } from "./authorize.ts";
import { jsonResponse, READ_ERRORS, refuseInvalid, toListSchema } from "./responses.ts";

const list = createRoute({
  method: "get",
  path: "/marketplace/signals",
  tags: ["marketplace"],
  summary: "List the services that state figures of repositories and packages, and how far each is",
  responses: { 200: jsonResponse(toListSchema(SignalProgress), "The services"), ...READ_ERRORS },
});

/** Routes for the figures of repositories and packages. */
export const marketplaceSignals = new OpenAPIHono<ManagementEnv>({
  defaultHook: refuseInvalid,
}).openapi(list, async (c) => {
  const { jobs, counts } = await readSignalProgress(c.var.db, Date.now());
  const items = SIGNAL_SERVICES.map((service) => {
    const {
      attempt = 0,
      problem = null,
      nextStepAt = 0,
    } = jobs.find(({ name }) => name === service) ?? {};
    const {
      subjects = 0,
      known = 0,
      gone = 0,
      due = 0,
    } = counts.find((count) => count.service === service) ?? {};
    const offBecause = findOffReason(c.env, service);
    return { service, offBecause, subjects, known, gone, due, attempt, problem, nextStepAt };
  });
  return c.json({ items }, 200);
});
