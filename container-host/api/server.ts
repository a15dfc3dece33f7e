import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { FLEET_SUBJECT } from "../../workers/contract/hosting/host-protocol.ts";
import { MAX_REQUEST_BYTES } from "../../workers/contract/limits.ts";
import { EngineError } from "../engine/engine.ts";
import { logEvent } from "../log.ts";
import type { ApiRoute } from "./api-route.ts";
import { sendError } from "./responses.ts";
import type { TokenVerifier } from "./token-verifier.ts";

/** Time for a request to arrive whole. */
const REQUEST_TIMEOUT_MS = 30_000;

/** The host's HTTP border: nothing is done for a request without a token that was signed for it. */
export function createApi(verifier: TokenVerifier, routes: ApiRoute[]): Server {
  const server = createServer({ requestTimeout: REQUEST_TIMEOUT_MS }, (request, response) => {
    handle(request, response).catch((error: unknown) => {
      const code = error instanceof EngineError ? "engine_unavailable" : "internal";
      logEvent({ event: "request_failed", code, error: nameOf(error) });
      if (response.headersSent) response.destroy();
      else
        sendError(response, code, "The host could not do it: see its log and the Docker engine's.");
    });
  });
  // Streams of calls and logs stay open for long; an idle connection of the tunnel is kept for its next request.
  server.keepAliveTimeout = 75_000;

  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { method = "", url: path = "" } = request;
    const body = await readBody(request);
    if (body === null) {
      response.setHeader("connection", "close");
      return sendError(response, "invalid_request", `Bodies end at ${MAX_REQUEST_BYTES} bytes.`);
    }
    const token = /^Bearer ([A-Za-z0-9._-]{1,4096})$/.exec(request.headers.authorization ?? "");
    const verdict = await verifier.verify(token?.[1], { method, path, body }, Date.now());
    if (!verdict.ok) {
      logEvent({ event: "request_refused", code: verdict.code });
      return sendError(response, verdict.code, verdict.message);
    }
    const [pathname = "", query = ""] = path.split("?", 2);
    for (const route of routes) {
      const match = route.method === method ? route.path.exec(pathname) : null;
      if (!match || (verdict.claims.sub === FLEET_SUBJECT) !== (route.subject === "fleet"))
        continue;
      const hangUp = new AbortController();
      response.once("close", () => hangUp.abort());
      return route.handle({
        request,
        response,
        claims: verdict.claims,
        body,
        query: new URLSearchParams(query),
        parameters: match.slice(1),
        signal: hangUp.signal,
      });
    }
    sendError(response, "not_found", "There is no such thing on this host.");
  }
  return server;
}

/** The whole body; null: it is too large. */
async function readBody(request: IncomingMessage): Promise<Buffer | null> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  // No encoding is set, so the chunks are buffers.
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > MAX_REQUEST_BYTES) return null;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

const nameOf = (error: unknown) => (error instanceof Error ? error.name : "unknown");
