import { z } from "zod";
import type { Askable, Endpoint } from "./admission.ts";

/** `requestState` of a held call: whose it is, what it was about, and where it is held. */
export const HeldState = z.object({
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
export type HeldState = z.infer<typeof HeldState>;

/** A held call, as the Workspace knows it. */
export interface Hold {
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
export interface HeldStart {
  endpoint: Endpoint;
  headers: Record<string, string>;
  body: string;
  /** JSON text of the call's id. */
  id: string;
  sessionId: string | null;
  askable: Askable;
  /** What the client gets, sealed, and sends back with its answers. */
  state: HeldState;
  hold: Hold;
}
