import type { GenerateFailureCode } from "../contract/workshop/generated-server.ts";

/** A turn of the conversation with a model. `content`: in the form of the service. */
export interface Turn {
  role: "user" | "assistant";
  content: unknown;
}

/** What a model has answered; `repair`: the turns with which it is asked again. Or why it has not. */
export type ModelReply =
  | { ok: true; answer: unknown; repair: (problems: string[]) => Turn[] }
  | { ok: false; code: GenerateFailureCode; message: string };

/** Time for one answer of a model. Writing 8,000 tokens takes one to two minutes. */
export const ANSWER_TIMEOUT_MS = 180_000;
/** Tokens of one answer, thinking included. */
export const MAX_ANSWER_TOKENS = 20_000;

/** Sentences for the failures of a service. None contains what the service has sent. */
export const FAILURES = {
  model_refused:
    "The model does not want to write this server. Describe what it is for in other words, or make it with the form.",
  model_busy:
    "The model’s service has too many requests now. Try again in a few minutes, or make the server with the form.",
  model_timeout:
    "The model has not answered within three minutes. Try again with a shorter description.",
  model_unavailable:
    "The model’s service refuses the requests of this deployment. Make the server with the form, and tell an operator: the log has the status.",
  model_answer_invalid:
    "The model has twice not answered with a server. Say more exactly what the server’s tools are, or make it with the form.",
} as const;

/** The failure with this code. */
export function failReply(code: keyof typeof FAILURES): ModelReply & { ok: false } {
  return { ok: false, code, message: FAILURES[code] };
}
