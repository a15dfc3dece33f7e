import { z } from "zod";
import type { ClientInfo } from "../records/stop.ts";
import type { ClientCapabilities, Endpoint } from "./admission.ts";
import type { UpstreamError } from "./tool-catalogue.ts";

/** Content of a suspended call's sealed `requestState`: the token and call that it belongs to, and where it waits. */
export const SuspendedCallState = z.object({
  slug: z.string(),
  /** SHA-256 of the caller's token, lowercase hex. */
  digest: z.string(),
  serverId: z.string(),
  method: z.string(),
  target: z.string().nullable(),
  /** Id of the SuspendedCall object. */
  holder: z.string(),
  /** JSON text of the id under which the call was sent to the server. */
  upstreamId: z.string(),
  progressToken: z.number().nullable(),
  sessionId: z.string().nullable(),
  /** When the call began, epoch ms. */
  begunAt: z.number(),
});
export type SuspendedCallState = z.infer<typeof SuspendedCallState>;

/** A held call's entry in the Workspace object. */
export interface CallLease {
  /** Id of the SuspendedCall object. */
  holder: string;
  /** SHA-256 of the caller's token, lowercase hex. */
  digest: string;
  serverId: string;
  sessionOwner: string;
  /** Whether the upstream session was opened for this call alone and is closed with it. */
  ownsSession: boolean;
  /** Absent in leases of earlier releases. */
  client?: ClientInfo;
}

/**
 * When a call needs a lease. `unsent`: before it is sent. `call_stream`: at its server's first request, which came on the
 * call's own stream. `shared_stream`: the request came on a stream that several calls share.
 */
export type CallOrigin = "unsent" | "call_stream" | "shared_stream";

/**
 * `shared`: the call uses the owner's session; `own`: it needs a session that no other call uses. `ambiguous`: another call
 * can be the one that the server's request belongs to.
 */
export type LeaseResult = "shared" | "own" | "too_many" | "ambiguous";

/** A call for a SuspendedCall object to hold. */
export interface SuspendedCallStart {
  endpoint: Endpoint;
  /** JSON text of the call's id. */
  id: string;
  sessionId: string | null;
  clientCapabilities: ClientCapabilities;
  /** The ids of the gateways that the call has passed, this one last. */
  via: string[];
  /** Sealed as `requestState`, which the client sends back with its responses. */
  state: SuspendedCallState;
  lease: CallLease;
}

/** How a SuspendedCall object sends a call. */
export interface SuspendedCallRequest {
  headers: Record<string, string>;
  body: string;
}

/** The server's HTTP response, or the SuspendedCall object's event stream in its place. */
export type SuspendedCallResult =
  | { ok: true; response: Response }
  | { ok: false; error: UpstreamError };

/** The RPC methods of a SuspendedCall object. */
export interface SuspendedCallRpc {
  /** Sends the call. An event stream is relayed up to the response, or to the first server requests as `input_required`. */
  begin(start: SuspendedCallStart, request: SuspendedCallRequest): Promise<SuspendedCallResult>;
  /**
   * Continues a call that was sent already. `messages`: an event stream of its server's messages, from the first request
   * on. `messageUrl`: where the server takes messages. Returns an event stream like that of `begin`.
   */
  takeOver(
    start: SuspendedCallStart,
    messages: ReadableStream<Uint8Array>,
    messageUrl: string,
  ): ReadableStream<Uint8Array>;
  /**
   * Sends the client's responses (JSON texts by key) to the server and continues its event stream; null: no call is
   * suspended here any more.
   */
  resume(responses: ReadonlyMap<string, string>): Promise<Response | null>;
}
