import { z } from "zod";
import { parseJson } from "../mcp/json.ts";
import type { Env } from "../runtime/env.ts";
import { logEvent } from "../runtime/log.ts";
import { budgetsOf } from "../runtime/settings.ts";
import { egressOf } from "../upstream/egress.ts";
import { discardBody, guardedFetch } from "../upstream/guarded-fetch.ts";
import { readText, withTotalTimeout } from "../upstream/json-rpc.ts";
import {
  ANSWER_TIMEOUT_MS,
  failReply,
  MAX_ANSWER_TOKENS,
  type ModelReply,
  type Turn,
} from "./model-reply.ts";
import { ANSWER_TOOL, SYSTEM_PROMPT, toErrorsText } from "./system-prompt.ts";

/** Version of the Messages API, sent as `anthropic-version`. */
const API_VERSION = "2023-06-01";
/** How much a model thinks: with more, the answer would often not be complete in its time. */
const EFFORT = "medium";
/** An answer with its thinking. */
const MAX_RESPONSE_BYTES = 1024 * 1024;

/** The members of a response that are used (Messages API). */
const MessagesResponse = z.object({
  stop_reason: z.string().nullable(),
  content: z.array(
    z.looseObject({
      type: z.string(),
      id: z.string().optional(),
      name: z.string().optional(),
      input: z.unknown().optional(),
    }),
  ),
});

/**
 * Asks a model over Anthropic's Messages API for a server. The tool is not forced: current models refuse a forced choice.
 * Never throws for what the service does.
 */
export async function askAnthropic(env: Env, key: string, turns: Turn[]): Promise<ModelReply> {
  const body = JSON.stringify({
    model: env.ANTHROPIC_MODEL,
    max_tokens: MAX_ANSWER_TOKENS,
    output_config: { effort: EFFORT },
    system: SYSTEM_PROMPT,
    tools: [ANSWER_TOOL],
    messages: turns,
  });
  const sent = await send(env, key, body);
  if (!sent.ok) {
    logEvent({ event: "model_failed", code: sent.error.code });
    // The address does not become another one by waiting.
    const isTimeout = sent.error.code === "upstream_timeout";
    const isBusy = sent.error.code === "upstream_unreachable";
    return failReply(isTimeout ? "model_timeout" : isBusy ? "model_busy" : "model_unavailable");
  }
  if (sent.status !== 200) return toFailure(sent.status);
  const parsed = MessagesResponse.safeParse(parseJson(sent.text));
  if (!parsed.success) return invalid(turns, null);
  return readReply(parsed.data, turns);
}

async function send(env: Env, key: string, body: string) {
  const url = `${env.ANTHROPIC_BASE_URL.replace(/\/+$/, "")}/v1/messages`;
  const headers = {
    accept: "application/json",
    "content-type": "application/json",
    "anthropic-version": API_VERSION,
    "x-api-key": key,
  };
  const options = {
    ...egressOf(env),
    budgets: { ...budgetsOf(env), idleMs: ANSWER_TIMEOUT_MS, totalMs: answerTimeoutOf(env) },
    maxMessageBytes: MAX_RESPONSE_BYTES,
  };
  return withTotalTimeout(options, async (limited) => {
    // The response begins when the answer is complete.
    const fetched = await guardedFetch(url, { method: "POST", headers, body }, limited, null);
    if (!fetched.ok) return fetched;
    const { response } = fetched;
    if (response.status !== 200) {
      await discardBody(response);
      return { ok: true as const, status: response.status, text: "" };
    }
    const read = await readText(response, limited);
    return read.ok ? { ok: true as const, status: 200, text: read.text } : read;
  });
}

/** A longer limit of all requests (BUDGETS) does not lengthen this one; a shorter maximum shortens it. */
function answerTimeoutOf(env: Env): number {
  return Math.min(ANSWER_TIMEOUT_MS, budgetsOf(env).maxMs);
}

function toFailure(status: number): ModelReply {
  logEvent({ event: "model_failed", code: "status", status });
  // 529: overloaded.
  return failReply(status === 429 || status >= 500 ? "model_busy" : "model_unavailable");
}

function readReply(
  { stop_reason: reason, content }: z.infer<typeof MessagesResponse>,
  turns: Turn[],
): ModelReply {
  if (reason === "refusal") return failReply("model_refused");
  const calls = content.filter(
    ({ type, name }) => type === "tool_use" && name === ANSWER_TOOL.name,
  );
  const [call] = calls;
  // An answer that was cut off has no call, or an incomplete one.
  if (call === undefined || calls.length > 1 || reason === "max_tokens")
    return invalid(turns, null);
  return {
    ok: true,
    answer: call.input,
    repair: (problems) => [
      ...turns,
      // Unchanged, as thinking must be.
      { role: "assistant", content },
      {
        role: "user",
        content: [
          {
            type: "tool_result",
            tool_use_id: call.id ?? "",
            is_error: true,
            content: toErrorsText(problems),
          },
        ],
      },
    ],
  };
}

/** An answer without a server: the model is asked again as if it had not answered. */
function invalid(turns: Turn[], answer: null): ModelReply {
  return { ok: true, answer, repair: () => turns };
}
