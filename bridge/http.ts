import { createHash, timingSafeEqual } from "node:crypto";
import { createServer, type IncomingMessage, type Server } from "node:http";
import { MAX_REQUEST_BYTES } from "../workers/contract/limits.ts";
import { formatError } from "../workers/mcp/json-rpc.ts";
import { ERROR } from "../workers/mcp/protocol.ts";
import { parseMessage } from "../workers/mcp/request.ts";
import type { HostedServer } from "./hosted-server.ts";
import { handleLegacyRequest } from "./legacy.ts";
import { MAX_HELD_BYTES, MAX_STREAMS } from "./limits.ts";
import { serveListen, serveSessionStream } from "./listen.ts";
import type { Log } from "./log.ts";
import { handleModernRequest } from "./modern.ts";
import { answerToolsCall, answerToolsList, refuse } from "./plain.ts";
import { Reply } from "./reply.ts";
import { Sessions, type Session } from "./session.ts";
import { SuspendedCalls } from "./suspendable-call.ts";

/** Who may use the bridge over HTTP. */
export interface Access {
  /** Must come as a Bearer token; null: whoever can connect. */
  secret: string | null;
}

/** A host of this machine, with any port: what a page that rebinds its name cannot send. */
const LOCAL_AUTHORITY = /^(localhost|127\.0\.0\.1|\[::1\])(:\d+)?$/;
const LOCAL_ORIGIN = /^https?:\/\/(localhost|127\.0\.0\.1|\[::1\])(:\d+)?$/;

/** The bridge's HTTP server; not yet listening. */
export function createBridge(server: HostedServer, access: Access, log: Log): Server {
  const bridge = new Bridge(server, access);
  const http = createServer((request, response) => {
    const reply = new Reply(request, response);
    bridge.answer(request, reply).catch((error: unknown) => {
      // A defect of the bridge: its name says where to look, its message could hold what was sent.
      log.bridge(`a request failed: ${error instanceof Error ? error.name : "unknown error"}`);
      refuse(reply, 500, "internal", "The bridge failed; its log names the error");
    });
  });
  // A slow body is cut by this; answers may take as long as calls do.
  http.requestTimeout = 60_000;
  http.headersTimeout = 15_000;
  http.keepAliveTimeout = 75_000;
  return http;
}

class Bridge {
  readonly #server: HostedServer;
  readonly #secret: Buffer | null;
  readonly #suspended = new SuspendedCalls();
  readonly #sessions: Sessions;
  #heldBytes = 0;
  #streams = 0;

  constructor(server: HostedServer, { secret }: Access) {
    this.#server = server;
    this.#secret = secret === null ? null : sha256(secret);
    this.#sessions = new Sessions((session) => {
      for (const uri of session.subscriptions) void server.unsubscribe(uri);
    });
  }

  async answer(request: IncomingMessage, reply: Reply): Promise<void> {
    if (!this.#isLocalCaller(request)) {
      return refuse(reply, 403, "forbidden", "The Host or Origin header is not allowed");
    }
    if (!this.#isAuthorized(request)) {
      reply.setHeader("www-authenticate", "Bearer");
      return refuse(reply, 401, "unauthorized", "Send this bridge's secret as a Bearer token");
    }
    switch (`${request.method} ${request.url}`) {
      case "GET /health":
        return this.#answerHealth(reply);
      case "POST /mcp":
        return this.#withBody(request, reply, (text) => this.#answerMcp(text, request, reply));
      case "GET /mcp":
        return this.#openSessionStream(request, reply);
      case "DELETE /mcp":
        return this.#endSession(request, reply);
      case "POST /tools/list":
        return this.#withBody(request, reply, () => answerToolsList(this.#server, reply));
      case "POST /tools/call":
        return this.#withBody(request, reply, (text) => answerToolsCall(this.#server, text, reply));
      default:
        refuse(reply, 404, "not_found", "See /mcp, /tools/list, /tools/call and /health");
    }
  }

  async #answerHealth(reply: Reply): Promise<void> {
    const status = !this.#server.description
      ? "starting"
      : (await this.#server.ping())
        ? "ok"
        : "unresponsive";
    reply.end(status === "ok" ? 200 : 503, JSON.stringify({ status }));
  }

  async #answerMcp(text: string, request: IncomingMessage, reply: Reply): Promise<void> {
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
      return refuse(
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
      return refuse(
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
    const message = "No such session: begin again with initialize";
    reply.end(404, formatError("null", { code: ERROR.invalidRequest, message }));
  }

  /** Reads a body and holds its bytes against the limit of all until it is answered. */
  async #withBody(
    request: IncomingMessage,
    reply: Reply,
    serve: (text: string) => Promise<void>,
  ): Promise<void> {
    const parts: Buffer[] = [];
    let bytes = 0;
    const take = (part: Buffer) => {
      parts.push(part);
      bytes += part.length;
      this.#heldBytes += part.length;
      if (bytes > MAX_REQUEST_BYTES) return "too_large";
      return this.#heldBytes > MAX_HELD_BYTES ? "busy" : "taken";
    };
    try {
      const outcome = await readAll(request, take);
      if (outcome === "too_large") return tooMuch(reply, 413, "body_too_large");
      if (outcome === "busy") return tooMuch(reply, 503, "server_busy");
      if (outcome === "taken") await serve(Buffer.concat(parts).toString("utf8"));
    } finally {
      this.#heldBytes -= bytes;
    }
  }

  #isAuthorized({ headers }: IncomingMessage): boolean {
    if (!this.#secret) return true;
    const token = /^Bearer (.+)$/i.exec(headers.authorization ?? "")?.[1] ?? "";
    return timingSafeEqual(sha256(token), this.#secret);
  }

  /** With a secret a page of a browser cannot do anything; without one, its host and origin give it away. */
  #isLocalCaller({ headers }: IncomingMessage): boolean {
    if (headers.origin !== undefined && !LOCAL_ORIGIN.test(headers.origin)) return false;
    return this.#secret !== null || LOCAL_AUTHORITY.test(headers.host ?? "");
  }
}

type Taken = "taken" | "too_large" | "busy";

/** Hands every part of a body on until one is refused. `gone`: the client hung up in the middle of it. */
async function readAll(
  request: IncomingMessage,
  take: (part: Buffer) => Taken,
): Promise<Taken | "gone"> {
  try {
    // No encoding is set: the parts are buffers.
    for await (const part of request as AsyncIterable<Buffer>) {
      const taken = take(part);
      if (taken !== "taken") return taken;
    }
    return "taken";
  } catch {
    return "gone";
  }
}

function tooMuch(reply: Reply, status: number, code: string): void {
  reply.setHeader("connection", "close");
  refuse(reply, status, code, "The request is larger than can be taken now");
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
