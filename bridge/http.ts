import { createHash, timingSafeEqual } from "node:crypto";
import { createServer, type IncomingMessage, type Server } from "node:http";
import { MAX_REQUEST_BYTES } from "../workers/contract/limits.ts";
import { formatError } from "../workers/mcp/json-rpc.ts";
import { ERROR } from "../workers/mcp/protocol.ts";
import { parseMessage } from "../workers/mcp/request.ts";
import type { HostedServer } from "./hosted-server.ts";
import { handleLegacyRequest } from "./legacy.ts";
import { MAX_BUFFERED_BODY_BYTES, MAX_STREAMS } from "./limits.ts";
import { serveListen, serveSessionStream } from "./listen.ts";
import type { Log } from "./log.ts";
import { handleModernRequest } from "./modern.ts";
import { handleToolsCall, handleToolsList, sendError } from "./plain-json.ts";
import { Reply } from "./reply.ts";
import { Sessions, type Session } from "./session.ts";
import { SuspendedCalls } from "./suspendable-call.ts";

/** The parts of the bridge's HTTP server. */
export interface BridgeOptions {
  server: HostedServer;
  /** Required Bearer token; null: no authentication, for loopback only. */
  secret: string | null;
  log: Log;
}

/** Host headers of this machine, with any port. A page that uses DNS rebinding sends another name. */
const LOCAL_AUTHORITY = /^(localhost|127\.0\.0\.1|\[::1\])(:\d+)?$/;
const LOCAL_ORIGIN = /^https?:\/\/(localhost|127\.0\.0\.1|\[::1\])(:\d+)?$/;

/** The bridge's HTTP server; not yet listening. */
export function createBridge(options: BridgeOptions): Server {
  const bridge = new BridgeHandler(options);
  const http = createServer((request, response) => {
    const reply = new Reply(request, response);
    bridge.handle(request, reply).catch((error: unknown) => {
      options.log.failure("a request failed", error);
      sendError(reply, 500, "internal", "The bridge failed: see its log");
    });
  });
  // Limits the time of a request's body. Responses take as long as calls do.
  http.requestTimeout = 60_000;
  http.headersTimeout = 15_000;
  http.keepAliveTimeout = 75_000;
  return http;
}

class BridgeHandler {
  readonly #server: HostedServer;
  readonly #secret: Buffer | null;
  readonly #suspended = new SuspendedCalls();
  readonly #sessions: Sessions;
  #bufferedBytes = 0;
  #streams = 0;

  constructor({ server, secret }: BridgeOptions) {
    this.#server = server;
    this.#secret = secret === null ? null : sha256(secret);
    this.#sessions = new Sessions(
      (session) => server.hasTaskOf(session),
      (session) => server.endSession(session),
    );
  }

  async handle(request: IncomingMessage, reply: Reply): Promise<void> {
    if (!this.#isLocalCaller(request)) {
      return sendError(reply, 403, "forbidden", "The Host or Origin header is not allowed");
    }
    if (!this.#isAuthorized(request)) {
      reply.setHeader("www-authenticate", "Bearer");
      return sendError(reply, 401, "unauthorized", "Send this bridge's secret as a Bearer token");
    }
    switch (`${request.method} ${request.url}`) {
      case "GET /health":
        return this.#handleHealth(reply);
      case "POST /mcp":
        return this.#withBody(request, reply, (text) => this.#handleMcp(text, request, reply));
      case "GET /mcp":
        return this.#openSessionStream(request, reply);
      case "DELETE /mcp":
        return this.#endSession(request, reply);
      case "POST /tools/list":
        return this.#withBody(request, reply, () => handleToolsList(this.#server, reply));
      case "POST /tools/call":
        return this.#withBody(request, reply, (text) => handleToolsCall(this.#server, text, reply));
      default:
        sendError(
          reply,
          404,
          "not_found",
          "The routes are /mcp, /tools/list, /tools/call and /health",
        );
    }
  }

  async #handleHealth(reply: Reply): Promise<void> {
    const status = !this.#server.description
      ? "starting"
      : (await this.#server.isAlive())
        ? "ok"
        : "unresponsive";
    reply.end(status === "ok" ? 200 : 503, JSON.stringify({ status }));
  }

  async #handleMcp(text: string, request: IncomingMessage, reply: Reply): Promise<void> {
    const headers = toHeaders(request);
    const message = parseMessage(text, headers);
    const session = this.#findSession(request);
    if (message.era === "legacy" && session === "unknown" && message.kind !== "invalid") {
      return this.#refuseSession(reply);
    }
    const known = session === "unknown" ? null : session;
    if (message.kind === "notification" || message.kind === "response") {
      known?.receive(text);
      return reply.end(202, null);
    }
    if (message.kind === "invalid") {
      const { code, data } = message;
      return reply.end(
        message.status,
        formatError(message.id, { code, message: message.message, data }),
      );
    }
    if (message.method === "subscriptions/listen")
      return this.#withStream(reply, () => serveListen(this.#server, text, reply));
    if (message.era === "modern") {
      return handleModernRequest(this.#server, this.#suspended, message, headers, reply);
    }
    await handleLegacyRequest(this.#server, this.#sessions, known, message, reply);
  }

  async #openSessionStream(request: IncomingMessage, reply: Reply): Promise<void> {
    const session = this.#findSession(request);
    if (session === "unknown") return this.#refuseSession(reply);
    if (!session || !reply.canStream) {
      return sendError(
        reply,
        405,
        "no_stream",
        "An event stream needs Mcp-Session-Id and Accept: text/event-stream",
      );
    }
    await this.#withStream(reply, () => serveSessionStream(this.#server, session, reply));
  }

  #endSession(request: IncomingMessage, reply: Reply): void {
    const session = this.#findSession(request);
    if (!session || session === "unknown") return this.#refuseSession(reply);
    this.#sessions.close(session.id);
    reply.end(200, null);
  }

  async #withStream(reply: Reply, serve: () => void | Promise<void>): Promise<void> {
    if (this.#streams >= MAX_STREAMS) {
      return sendError(
        reply,
        503,
        "too_many_streams",
        `At most ${MAX_STREAMS} event streams are served`,
      );
    }
    this.#streams++;
    reply.onClose(() => this.#streams--);
    await serve();
  }

  /** Null: the request names no session. */
  #findSession({ headers }: IncomingMessage): Session | null | "unknown" {
    const id = headers["mcp-session-id"];
    return typeof id === "string" ? (this.#sessions.find(id) ?? "unknown") : null;
  }

  #refuseSession(reply: Reply): void {
    const message = "No such session: initialize again";
    reply.end(404, formatError("null", { code: ERROR.invalidRequest, message }));
  }

  /** Reads a body. Its bytes count against the limit of all bodies until the response ends. */
  async #withBody(
    request: IncomingMessage,
    reply: Reply,
    serve: (text: string) => Promise<void>,
  ): Promise<void> {
    const parts: Buffer[] = [];
    let bytes = 0;
    const addPart = (part: Buffer) => {
      parts.push(part);
      bytes += part.length;
      this.#bufferedBytes += part.length;
      if (bytes > MAX_REQUEST_BYTES) return "too_large";
      return this.#bufferedBytes > MAX_BUFFERED_BODY_BYTES ? "busy" : "added";
    };
    try {
      const outcome = await readBody(request, addPart);
      if (outcome === "too_large") return refuseBody(reply, 413, "body_too_large");
      if (outcome === "busy") return refuseBody(reply, 503, "server_busy");
      if (outcome === "added") await serve(toText(parts));
    } finally {
      this.#bufferedBytes -= bytes;
    }
  }

  #isAuthorized({ headers }: IncomingMessage): boolean {
    if (!this.#secret) return true;
    const token = /^Bearer (.+)$/i.exec(headers.authorization ?? "")?.[1] ?? "";
    return timingSafeEqual(sha256(token), this.#secret);
  }

  /** Refuses requests of web pages (CSRF, DNS rebinding). With a secret, any Host header is allowed. */
  #isLocalCaller({ headers }: IncomingMessage): boolean {
    if (headers.origin !== undefined && !LOCAL_ORIGIN.test(headers.origin)) return false;
    return this.#secret !== null || LOCAL_AUTHORITY.test(headers.host ?? "");
  }
}

/** `busy`: the limit of all bodies is reached. */
type BodyStatus = "added" | "too_large" | "busy";

/** Reads a body until a part is refused. `gone`: the client disconnected before its end. */
async function readBody(
  request: IncomingMessage,
  addPart: (part: Buffer) => BodyStatus,
): Promise<BodyStatus | "gone"> {
  try {
    // Without an encoding the parts are buffers.
    for await (const part of request as AsyncIterable<Buffer>) {
      const status = addPart(part);
      if (status !== "added") return status;
    }
    return "added";
  } catch {
    // Only the client's connection throws here.
    return "gone";
  }
}

/** The text of a body, without a byte order mark. */
function toText(parts: Buffer[]): string {
  return new TextDecoder().decode(Buffer.concat(parts));
}

function refuseBody(reply: Reply, status: number, code: string): void {
  reply.setHeader("connection", "close");
  sendError(reply, status, code, "The request body is too large, or too many bodies are in memory");
}

function toHeaders(request: IncomingMessage): Headers {
  const headers = new Headers();
  for (const [name, value] of Object.entries(request.headers)) {
    if (typeof value === "string") headers.set(name, value);
  }
  return headers;
}

function sha256(text: string): Buffer {
  return createHash("sha256").update(text).digest();
}
