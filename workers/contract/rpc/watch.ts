import type { ClientInfo, StopCause } from "../records/stop.ts";
import type { CalledItem } from "./admission.ts";

/** A call in flight, to be watched for its cancellation and for the end of the right to make it. */
export interface WatchCallRequest {
  /** SHA-256 of the token, lowercase hex. */
  digest: string;
  /** Key under which the client can cancel the call; null: it cannot (it has no session). */
  call: string | null;
  item: CalledItem;
  /** Absent: a Worker of an earlier release, which knows no stop. */
  client?: ClientInfo;
  /** The server's URL as long as the right lasts; null: it can change. */
  url: string | null;
}

/**
 * `token_revoked`: the token is not valid any more. `access_revoked`: a rule or the server was removed or disabled, or
 * the server has another URL.
 * A cause: the call is stopped by it.
 * `unchanged`: nothing happened for 50 s; the gateway watches again.
 */
export type WatchCallResult =
  | "token_revoked"
  | "access_revoked"
  | "cancelled"
  | StopCause
  | "unchanged";
