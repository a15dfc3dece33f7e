/** A call in flight, to be watched for its cancellation and for the revocation of its token. */
export interface WatchCallRequest {
  /** SHA-256 of the token, lowercase hex. */
  digest: string;
  /** Key under which the client can cancel the call; null: it cannot (it has no session). */
  call: string | null;
}

/** `unchanged`: nothing happened for 50 s; the gateway watches again. */
export type WatchCallResult = "token_revoked" | "cancelled" | "unchanged";
