import { LIST_NAMES } from "../../contract/rpc/notification-stream.ts";
import { LEGACY_VERSIONS } from "../../mcp/protocol.ts";
import { denialResponse } from "../client/admission-responses.ts";
import { denyUnlessAuthenticated } from "../client/admission.ts";
import { openClientSession } from "../client/client-session.ts";
import { badRequest, sessionNotFound } from "../client/responses.ts";
import { toAddress, type EntryContext } from "../context.ts";
import { streamChanges } from "./stream-changes.ts";
import { streamRefusedResponse } from "./stream-refusal.ts";
import { WorkspaceStream } from "./workspace-stream.ts";

/** GET of a legacy client (2025-11-25, streamable HTTP, "Listening for Messages from the Server"). */
export async function handleGetStream(entry: EntryContext): Promise<Response> {
  const { request, env, boundTo } = entry;
  const opened = openClientSession(request.headers, env, toAddress(entry), boundTo);
  const session = opened.kind === "open" ? opened.session : null;
  const denial = await denyUnlessAuthenticated({ ...entry, session });
  if (denial) return denialResponse("null", denial);
  if (opened.kind === "invalid") return sessionNotFound("null");
  const version = request.headers.get("mcp-protocol-version");
  if (version !== null && !LEGACY_VERSIONS.some((known) => known === version)) {
    const message = `Unsupported MCP-Protocol-Version; use one of ${LEGACY_VERSIONS.join(", ")}`;
    return badRequest(400, message);
  }
  const wanted = {
    lists: [...LIST_NAMES],
    resources: [],
    session: session?.key ?? null,
    client: { name: session?.clientName ?? null, version: session?.clientVersion ?? null },
  };
  const result = await WorkspaceStream.open(entry, wanted);
  if (result.kind !== "open") return streamRefusedResponse("null", result.kind);
  const format = {
    first: null,
    notification: (method: string, params: Record<string, unknown>) =>
      JSON.stringify({ jsonrpc: "2.0", method, params }),
    last: null,
    error: null,
  };
  return streamChanges(result.stream, format, entry);
}
