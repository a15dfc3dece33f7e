import { Hono } from "hono";
import { isAllowedHost } from "../http/allowed-host.ts";
import { errorResponse, toNotFoundResponse } from "../http/error-responses.ts";
import { toOrigin } from "../http/oauth-addresses.ts";
import type { Env } from "../runtime/env.ts";
import {
  CALLBACK_PATH,
  CLIENT_DOCUMENT_PATH,
  hasClientDocument,
  toClientMetadata,
} from "../upstream/sign-in/register-client.ts";
import { finishSignIn } from "./finish-sign-in.ts";

/** The addresses that authorization servers of upstreams use: the metadata of the gateway as their client, and the callback. */
export const connectionRoutes = new Hono<{ Bindings: Env }>({ strict: false })
  .on("GET", [CLIENT_DOCUMENT_PATH, CALLBACK_PATH], async (c, next) => {
    if (isAllowedHost(c.req.header("host") ?? "", c.env.ALLOWED_HOSTS)) return next();
    return errorResponse(c, 403, "forbidden_host", "This host name is not served here.");
  })
  .get(CLIENT_DOCUMENT_PATH, (c) => {
    const origin = toOrigin(c.req.raw);
    // Elsewhere no authorization server can read it, and a client id that cannot be read is none.
    if (!hasClientDocument(origin)) return toNotFoundResponse(c);
    const document = {
      client_id: `${origin}${CLIENT_DOCUMENT_PATH}`,
      ...toClientMetadata(origin),
      token_endpoint_auth_method: "none",
    };
    return c.json(document, 200, { "x-content-type-options": "nosniff" });
  })
  .get(CALLBACK_PATH, finishSignIn);
