import {
  MAX_LOCAL_RESPONSES_PER_MINUTE,
  MAX_OPEN_SERVER_REQUESTS,
} from "../../workers/contract/limits.ts";
import type { SuspendedCallStart } from "../../workers/contract/rpc/suspended-call.ts";
import { supportsServerRequest } from "../../workers/mcp/client-capabilities.ts";
import { formatLocalResponse, formatResponse } from "../../workers/mcp/json-rpc.ts";
import { findMemberText, RESPONSE_LIMITS, scanJson } from "../../workers/mcp/json-scan.ts";
import { parseObject } from "../../workers/mcp/json.ts";
import { formatInputRequired, type InputRequest } from "../../workers/mcp/translate/elicitation.ts";
import { MinuteCount } from "../../workers/runtime/minute-count.ts";

/** A server request that the client has not responded to. */
interface OpenRequest extends InputRequest {
  /** JSON text of the server's id. */
  id: string;
}

/** A server's message. `reply`: the gateway's response to a request that does not reach the client; null: none. */
export type ReceivedMessage =
  | { kind: "server_request"; reply: string | null }
  | { kind: "response" | "other" };

/** The requests of a call's server that the call's client has not responded to. */
export class OpenRequests {
  /** By the key that the client sees. */
  readonly #open = new Map<string, OpenRequest>();
  #count = 0;
  readonly #localResponses = new MinuteCount(MAX_LOCAL_RESPONSES_PER_MINUTE);

  get size(): number {
    return this.#open.size;
  }

  clear(): void {
    this.#open.clear();
  }

  /** Classifies a server's message, and keeps a request that the client supports. */
  receive(
    data: string,
    call: Pick<SuspendedCallStart, "id" | "clientCapabilities">,
  ): ReceivedMessage {
    const message = parseObject(data);
    if (!message) return { kind: "other" };
    const { method, params } = message;
    const id = JSON.stringify(message["id"]);
    if (typeof method !== "string") return { kind: id === call.id ? "response" : "other" };
    if (message["id"] === undefined) return { kind: "other" };
    const isSupported =
      this.#open.size < MAX_OPEN_SERVER_REQUESTS &&
      supportsServerRequest(call.clientCapabilities, method, params);
    const scan = isSupported ? scanJson(data, RESPONSE_LIMITS) : null;
    if (scan?.ok) {
      this.#count += 1;
      const request = { id, method, params: findMemberText(data, scan.root, "params") ?? null };
      this.#open.set(`request-${this.#count}`, request);
      return { kind: "server_request", reply: null };
    }
    const isAnswered = this.#localResponses.add(Date.now());
    return { kind: "server_request", reply: isAnswered ? formatLocalResponse(id, method) : null };
  }

  /** Takes out the requests that have a response (JSON text by key). Returns the responses for the server. */
  takeAnswered(responses: ReadonlyMap<string, string>): string[] {
    const answered = [...this.#open].filter(([key]) => responses.has(key));
    for (const [key] of answered) this.#open.delete(key);
    return answered.map(([key, { id }]) =>
      formatResponse(id, "result", responses.get(key) ?? "{}"),
    );
  }

  /** The `input_required` response to the call of this id (JSON text); `requestState`: JSON text. */
  formatInputRequired(id: string, requestState: string): string {
    return formatInputRequired(id, this.#open, requestState);
  }
}
