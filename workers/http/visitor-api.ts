import type { Context } from "hono";
import { toVisitorRequest, type GetFromApi } from "../contract/page-head.ts";
import type { Env } from "../runtime/env.ts";

type C = Context<{ Bindings: Env }>;

/** The management API, as Hono's applications are called. */
export interface Api {
  fetch(request: Request, env: Env, ctx: C["executionCtx"]): Response | Promise<Response>;
}

/** Gets addresses of the management API as a visitor without a session, who has the client's address. */
export function asVisitor(c: C, api: Api): GetFromApi {
  return async (path) => {
    const request = toVisitorRequest(c.req.raw, new URL(path, c.req.url));
    return api.fetch(request, c.env, c.executionCtx);
  };
}
