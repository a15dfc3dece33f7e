import type { Context } from "hono";
import { beginSignIn, type SignInBegun, type SignInRequest } from "../connections/begin-sign-in.ts";
import type { ConnectionInput } from "../contract/api/connections.ts";
import type { ConnectionState } from "../contract/records/connection.ts";
import type { ServerRecord } from "../contract/records/workspace.ts";
import type { RefusedChange } from "../contract/rpc/commands.ts";
import { toOrigin } from "../http/oauth-addresses.ts";
import type { ManagementEnv } from "./authorize.ts";

interface Connecting extends Pick<SignInRequest, "memberId" | "page"> {
  server: ServerRecord;
  client: ConnectionInput["client"];
  /** The sign-in before; null: not known. */
  state: ConnectionState | null;
  /** Whether the new sign-in asks for the scopes for which the server has refused calls. */
  grantsWanted: boolean;
}

/** Begins a sign-in at a server in the caller's browser session. */
export async function beginConnection(
  c: Context<ManagementEnv>,
  { server, client, state, grantsWanted, ...request }: Connecting,
): Promise<SignInBegun> {
  const { db, workspace, caller } = c.var;
  if (caller?.kind !== "user")
    return refuse("A sign-in at a server needs a browser: connect the server in the dashboard.");
  if (server.hosted) return refuse("This server is hosted: the gateway does not sign in there.");
  if (server.perPerson?.kind === "key")
    return refuse("Each person enters a key of their own for this server, under “Your accounts”.");
  return beginSignIn({
    ...request,
    db,
    env: c.env,
    workspace,
    server,
    sessionId: caller.session.record.id,
    origin: toOrigin(c.req.raw),
    before: state && toScopesBefore(state, grantsWanted),
    isClientDeleted: state?.reason === "client_deleted",
    entered: client ? { id: client.id, secret: client.secret ?? null } : null,
  });
}

/**
 * The scopes of the sign-in before, which another one asks for, too: those that were granted for a call that the server had
 * refused are in no metadata. Scopes that have led to a failure are not asked for again.
 */
function toScopesBefore({ connection, wanted, reason }: ConnectionState, grantsWanted: boolean) {
  if (!connection || reason === "scope_reduced") return null;
  const more = grantsWanted ? (wanted?.scopes ?? []) : [];
  return { issuer: connection.issuer, scopes: [...connection.scopes, ...more] };
}

function refuse(message: string): RefusedChange {
  return { ok: false, refusal: { code: "conflict", message } };
}
