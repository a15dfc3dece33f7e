import type { Env } from "../runtime/env.ts";
import type { ClientSession } from "./client/client-session.ts";

/** For work that goes on after the response was returned. */
export type Lifetime = Pick<ExecutionContext, "waitUntil">;

/** An HTTP request that has passed the entry checks; its token is not authenticated yet. */
export interface EntryContext {
  request: Request;
  env: Env;
  ctx: Lifetime;
  slug: string;
  /** SHA-256 of the token, lowercase hex. */
  digest: string;
  /** The ids of the gateways that the request has passed (`Mcpnest-Via`); empty: it is a client's own. */
  via: string[];
}

/** An HTTP request whose client session is open. */
export interface RequestContext extends EntryContext {
  /** The legacy client's session; null: it has none. */
  session: ClientSession | null;
}
