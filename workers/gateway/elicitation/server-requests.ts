import { z } from "zod";
import { CLIENT_RESPONSE_TIMEOUT_MS } from "../../contract/limits.ts";
import type { Endpoint } from "../../contract/rpc/admission.ts";
import { seal, unseal } from "../../crypto/seal.ts";
import { supportsServerRequest } from "../../mcp/client-capabilities.ts";
import { editObject } from "../../mcp/json-scan.ts";
import { isObject } from "../../mcp/json.ts";
import type { McpResponse } from "../../mcp/message.ts";
import { budgetsOf, type Env } from "../../runtime/env.ts";
import { egressOf } from "../../upstream/egress.ts";
import { postMessage } from "../../upstream/json-rpc.ts";
import { waitForStop, type Call } from "../call/call.ts";
import type { RequestContext } from "../context.ts";

/** Wait before asking again when the Workspace could not answer. */
const RETRY_AFTER_MS = 1_000;

const Bound = { slug: z.string(), digest: z.string() };

/**
 * What a question to a legacy client was about. It travels as the question's id, sealed, and comes back with the answer,
 * which is how an answer that arrives in another request finds its way, and only for the token that was asked.
 */
const SealedServerRequest = z.discriminatedUnion("kind", [
  /** A legacy server asked: the answer is posted to it. */
  z.object({
    ...Bound,
    kind: z.literal("server"),
    serverSlug: z.string(),
    sessionId: z.string().nullable(),
    /** JSON text of the server's own id. */
    upstreamId: z.string(),
    /** Where the server took messages when it asked. */
    messageUrl: z.string(),
  }),
  /** A modern server asked: the answer is handed to the request that holds the call. */
  z.object({ ...Bound, kind: z.literal("held"), box: z.string(), key: z.string() }),
]);
export type SealedServerRequest = z.infer<typeof SealedServerRequest>;

/** What a modern server wants to know before it completes a call (2026-07-28, multi round-trip requests). */
export interface InputRequired {
  requests: Record<string, { method: string; params: unknown }>;
  /** JSON text of `requestState`; null: none. */
  state: string | null;
}

/** The question behind an answer's id; null for an id that was not given to this token here. */
export function openServerRequestId(
  id: string,
  env: Env,
  slug: string,
  digest: string,
): SealedServerRequest | null {
  const opened = SealedServerRequest.safeParse(
    unseal(env.MCPNEST_MASTER_KEYS, "question", id, Date.now()),
  );
  if (!opened.success || opened.data.slug !== slug || opened.data.digest !== digest) return null;
  return opened.data;
}

/** The id under which a legacy server's question goes to the client. */
export function sealServerRequestId(call: Call, upstreamId: string): string {
  const { slug, digest } = call.context;
  return sealQuestion(call, {
    kind: "server",
    slug,
    digest,
    serverSlug: call.route.endpoint.serverSlug,
    sessionId: call.sessionId,
    upstreamId,
    messageUrl: call.messageUrl ?? call.route.endpoint.url,
  });
}

/** Brings a client's answer to where the question came from. An answer that comes too late is lost, as it is without a gateway. `endpoint`: the server's, if it asked. */
export async function forwardClientResponse(
  answer: McpResponse,
  question: SealedServerRequest,
  endpoint: Endpoint | null,
  { env, slug }: RequestContext,
): Promise<void> {
  if (question.kind === "held") {
    await env.WORKSPACES.getByName(slug)
      .deliverClientResponse(question.box, question.key, answer.text)
      .catch(() => undefined);
    return;
  }
  if (!endpoint) return;
  const url = question.messageUrl;
  // The server may have been moved since it asked: its new address gets no answer to an old question.
  if (new URL(url).origin !== new URL(endpoint.url).origin) return;
  const text = editObject(answer.text, answer.root, { id: question.upstreamId });
  await postMessage({ ...endpoint, url }, text, question.sessionId, {
    budgets: budgetsOf(env),
    ...egressOf(env, endpoint.hosted),
  });
}

/**
 * Puts a modern server's questions to a legacy client on the call's own stream, and waits for all answers, each of which
 * arrives in a request of its own. Null: the client cannot answer, did not, or the call has ended.
 */
export async function requestInput(
  call: Call,
  { requests }: InputRequired,
  send: (text: string) => Promise<void>,
): Promise<Record<string, unknown> | null> {
  const { slug, digest, env } = call.context;
  const box = crypto.randomUUID();
  const asked = Object.entries(requests);
  if (
    !asked.every(([, { method, params }]) =>
      supportsServerRequest(call.message.clientCapabilities, method, params),
    )
  )
    return null;
  for (const [key, { method, params }] of asked) {
    const id = sealQuestion(call, { kind: "held", slug, digest, box, key });
    const question = { jsonrpc: "2.0", id, method, params: toLegacyParams(params) };
    await send(JSON.stringify(question));
  }
  call.awaitClient();
  const until = Date.now() + CLIENT_RESPONSE_TIMEOUT_MS;
  while (Date.now() < until) {
    const collecting = env.WORKSPACES.getByName(slug).collectClientResponses(
      box,
      Object.keys(requests),
    );
    const collected = collecting.catch(() => scheduler.wait(RETRY_AFTER_MS).then(() => null));
    const answers = await Promise.race([collected, waitForStop(call.signal)]);
    if (answers === "stopped") return null;
    if (answers) return toInputResponses(requests, answers);
  }
  return null;
}

/** Clients of the older era find a page to open by an id that the newer one does not have. */
function toLegacyParams(params: unknown): unknown {
  const opensPage = isObject(params) && params["mode"] === "url";
  return opensPage ? { elicitationId: crypto.randomUUID(), ...params } : params;
}

function toInputResponses(
  requests: InputRequired["requests"],
  answers: Record<string, string>,
): Record<string, unknown> | null {
  const responses: Record<string, unknown> = {};
  for (const [key, text] of Object.entries(answers)) {
    const answer: unknown = JSON.parse(text);
    const result = isObject(answer) ? answer["result"] : undefined;
    if (isObject(result)) responses[key] = result;
    // An error in place of a form is a person who did not fill it in; nothing stands for a missing sample or list.
    else if (requests[key]?.method === "elicitation/create") responses[key] = { action: "cancel" };
    else return null;
  }
  return responses;
}

function sealQuestion(call: Call, question: SealedServerRequest): string {
  const expiresAt = Date.now() + CLIENT_RESPONSE_TIMEOUT_MS;
  return seal(call.context.env.MCPNEST_MASTER_KEYS, "question", question, expiresAt);
}
