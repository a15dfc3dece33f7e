import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { FLEET_SUBJECT } from "../../workers/contract/hosting/host-protocol.ts";
import { MAX_REQUEST_BYTES } from "../../workers/contract/limits.ts";
import { logEvent, logFailure } from "../../workers/runtime/log.ts";
import { EngineError } from "../engine/engine.ts";
import type { ApiRoute } from "./api-route.ts";
import { sendError } from "./responses.ts";
import type { TokenVerifier } from "./token-verifier.ts";

/** A request must arrive completely within 30 s. */
const REQUEST_TIMEOUT_MS = 30_000;

/** The host's HTTP server, not yet listening. A request is handled only with a token that was signed for it. */
export function createApiServer(verifier: TokenVerifier, routes: ApiRoute[]): Server {
  const server = createServer({ requestTimeout: REQUEST_TIMEOUT_MS }, (request, response) => {
    handle(request, response).catch((error: unknown) => {
      const code = error instanceof EngineError ? "engine_unavailable" : "internal";
      logFailure("request_failed", error, { code });
      if (response.headersSent) response.destroy();
      else
        sendError(
          response,
          code,
          "The request failed: see the logs of the host and the Docker engine.",
        );
    });
  });
  // Keeps the tunnel's idle connections for its next requests.
  server.keepAliveTimeout = 75_000;

  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { method = "", url: path = "" } = request;
    const body = await readBody(request);
    if (body === "gone") return void response.destroy();
    if (body === null) {
      response.setHeader("connection", "close");
      return sendError(
        response,
        "invalid_request",
        `A body must not exceed ${MAX_REQUEST_BYTES} bytes.`,
      );
    }
    const token = /^Bearer ([A-Za-z0-9._-]{1,4096})$/.exec(request.headers.authorization ?? "");
    const verification = await verifier.verify(token?.[1], { method, path, body }, Date.now());
    if (!verification.ok) {
      logEvent({ event: "request_refused", code: verification.code });
      return sendError(response, verification.code, verification.message);
    }
    const [pathname = "", query = ""] = path.split("?", 2);
    for (const route of routes) {
      const match = route.method === method ? route.path.exec(pathname) : null;
      if (!match || (verification.claims.sub === FLEET_SUBJECT) !== (route.subject === "fleet"))
        continue;
      const connection = new AbortController();
      response.once("close", () => connection.abort());
      return route.handle({
        request,
        response,
        claims: verification.claims,
        body,
        query: new URLSearchParams(query),
        parameters: match.slice(1),
        signal: connection.signal,
      });
    }
    sendError(response, "not_found", "This host has no such route.");
  }
  return server;
}

/** The whole body; null: it exceeds the limit; `gone`: the caller has left before its end. */
async function readBody(request: IncomingMessage): Promise<Buffer | null | "gone"> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  try {
    // Without an encoding the chunks are buffers.
    for await (const chunk of request as AsyncIterable<Buffer>) {
      bytes += chunk.length;
      if (bytes > MAX_REQUEST_BYTES) return null;
      chunks.push(chunk);
    }
  } catch {
    // Only the caller's connection fails here.
    return "gone";
  }
  return Buffer.concat(chunks);
}
