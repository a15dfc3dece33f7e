import type { AdmitRequest, Endpoint } from "../workers/contract/admission.ts";
import type { Era, ServerRecord } from "../workers/contract/workspace.ts";
import type { Principal } from "./admit.ts";
import type { Resolved } from "./catalogue.ts";
import type { OpenCall } from "./ledger.ts";

/** How the gateway speaks to the server for a client: in the client's era, if the server speaks both. */
export function wireOf(
  server: ServerRecord,
  clientEra: Era,
): Pick<Endpoint, "transport" | "era" | "protocolVersion" | "stateful"> | null {
  const { transport, era, protocolVersion, stateful, legacy } = server;
  if (!transport || !era || !protocolVersion) return null;
  if (clientEra === "legacy" && legacy) return { transport, era: "legacy", ...legacy };
  return { transport, era, protocolVersion, stateful };
}

/**
 * A client that can be asked has sessions of its own, so that a question that comes on one is for it and nobody else;
 * a modern client has no name but what it can be asked. All other clients of a principal share one.
 */
export function sessionOwner(request: AdmitRequest, { member, token }: Principal): string {
  const principal = member?.id ?? token.id;
  if (request.askable === "{}") return principal;
  return `${principal} ${request.session ?? request.askable}`;
}

/** A call as the book opens it. */
export function openCall(
  request: AdmitRequest,
  principal: Principal,
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
