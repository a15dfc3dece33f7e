import { dropBody } from "../http/read-body.ts";
import type { Env } from "../runtime/env.ts";
import { settingsOf } from "../runtime/settings.ts";
import { VIA_HEADER } from "../upstream/via.ts";
import { denialResponse } from "./client/admission-responses.ts";
import { denyUnlessAuthenticated } from "./client/admission.ts";
import { checkEntry } from "./client/entry-checks.ts";
import { handleHealth } from "./client/handle-health.ts";
import { handleMessage } from "./client/handle-message.ts";
import { isKnownToken, judgeUnknownToken } from "./client/known-tokens.ts";
import { toChallenge } from "./client/oauth-challenge.ts";
import { digestToken } from "./client/tokens.ts";
import type { Lifetime } from "./context.ts";
import { handleGetStream } from "./notifications/handle-get-stream.ts";

/** Handles a request of an MCP client: a message by POST, a notification stream by GET, or the health endpoint. */
export async function handleGateway(request: Request, env: Env, ctx: Lifetime): Promise<Response> {
  const response = toChallenge(request, await respond(request, env, ctx));
  // Another gateway asks: it must recognise us, whatever we respond.
  if (request.headers.has(VIA_HEADER) && !response.headers.has(VIA_HEADER))
    response.headers.set(VIA_HEADER, settingsOf(env).gatewayId);
  return response;
}

async function respond(request: Request, env: Env, ctx: Lifetime): Promise<Response> {
  const entry = checkEntry(request, env);
  if (entry.kind === "denied") return withoutBody(request, entry.response);
  const { slug, server, via, token } = entry;
  const digest = digestToken(token.value);
  const boundTo = token.grant ?? digest;
  const context = { request, env, ctx, slug, server, via, digest, boundTo };
  // The body of a stranger is not read.
  if (!isKnownToken(context)) {
    const denial = await judgeUnknownToken(context);
    if (denial) return withoutBody(request, denialResponse("null", denial));
  }
  switch (entry.kind) {
    case "refused": {
      const denial = await denyUnlessAuthenticated(context);
      return withoutBody(request, denial ? denialResponse("null", denial) : entry.response);
    }
    case "message":
      return handleMessage(context);
    case "stream":
      return handleGetStream(context);
    case "health":
      return handleHealth(context);
  }
}

function withoutBody(request: Request, response: Response): Response {
  dropBody(request);
  return response;
}
