import type { Env } from "../runtime/env.ts";
import type { ClientSession } from "./client/client-session.ts";

/** What outlives the response. */
export type Lifetime = Pick<ExecutionContext, "waitUntil">;

/** The request's surroundings, as far as answering it needs them. */
export interface RequestContext {
  request: Request;
  env: Env;
  ctx: Lifetime;
  slug: string;
  /** SHA-256 of the token, lowercase hex. */
  digest: string;
  /** The legacy client's session; null: it has none. */
  session: ClientSession | null;
}
