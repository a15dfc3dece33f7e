import { z } from "zod";
import { parseJson } from "../mcp/json.ts";
import type { WorkersAi } from "../runtime/env.ts";
import { logFailure } from "../runtime/log.ts";
import { withTimeout } from "../runtime/with-timeout.ts";
import { ANSWER_TIMEOUT_MS, failReply, type ModelReply, type Turn } from "./model-reply.ts";
import { ANSWER_TOOL, SYSTEM_PROMPT, toErrorsText } from "./system-prompt.ts";

/** Tokens of one answer: the models have small windows. */
const MAX_TOKENS = 8_000;
/** Longest answer as text. */
const MAX_RESPONSE_LENGTH = 1024 * 1024;

const AiResponse = z.object({ response: z.unknown() });

/** Asks a model of Workers AI for a server, as JSON of the same schema. Never throws for what the service does. */
export async function askWorkersAi(
  ai: WorkersAi,
  model: string,
  turns: Turn[],
): Promise<ModelReply> {
  const asked = ai
    .run(model, {
      messages: [{ role: "system", content: SYSTEM_PROMPT }, ...turns],
      max_tokens: MAX_TOKENS,
      response_format: { type: "json_schema", json_schema: ANSWER_TOOL.input_schema },
    })
    .catch((error: unknown) => {
      logFailure("model_failed", error);
      return "failed" as const;
    });
  const result = await withTimeout(asked, ANSWER_TIMEOUT_MS);
  if (result === "late") return failReply("model_timeout");
  if (result === "failed") return failReply("model_busy");
  const response = AiResponse.safeParse(result).data?.response;
  const isText = typeof response === "string";
  const text = isText ? response : JSON.stringify(response ?? null);
  const isLong = text.length > MAX_RESPONSE_LENGTH;
  return {
    ok: true,
    answer: isLong ? null : isText ? parseJson(text) : response,
    repair: (problems) => [
      ...turns,
      ...(isLong ? [] : [{ role: "assistant" as const, content: text }]),
      { role: "user", content: toErrorsText(problems) },
    ],
  };
}
