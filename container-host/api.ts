import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import {
  FLEET_SUBJECT,
  type HostError,
  type HostErrorCode,
  type HostTokenClaims,
} from "../workers/contract/hosting.ts";
import { MAX_REQUEST_BYTES } from "../workers/contract/limits.ts";
import { EngineError } from "./engine.ts";
import { logEvent } from "./log.ts";
import type { Route } from "./routes.ts";
import type { TokenVerifier } from "./tokens.ts";

const STATUS: Record<HostErrorCode, number> = {
  token_invalid: 401,
  token_expired: 401,
  token_replayed: 401,
  token_mismatch: 401,
  host_starting: 503,
  not_found: 404,
  invalid_request: 400,
  unknown_catalogue_entry: 422,
  invalid_variable: 422,
  profile_too_small: 422,
  host_draining: 503,
  host_full: 507,
  conflict: 409,
  instance_not_running: 503,
  bridge_unreachable: 502,
  engine_unavailable: 503,
  internal: 500,
};
const HEADERS = { "cache-control": "no-store", "x-content-type-options": "nosniff" };
/** Time for a request to arrive whole. */
const REQUEST_TIMEOUT_MS = 30_000;

/** A request whose token was checked. */
export interface Call {
  request: IncomingMessage;
  response: ServerResponse;
  claims: HostTokenClaims;
  body: Buffer;
  query: URLSearchParams;
  /** Groups of the route's path. */
  parameters: string[];
  /** Aborted when the caller hangs up. */
  signal: AbortSignal;
}

/** The host's HTTP border: nothing is done for a request without a token that was signed for it. */
export function createApi(verifier: TokenVerifier, routes: Route[]): Server {
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

export function sendJson(response: ServerResponse, status: number, content: unknown): void {
  const text = JSON.stringify(content);
  response.writeHead(status, { ...HEADERS, "content-type": "application/json" }).end(text);
}

export function sendError(response: ServerResponse, code: HostErrorCode, message: string): void {
  if (code === "host_starting") response.setHeader("retry-after", "5");
  const body: HostError = { error: { code, message } };
  sendJson(response, STATUS[code], body);
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
