import { z } from "zod";
import { CLIENT_RESPONSE_TIMEOUT_MS } from "../../contract/limits.ts";
import type { Endpoint } from "../../contract/rpc/admission.ts";
import { seal, unseal } from "../../crypto/seal.ts";
import { supportsServerRequest } from "../../mcp/client-capabilities.ts";
import { editObject } from "../../mcp/json-scan.ts";
import { parseJson } from "../../mcp/json.ts";
import type { McpResponse } from "../../mcp/message.ts";
import {
  formatInputResponses,
  formatLegacyServerRequest,
  type InputRequired,
} from "../../mcp/translate/elicitation.ts";
import { renameRelatedTask } from "../../mcp/translate/tasks.ts";
import type { Env } from "../../runtime/env.ts";
import { logFailure } from "../../runtime/log.ts";
import { workspacesOf } from "../../runtime/objects.ts";
import { budgetsOf } from "../../runtime/settings.ts";
import { egressOf } from "../../upstream/egress.ts";
import { postMessage } from "../../upstream/json-rpc.ts";
import { waitForStop, type Call } from "../call/call.ts";
import type { RequestContext } from "../context.ts";

/** Pause before the next attempt when the Workspace object fails. */
const RETRY_AFTER_MS = 1_000;

/** `digest`: `EntryContext.boundTo`. */
const Bound = { slug: z.string(), digest: z.string() };

/**
 * The origin of a server request that was sent to a legacy client. It is sealed into the request's id. The response
 * arrives in another HTTP request and carries the id, which routes it back; only the token that got the id can use it.
 */
const SealedServerRequest = z.discriminatedUnion("kind", [
  /** From a legacy server: the response is posted to it. */
  z.object({
    ...Bound,
    kind: z.literal("legacy_server"),
    serverId: z.string(),
    sessionId: z.string().nullable(),
    /** JSON text of the server's id. */
    upstreamId: z.string(),
    /** URL to which the server's client posts messages. */
    messageUrl: z.string(),
    /** The server's own id of the task that the request belongs to; null: none. */
    task: z.string().nullable().default(null),
  }),
  /** From a modern server: the response is delivered to the HTTP request that waits for it in `box`. */
  z.object({ ...Bound, kind: z.literal("modern_server"), box: z.string(), key: z.string() }),
]);
export type SealedServerRequest = z.infer<typeof SealedServerRequest>;

/** The server request that a response's id names; null: the id was not given to this token in this workspace. */
export function openServerRequestId(
  id: string,
  env: Env,
  slug: string,
  boundTo: string,
): SealedServerRequest | null {
  const opened = SealedServerRequest.safeParse(
    unseal(env.MCPNEST_MASTER_KEYS, "server-request", id, Date.now()),
  );
  if (!opened.success || opened.data.slug !== slug || opened.data.digest !== boundTo) return null;
  return opened.data;
}

/**
 * The id under which a legacy server's request is sent to the client. `upstreamId`: JSON text of the server's id. `task`:
 * the server's own id of the task that the request belongs to; null: none.
 */
export function sealServerRequestId(call: Call, upstreamId: string, task: string | null): string {
  const { slug, boundTo } = call.context;
  return sealId(call, {
    kind: "legacy_server",
    slug,
    digest: boundTo,
    serverId: call.route.endpoint.serverId,
    sessionId: call.sessionId,
    upstreamId,
    messageUrl: call.messageUrl ?? call.route.endpoint.url,
    task,
  });
}

/**
 * Sends a client's response to the origin of the server request. A late response is lost, like without a gateway.
 * @param endpoint of the legacy server; null: it is unknown, or not needed
 */
export async function forwardClientResponse(
  response: McpResponse,
  origin: SealedServerRequest,
  endpoint: Endpoint | null,
  { env, slug, via }: RequestContext,
): Promise<void> {
  if (origin.kind === "modern_server") {
    await workspacesOf(env)
      .getByName(slug)
      .deliverClientResponse(origin.box, origin.key, response.text)
      .catch((error: unknown) => logFailure("deliver_client_response_failed", error));
    return;
  }
  if (!endpoint) return;
  const url = origin.messageUrl;
  // The server's URL can have been changed meanwhile: the new origin must not get this response.
  if (new URL(url).origin !== new URL(endpoint.url).origin) return;
  const result = response.root.members.get("result")?.object;
  const edits = result ? renameRelatedTask(response.text, result, () => origin.task) : {};
  const text = editObject(response.text, response.root, {
    id: origin.upstreamId,
    ...(result && Object.keys(edits).length > 0
      ? { result: editObject(response.text, result, edits) }
      : {}),
  });
  await postMessage({ ...endpoint, url }, text, origin.sessionId, {
    budgets: budgetsOf(env),
    ...egressOf(env, endpoint.hosted, via),
  });
}

/**
 * Sends a modern server's input requests to a legacy client on the call's stream and waits for the responses, each of
 * which arrives in another HTTP request. Returns `inputResponses` (JSON text). Null: the client does not support a
 * request or did not respond to all, or the call has ended.
 */
export async function requestInput(
  call: Call,
  { requests }: InputRequired,
  sendToClient: (text: string) => Promise<void>,
): Promise<string | null> {
  const { slug, boundTo, env } = call.context;
  const { clientCapabilities } = call.message;
  for (const { method, params } of requests.values()) {
    if (!supportsServerRequest(clientCapabilities, method, parseJson(params ?? "null")))
      return null;
  }
  const box = crypto.randomUUID();
  for (const [key, request] of requests) {
    const id = JSON.stringify(
      sealId(call, { kind: "modern_server", slug, digest: boundTo, box, key }),
    );
    await sendToClient(formatLegacyServerRequest(id, request, crypto.randomUUID()));
  }
  call.awaitClient();
  const deadline = Date.now() + CLIENT_RESPONSE_TIMEOUT_MS;
  while (Date.now() < deadline) {
    const collected = workspacesOf(env)
      .getByName(slug)
      .collectClientResponses(box, [...requests.keys()])
      .catch(async (error: unknown) => {
        logFailure("collect_client_responses_failed", error);
        await scheduler.wait(RETRY_AFTER_MS);
        return null;
      });
    const responses = await Promise.race([collected, waitForStop(call.signal)]);
    if (responses === "stopped") return null;
    if (responses) return formatInputResponses(requests, responses);
  }
  return null;
}

function sealId(call: Call, origin: SealedServerRequest): string {
  const expiresAt = Date.now() + CLIENT_RESPONSE_TIMEOUT_MS;
  return seal(call.context.env.MCPNEST_MASTER_KEYS, "server-request", origin, expiresAt);
}
