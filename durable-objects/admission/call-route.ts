import type {
  Era,
  ServerRecord,
  WorkspaceRecord,
} from "../../workers/contract/records/workspace.ts";
import type {
  AdmitRequest,
  Endpoint,
  HostRequestSubject,
} from "../../workers/contract/rpc/admission.ts";
import type { UpstreamError } from "../../workers/contract/rpc/tool-catalogue.ts";
import type { OpenCall } from "../audit/call-log.ts";
import type { Resolved } from "../tool-catalogue/merged-catalogue.ts";
import type { HeadersResult } from "../tool-catalogue/upstreams.ts";
import type { TokenOwner } from "./token-owners.ts";

/** How the gateway speaks to the server for a client: in the client's era, if the server speaks both. */
function wireOf(
  server: ServerRecord,
  clientEra: Era,
): Pick<Endpoint, "transport" | "era" | "protocolVersion" | "stateful"> | null {
  const { transport, era, protocolVersion, stateful, legacy } = server;
  if (!transport || !era || !protocolVersion) return null;
  if (clientEra === "legacy" && legacy) return { transport, era: "legacy", ...legacy };
  return { transport, era, protocolVersion, stateful };
}

/** Whom requests to the server are signed for; null: for nobody. */
export function hostedBy(
  workspace: WorkspaceRecord,
  { hosted }: ServerRecord,
): HostRequestSubject | null {
  return hosted && { hostId: hosted.hostId, subject: workspace.id };
}

/**
 * A client that can be asked has sessions of its own, so that a question that comes on one is for it and nobody else;
 * a modern client has no name but what it can be asked. All other clients of a principal share one.
 */
export function sessionOwner(request: AdmitRequest, { member, token }: TokenOwner): string {
  const principal = member?.id ?? token.id;
  if (request.clientCapabilities === "{}") return principal;
  return `${principal} ${request.session ?? request.clientCapabilities}`;
}

/** A call as the book opens it. */
export function openCall(
  request: AdmitRequest,
  principal: TokenOwner,
  now: number,
  target: Resolved | null,
): Omit<OpenCall, "seq"> {
  const named = request.method === "tools/call" || request.method === "prompts/get";
  return {
    method: request.method,
    serverSlug: target?.server.slug ?? null,
    toolName: named ? (target?.key ?? null) : null,
    memberId: principal.member?.id ?? null,
    tokenId: principal.token.id,
    protocolVersion: request.protocolVersion,
    clientName: request.clientName,
    createdAt: now,
  };
}

export type EndpointFound = { ok: true; endpoint: Endpoint } | { ok: false; error: UpstreamError };

/** Where and how to send a client's call to the server, with its credentials; `lastError`: what its last look found. */
export async function findEndpoint(
  server: ServerRecord,
  clientEra: Era,
  workspace: WorkspaceRecord,
  lastError: UpstreamError | null,
  headersOf: (server: ServerRecord) => Promise<HeadersResult>,
): Promise<EndpointFound> {
  const wire = wireOf(server, clientEra);
  if (!wire) {
    const message = "The server has not answered yet";
    return { ok: false, error: lastError ?? { code: "upstream_unreachable", message } };
  }
  const found = await headersOf(server);
  if (!found.ok) return found;
  const { id: serverId, slug: serverSlug, name: serverName, url } = server;
  const hosted = hostedBy(workspace, server);
  const { headers } = found;
  return {
    ok: true,
    endpoint: { serverId, serverSlug, serverName, url, ...wire, hosted, headers },
  };
}
