import { isObject, parseJson } from "../workers/mcp/json.ts";
import { toSeverity, UNKNOWN_SEVERITY } from "../workers/mcp/log-level.ts";
import { ERROR, LATEST_LEGACY_VERSION } from "../workers/mcp/protocol.ts";
import { isTaskMethod } from "../workers/mcp/request-target.ts";
import { toTaskSupport, type TaskSupport } from "../workers/mcp/task-support.ts";
import { findRelatedTask } from "../workers/mcp/translate/tasks.ts";
import { Calls, type ClientCall } from "./calls.ts";
import { ChangeAnnouncer } from "./change-announcer.ts";
import { Connection, type RequestResult } from "./connection.ts";
import { initialize, type ServerProcess } from "./handshake.ts";
import type { Line } from "./lines.ts";
import { toRpcError, type ServerMessage } from "./message.ts";
import type { Session } from "./session.ts";
import type { Settings } from "./settings.ts";
import { Tasks } from "./tasks.ts";
import { KnownTools } from "./tools.ts";

/** The server's part of the handshake (`initialize`). */
export interface ServerDescription {
  capabilities: Record<string, unknown>;
  serverInfo: Record<string, unknown>;
  instructions: string | null;
}

/**
 * The result of the handshake. `notice`: a smaller offer than the first was accepted. `reason`: a clause that continues
 * "The server cannot be used:"; null: the process has ended.
 */
export type Handshake = { ok: true; notice: string | null } | { ok: false; reason: string | null };

/** Server requests that are forwarded to a client. */
const FORWARDED_METHODS = new Set(["elicitation/create", "sampling/createMessage", "roots/list"]);
const METHOD_NOT_FOUND = toRpcError(ERROR.methodNotFound, "Method not found");
/** How long a health check waits for a message after each of its requests. */
const HEALTH_REQUEST_TIMEOUT_MS = 2_000;
/** Longest wait for the response to `logging/setLevel`. */
const LOG_LEVEL_TIMEOUT_MS = 2_000;

/** The stdio server of this bridge, shared by all its clients. */
export class HostedServer {
  readonly tools: KnownTools;
  /** Its change notifications. */
  readonly changes = new ChangeAnnouncer();
  /** Set once the handshake succeeded. */
  description: ServerDescription | null = null;
  readonly #settings: Settings;
  readonly #connection: Connection;
  readonly #calls: Calls;
  readonly #tasks: Tasks;
  readonly #subscribers = new Map<string, number>();
  #severity = UNKNOWN_SEVERITY;
  #healthCheck: Promise<boolean> | null = null;
  #openHealthRequests = 0;
  #hasAnsweredPing = false;
  /** Whether the server answers other requests but no `ping`. */
  #ignoresPing = false;

  constructor(settings: Settings, send: (line: string) => boolean) {
    this.#settings = settings;
    this.#connection = new Connection(send, (message) => void this.#onMessage(message));
    this.#calls = new Calls(this.#connection, {
      maxInFlight: settings.maxInFlight,
      timeoutMs: settings.callTimeoutMs,
    });
    this.#tasks = new Tasks(this.#connection, settings.callTimeoutMs);
    this.tools = new KnownTools(this.#connection);
  }

  /** Number of running and suspended calls, and of running tasks. */
  get workCount(): number {
    return this.#calls.count + this.#tasks.count;
  }

  /** Handles one line of the server's output. */
  receive(line: Line): void {
    this.#connection.receive(line);
  }

  /** The server has ended: all its pending requests fail. */
  end(): void {
    this.#connection.end();
  }

  /** Initializes the server; all attempts together have the time limit of the handshake. */
  async handshake(process: ServerProcess): Promise<Handshake> {
    const signal = AbortSignal.timeout(this.#settings.startTimeoutMs);
    const options = { signal, onProgress: () => undefined };
    const initialized = await initialize(
      (params) => this.#connection.request("initialize", () => params, options),
      {
        ...process,
        restart: async () => {
          await process.restart();
          this.#connection.restart();
        },
      },
    );
    if (initialized.kind === "ended") return { ok: false, reason: null };
    if (initialized.kind === "silent") return { ok: false, reason: this.#describeSilence() };
    if (initialized.kind === "refused") {
      const reason = `it rejected initialize with ${initialized.refusal}; the bridge supports servers of ${LATEST_LEGACY_VERSION} and older`;
      return { ok: false, reason };
    }
    const content = parseJson(initialized.json);
    if (!isObject(content) || typeof content["protocolVersion"] !== "string") {
      return { ok: false, reason: "its response to the handshake has no protocol version" };
    }
    this.#connection.notify("notifications/initialized", null);
    this.description = {
      capabilities: isObject(content["capabilities"]) ? content["capabilities"] : {},
      serverInfo: isObject(content["serverInfo"]) ? content["serverInfo"] : {},
      instructions: typeof content["instructions"] === "string" ? content["instructions"] : null,
    };
    const { refused } = initialized;
    const notice =
      refused &&
      `the server refused initialize: ${refused.refusal}; it accepted ${refused.accepted}`;
    return { ok: true, notice };
  }

  #describeSilence(): string {
    const { skippedLines } = this.#connection;
    const output =
      skippedLines > 0 ? `; lines of its output that are not MCP messages: ${skippedLines}` : "";
    return `it did not respond to the handshake${output}`;
  }

  /** Runs a client's call when its turn comes. */
  async call(client: ClientCall): Promise<RequestResult> {
    if (!this.#isOffered(client.method)) return METHOD_NOT_FOUND;
    if (isTaskMethod(client.method)) return this.#tasks.run(client);
    const running = this.#calls.run(client, await this.#mustRunAlone(client));
    const { session, canBeginTask } = client;
    return session && canBeginTask ? this.#tasks.begin(session, running) : running;
  }

  /** Whether a running task belongs to the session. */
  hasTaskOf(session: Session): boolean {
    return this.#tasks.isUsedBy(session);
  }

  /** Ends what the server does for a session that has ended. */
  endSession(session: Session): void {
    for (const uri of session.subscriptions) void this.unsubscribe(uri);
    this.#tasks.end(session, this.taskSupport?.canCancel === true);
  }

  /** How the server runs tool calls as tasks; null: it does not. */
  get taskSupport(): TaskSupport | null {
    return toTaskSupport(this.description?.capabilities ?? {});
  }

  /** Some servers never answer a method that they do not know, and the call would keep other calls waiting. */
  #isOffered(method: string): boolean {
    const [feature = ""] = method.split("/");
    const capabilities = this.description?.capabilities ?? {};
    // Some servers declare nothing and offer tools all the same.
    if (feature !== "prompts" && feature !== "resources") return true;
    return isObject(capabilities[feature]) || Object.keys(capabilities).length === 0;
  }

  /**
   * Whether the server is alive: a request to it is within its time limit, or it sends any message. Silence alone does not
   * say otherwise: one call can keep a server busy, and not every server answers `ping`. Concurrent callers share one check.
   */
  isAlive(): Promise<boolean> {
    this.#healthCheck ??= this.#checkHealth().finally(() => (this.#healthCheck = null));
    return this.#healthCheck;
  }

  async #checkHealth(): Promise<boolean> {
    const capabilities = this.description?.capabilities ?? {};
    const feature = ["tools", "prompts", "resources"].find((name) => isObject(capabilities[name]));
    const list = `${feature ?? "tools"}/list`;
    for (const method of this.#ignoresPing ? [list] : ["ping", list]) {
      if (this.#hasRequestInTime) return true;
      const message = this.#connection.waitForMessage(
        AbortSignal.timeout(HEALTH_REQUEST_TIMEOUT_MS),
      );
      void this.#requestForHealth(method);
      if (!(await message)) continue;
      if (method !== "ping" && !this.#hasAnsweredPing) this.#ignoresPing = true;
      return true;
    }
    return this.#hasRequestInTime;
  }

  async #requestForHealth(method: string): Promise<void> {
    this.#openHealthRequests++;
    const result = await this.#request(method, null, HEALTH_REQUEST_TIMEOUT_MS);
    this.#openHealthRequests--;
    if (method === "ping" && result.kind !== "failed") this.#hasAnsweredPing = true;
  }

  /** Requests end with their time limit. Those of health checks say nothing. A task can keep a server busy like a call. */
  get #hasRequestInTime(): boolean {
    return this.#connection.requestCount > this.#openHealthRequests || this.#tasks.hasTaskInTime;
  }

  /** Lowers the server's log level to `level` if it is higher: other clients keep their messages. */
  async ensureLogLevel(level: string): Promise<void> {
    const severity = toSeverity(level);
    if (severity >= this.#severity || !this.description?.capabilities["logging"]) return;
    this.#severity = severity;
    await this.#request("logging/setLevel", JSON.stringify({ level }), LOG_LEVEL_TIMEOUT_MS);
  }

  /** Adds a subscriber of a resource; only the first one subscribes at the server. */
  async subscribe(uri: string): Promise<RequestResult> {
    const count = this.#subscribers.get(uri) ?? 0;
    this.#subscribers.set(uri, count + 1);
    if (count > 0) return { kind: "result", json: "{}" };
    const result = await this.#request(
      "resources/subscribe",
      JSON.stringify({ uri }),
      this.#settings.callTimeoutMs,
    );
    if (result.kind !== "result") this.#subscribers.delete(uri);
    return result;
  }

  /** Removes a subscriber of a resource; only the last one unsubscribes at the server. */
  async unsubscribe(uri: string): Promise<void> {
    const count = this.#subscribers.get(uri) ?? 0;
    if (count > 1) this.#subscribers.set(uri, count - 1);
    if (count !== 1) return;
    this.#subscribers.delete(uri);
    await this.#request(
      "resources/unsubscribe",
      JSON.stringify({ uri }),
      this.#settings.callTimeoutMs,
    );
  }

  async #mustRunAlone({ method, target }: ClientCall): Promise<boolean> {
    if (method !== "tools/call" || this.#settings.concurrency === "parallel") return false;
    if (this.#settings.concurrency === "serial") return true;
    return (await this.tools.find(target))?.isReadOnly !== true;
  }

  #request(method: string, params: string | null, timeoutMs: number): Promise<RequestResult> {
    return this.#connection.request(method, () => params, {
      onProgress: () => undefined,
      signal: AbortSignal.timeout(timeoutMs),
    });
  }

  async #onMessage(message: Exclude<ServerMessage, { kind: "response" }>): Promise<void> {
    if (message.kind === "request") {
      const { id, method, params } = message;
      if (FORWARDED_METHODS.has(method)) {
        const request = { method, params };
        const task = findRelatedTask(parseJson(params ?? "null"));
        const response =
          task === null
            ? this.#calls.forwardServerRequest(id, request)
            : this.#tasks.forwardServerRequest(id, task, request);
        this.#connection.respond(id, await response);
      } else if (method === "ping") this.#connection.respond(id, { kind: "result", json: "{}" });
      else this.#connection.respond(id, METHOD_NOT_FOUND);
      return;
    }
    const { method, params } = message;
    if (method === "notifications/message" && params) {
      const task = findRelatedTask(params.values);
      if (task === null) this.#calls.forwardLog(params);
      else this.#tasks.forwardLog(task, params);
    }
    if (method === "notifications/cancelled") {
      const id = JSON.stringify(params?.values["requestId"]);
      this.#calls.cancelServerRequest(id);
      this.#tasks.cancelServerRequest(id);
    }
    if (method === "notifications/tasks/status" && params) await this.#tasks.forwardStatus(params);
    if (method === "notifications/tools/list_changed") this.tools.invalidate();
    if (!/^notifications\/(\w+\/list_changed|resources\/updated)$/.test(method)) return;
    const uri = params?.values["uri"];
    this.changes.announce({ method, params, uri: typeof uri === "string" ? uri : null });
  }
}
