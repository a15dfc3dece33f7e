import type {
  AcceptedCapabilities,
  Era,
  ServerRecord,
  WorkspaceRecord,
} from "../../workers/contract/records/workspace.ts";
import type {
  AccountLink,
  AdmitRequest,
  CallRoute,
  Endpoint,
  HostRequestIdentity,
} from "../../workers/contract/rpc/admission.ts";
import type { UpstreamError } from "../../workers/contract/rpc/tool-catalogue.ts";
import { concernsNamed } from "../../workers/mcp/request-target.ts";
import type { OpenCall } from "../audit/call-log.ts";
import { findDecidingRule } from "../policy/tool-access.ts";
import type { CallTarget } from "../tool-catalogue/merged-catalogue.ts";
import type { HeadersResult } from "../tool-catalogue/server-values.ts";
import { toTokenOwnerId, type TokenOwner } from "./token-owners.ts";

/** The endpoint of a server for a client's call, or why there is none. */
export type EndpointResult =
  | { ok: true; endpoint: Endpoint }
  | { ok: false; error: UpstreamError; account?: AccountLink };

type Protocol = Pick<Endpoint, "transport" | "era" | "protocolVersion" | "stateful">;

/**
 * The protocol between gateway and server: the client's era, if the server speaks both. Null: the server was never
 * reached.
 */
function chooseProtocol(server: ServerRecord, clientEra: Era): Protocol | null {
  const { transport, era, protocolVersion, stateful, legacy } = server;
  if (!transport || !era || !protocolVersion) return null;
  if (clientEra === "legacy" && legacy) return { transport, era: "legacy", ...legacy };
  return { transport, era, protocolVersion, stateful };
}

/** The subject under which requests to a hosted server are signed; null: the server is not hosted. */
export function toHostSubject(
  workspace: WorkspaceRecord,
  { hosted }: ServerRecord,
): HostRequestIdentity | null {
  return hosted && { hostId: hosted.hostId, subject: workspace.id };
}

/**
 * The key of a call's upstream session. A client that accepts server requests gets its own session, so that a server
 * request on it belongs to exactly one client; modern clients have no session id and are identified by their
 * capabilities. All other clients of a token owner share one.
 */
export function toSessionOwner(request: AdmitRequest, tokenOwner: TokenOwner): string {
  const owner = toTokenOwnerId(tokenOwner);
  if (request.clientCapabilities === "{}") return owner;
  return `${owner} ${request.session ?? request.clientCapabilities}`;
}

/** The id of the member or workspace token whose calls use the session. */
export function toOwnerId(sessionOwner: string): string {
  const [ownerId = ""] = sessionOwner.split(" ", 1);
  return ownerId;
}

/** The call log's entry for a call, without its number. */
export function toOpenCall(
  request: AdmitRequest,
  owner: TokenOwner,
  now: number,
  target: CallTarget | null,
): Omit<OpenCall, "seq"> {
  const { method } = request;
  const toolName = target?.skill?.name ?? (concernsNamed(method) ? (target?.key ?? null) : null);
  return {
    method,
    serverSlug: target?.server.slug ?? null,
    toolName,
    memberId: owner.member?.id ?? null,
    tokenId: owner.token.id,
    protocolVersion: request.protocolVersion,
    // A client need not introduce itself; a grant has the name with which it registered.
    clientName: request.clientName ?? owner.token.client?.name ?? null,
    clientVersion: request.clientVersion,
    resendReason: null,
    count: 1,
    createdAt: now,
    // Rules name neither prompts nor skills: they belong to the whole server.
    rule:
      target &&
      findDecidingRule(
        owner.access,
        target.server,
        method === "prompts/get" || target.skill ? null : toolName,
      ),
  };
}

/** What the row of a call has from its admission only. */
export function toRecorded(
  { clientName }: AdmitRequest,
  call: Pick<OpenCall, "rule" | "clientName">,
): Pick<CallRoute, "rule" | "clientName"> {
  return {
    ...(call.rule === null ? {} : { rule: call.rule }),
    ...(clientName === null && call.clientName !== null ? { clientName: call.clientName } : {}),
  };
}

interface EndpointContext {
  workspace: WorkspaceRecord;
  /** The error of the server's last check, if it failed. */
  lastError: UpstreamError | null;
  /** The capabilities that the server's handshake accepts. */
  accepted: AcceptedCapabilities;
  /** Where the person whose call it is connects an account; null: the call uses the workspace's, or none. */
  account: AccountLink | null;
}

/** Where and how to send a client's call to the server. */
export async function findEndpoint(
  server: ServerRecord,
  clientEra: Era,
  { workspace, lastError, accepted, account }: EndpointContext,
  headersOf: () => Promise<HeadersResult>,
): Promise<EndpointResult> {
  const protocol = chooseProtocol(server, clientEra);
  // A person without an account gets the link first, whatever the gateway's checks say.
  const found = protocol === null && account === null ? null : await headersOf();
  if (found?.ok === false) return { ...found, ...(account === null ? {} : { account }) };
  if (!protocol || !found) {
    const message = "The server has not responded yet";
    return { ok: false, error: lastError ?? { code: "upstream_unreachable", message } };
  }
  const { id: serverId, slug: serverSlug, name: serverName, url } = server;
  const { longestCallSeconds, longestSilenceSeconds } = server;
  const hosted = toHostSubject(workspace, server);
  const { headers, credentials, tokenVersion } = found;
  // The server would refuse the call; the next check finds out when it does not any more.
  if (tokenVersion === undefined && lastError?.code === "needs_sign_in")
    return { ok: false, error: lastError };
  return {
    ok: true,
    endpoint: {
      serverId,
      serverSlug,
      serverName,
      url,
      ...protocol,
      accepted,
      longestCallSeconds,
      longestSilenceSeconds,
      hosted,
      headers,
      credentials,
      ...(tokenVersion === undefined ? {} : { tokenVersion }),
      ...(account === null ? {} : { account }),
    },
  };
}
