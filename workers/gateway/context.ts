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
  /** Slug of the one server that the address serves; null: the address is the workspace's. */
  server: string | null;
  /** SHA-256 of the token, lowercase hex. */
  digest: string;
  /**
   * What a session and a call that waits for the client are bound to: the token, by its digest, or its grant, whose access
   * tokens change.
   */
  boundTo: string;
  /** The ids of the gateways that the request has passed (`Mcpnest-Via`); empty: it is a client's own. */
  via: string[];
}

/** What a request's address serves: a workspace, or one server of it (`workspace/server`). */
export function toAddress({ slug, server }: Pick<EntryContext, "slug" | "server">): string {
  return server === null ? slug : `${slug}/${server}`;
}

/** An HTTP request whose client session is open. */
export interface RequestContext extends EntryContext {
  /** The legacy client's session; null: it has none. */
  session: ClientSession | null;
}
