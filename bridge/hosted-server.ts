import { isObject, parseJson } from "../workers/mcp/json.ts";
import { toSeverity, UNKNOWN_SEVERITY } from "../workers/mcp/log-level.ts";
import { LATEST_LEGACY_VERSION } from "../workers/mcp/protocol.ts";
import { Calls, type ClientCall } from "./calls.ts";
import { Connection, type RequestResult } from "./connection.ts";
import type { Line } from "./lines.ts";
import type { Params, ServerMessage } from "./message.ts";
import type { Settings } from "./settings.ts";
import { Tools } from "./tools.ts";

/** What the server said of itself in the handshake. */
export interface ServerDescription {
  capabilities: Record<string, unknown>;
  serverInfo: Record<string, unknown>;
  instructions: string | null;
}

export type Handshake = { ok: true } | { ok: false; reason: string };

/** A notification for whoever listens: a list changed, or a resource was updated (`uri`). */
export interface Broadcast {
  method: string;
  params: Params | null;
  uri: string | null;
}

/** Server requests that are forwarded to a client. */
const FORWARDED_METHODS = new Set(["elicitation/create", "sampling/createMessage", "roots/list"]);
const PING_TIMEOUT_MS = 2_000;
/** Questions can come at any time; whether they can be asked is decided per call. */
const CLIENT = {
  protocolVersion: LATEST_LEGACY_VERSION,
  capabilities: { elicitation: { form: {}, url: {} }, sampling: {}, roots: {} },
  clientInfo: { name: "mcpnest-bridge", version: "0.1.0" },
};

/** The one stdio server of this bridge, as its many clients use it. */
export class HostedServer {
  readonly tools: Tools;
  /** Set once the handshake succeeded. */
  description: ServerDescription | null = null;
  readonly #settings: Settings;
  readonly #connection: Connection;
  readonly #calls: Calls;
  readonly #listeners = new Set<(broadcast: Broadcast) => void>();
  readonly #subscribers = new Map<string, number>();
  #severity = UNKNOWN_SEVERITY;
  #ping: Promise<boolean> | null = null;

  constructor(settings: Settings, send: (line: string) => boolean) {
    this.#settings = settings;
    this.#connection = new Connection(send, (message) => void this.#onMessage(message));
    this.#calls = new Calls(this.#connection, {
      maxInFlight: settings.maxInFlight,
      timeoutMs: settings.callTimeoutMs,
    });
    this.tools = new Tools(this.#connection);
  }

  get callCount(): number {
    return this.#calls.count;
  }

  receive(line: Line): void {
    this.#connection.receive(line);
  }

  end(): void {
    this.#connection.end();
  }

  async handshake(): Promise<Handshake> {
    const outcome = await this.#ask(
      "initialize",
      JSON.stringify(CLIENT),
      this.#settings.startTimeoutMs,
    );
    if (outcome.kind === "error") {
      const speaks = `the bridge speaks ${LATEST_LEGACY_VERSION} and older to servers`;
      return { ok: false, reason: `it refused initialize with error ${outcome.code}; ${speaks}` };
    }
    if (outcome.kind === "failed") return { ok: false, reason: "it did not answer the handshake" };
    const result = parseJson(outcome.json);
    if (!isObject(result) || typeof result["protocolVersion"] !== "string") {
      return { ok: false, reason: "its answer to the handshake names no protocol version" };
    }
    this.#connection.notify("notifications/initialized", null);
    this.description = {
      capabilities: isObject(result["capabilities"]) ? result["capabilities"] : {},
      serverInfo: isObject(result["serverInfo"]) ? result["serverInfo"] : {},
      instructions: typeof result["instructions"] === "string" ? result["instructions"] : null,
    };
    return { ok: true };
  }

  async call(client: ClientCall): Promise<RequestResult> {
    return this.#calls.run(client, await this.#runsAlone(client));
  }

  /** Whether the server answers. One ping at a time serves all who want to know. */
  ping(): Promise<boolean> {
    this.#ping ??= this.#ask("ping", null, PING_TIMEOUT_MS).then((outcome) => {
      this.#ping = null;
      // A server that does not know the method is alive, too.
      return outcome.kind !== "failed";
    });
    return this.#ping;
  }

  /** Makes the server send log messages of this urgency and above; others may have asked for more. */
  async wantLogs(level: string): Promise<void> {
    const severity = toSeverity(level);
    if (severity >= this.#severity || !this.description?.capabilities["logging"]) return;
    this.#severity = severity;
    await this.#ask("logging/setLevel", JSON.stringify({ level }), PING_TIMEOUT_MS);
  }

  /** Calls back for every broadcast until the returned function is called. */
  listen(listener: (broadcast: Broadcast) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** One more who wants to hear of a resource; the server is told of the first. */
  async subscribe(uri: string): Promise<RequestResult> {
    const count = this.#subscribers.get(uri) ?? 0;
    this.#subscribers.set(uri, count + 1);
    if (count > 0) return { kind: "result", json: "{}" };
    const outcome = await this.#ask(
      "resources/subscribe",
      JSON.stringify({ uri }),
      this.#settings.callTimeoutMs,
    );
    if (outcome.kind !== "result") this.#subscribers.delete(uri);
    return outcome;
  }

  /** One less; the server is told of the last. */
  async unsubscribe(uri: string): Promise<void> {
    const count = this.#subscribers.get(uri) ?? 0;
    if (count > 1) this.#subscribers.set(uri, count - 1);
    if (count !== 1) return;
    this.#subscribers.delete(uri);
    await this.#ask("resources/unsubscribe", JSON.stringify({ uri }), this.#settings.callTimeoutMs);
  }

  async #runsAlone({ method, target }: ClientCall): Promise<boolean> {
    if (method !== "tools/call" || this.#settings.concurrency === "parallel") return false;
    if (this.#settings.concurrency === "serial") return true;
    return (await this.tools.find(target))?.isReadOnly !== true;
  }

  #ask(method: string, params: string | null, timeoutMs: number): Promise<RequestResult> {
    return this.#connection.request(method, () => params, {
      onProgress: () => undefined,
      signal: AbortSignal.timeout(timeoutMs),
    });
  }

  async #onMessage(message: Exclude<ServerMessage, { kind: "response" }>): Promise<void> {
    if (message.kind === "request") {
      const { id, method, params } = message;
      if (FORWARDED_METHODS.has(method)) {
        const response = await this.#calls.forwardServerRequest(id, { method, params });
        this.#connection.respond(id, response);
      } else if (method === "ping") this.#connection.respond(id, { kind: "result", json: "{}" });
      else {
        const error = { code: -32601, message: "Method not found" };
        this.#connection.respond(id, {
          kind: "error",
          code: error.code,
          json: JSON.stringify(error),
        });
      }
      return;
    }
    const { method, params } = message;
    if (method === "notifications/message" && params) this.#calls.forwardLog(params);
    if (method === "notifications/cancelled") {
      this.#calls.cancelServerRequest(JSON.stringify(params?.values["requestId"]));
    }
    if (method === "notifications/tools/list_changed") this.tools.forget();
    if (!/^notifications\/(\w+\/list_changed|resources\/updated)$/.test(method)) return;
    const uri = params?.values["uri"];
    for (const listener of this.#listeners) {
      listener({ method, params, uri: typeof uri === "string" ? uri : null });
    }
  }
}
