import type { ServerRecord } from "../../workers/contract/records/workspace.ts";
import type { UpstreamError } from "../../workers/contract/rpc/tool-catalogue.ts";
import type { SentHeaders, UpstreamDependencies } from "./server-values.ts";

/**
 * Has `fetch` check a server with its headers, and once more when the server has refused an access token in whose place
 * there is another one. Returns the failure; null: there is none.
 */
export async function fetchWithHeaders(
  server: ServerRecord,
  deps: UpstreamDependencies,
  signal: AbortSignal,
  fetch: (sent: SentHeaders) => Promise<UpstreamError | null>,
): Promise<UpstreamError | null> {
  for (let isSecond = false; ; isSecond = true) {
    const sent = await deps.headersOf(server);
    if (!sent.ok) return sent.error;
    const error = await fetch(sent);
    if (!error) deps.onAccepted(server);
    const isRefusal =
      error?.status === 401 || (error?.status === 403 && sent.tokenVersion !== undefined);
    if (!isRefusal || signal.aborted) return error;
    const explained = await deps.explainRefusal(server, sent.tokenVersion, error);
    if (explained !== "again") return explained;
    if (isSecond) return error;
  }
}
