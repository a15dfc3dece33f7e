import { z } from "zod";
import type { ClientCapabilities, Endpoint } from "./admission.ts";
import type { UpstreamError } from "./tool-catalogue.ts";

/** `requestState` of a held call: whose it is, what it was about, and where it is held. */
export const SuspendedCallState = z.object({
  slug: z.string(),
  digest: z.string(),
  serverSlug: z.string(),
  method: z.string(),
  target: z.string().nullable(),
  /** Name of the object that holds it. */
  holder: z.string(),
  /** How the server knows it. */
  upstreamId: z.string(),
  progressToken: z.number().nullable(),
  sessionId: z.string().nullable(),
});
export type SuspendedCallState = z.infer<typeof SuspendedCallState>;

/** A held call, as the Workspace knows it. */
export interface CallLease {
  /** Name of the object that holds it. */
  holder: string;
  /** SHA-256 of the caller's token, lowercase hex. */
  digest: string;
  serverId: string;
  sessionOwner: string;
  /** Whether its session with the server is its own and ends with it. */
  ownsSession: boolean;
}

/** A call to be made and, should the server ask something, held. */
export interface SuspendedCallStart {
  endpoint: Endpoint;
  headers: Record<string, string>;
  body: string;
  /** JSON text of the call's id. */
  id: string;
  sessionId: string | null;
  clientCapabilities: ClientCapabilities;
  /** What the client gets, sealed, and sends back with its answers. */
  state: SuspendedCallState;
  hold: CallLease;
}

/** The response of the server, or of the suspended call in its place. */
export type SuspendedCallResult =
  | { ok: true; response: Response }
  | { ok: false; error: UpstreamError };

/** The RPC methods of a SuspendedCall object. */
export interface SuspendedCallRpc {
  /** Sends the call; an event stream comes back up to the answer or to the server's first question, as `input_required`. */
  begin(start: SuspendedCallStart): Promise<SuspendedCallResult>;
  /** Brings the client's answers to the server and goes on with its stream; null: nothing is held here any more. */
  answer(responses: Record<string, unknown>): Promise<Response | null>;
}
