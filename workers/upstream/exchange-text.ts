import type { Env } from "../runtime/env.ts";
import { budgetsOf } from "../runtime/settings.ts";
import { egressOf } from "./egress.ts";
import { guardedFetch, type UpstreamInit } from "./guarded-fetch.ts";
import { readText, withTotalTimeout } from "./json-rpc.ts";

/** A request whose response is a text of limited size. */
export interface TextRequest extends UpstreamInit {
  url: string;
  maxBytes: number;
  totalMs: number;
}

/** A response with any status but a redirect; or why there is none, in a sentence. `isReached`: it was another one. */
export type TextExchange =
  | { ok: true; status: number; text: string; headers: Headers }
  | { ok: false; problem: string; isReached: boolean };

/** Sends a request to an address of the public internet. Follows no redirect. Never throws. */
export async function exchangeText(
  env: Env,
  { url, maxBytes, totalMs, ...init }: TextRequest,
): Promise<TextExchange> {
  const options = {
    ...egressOf(env),
    budgets: { ...budgetsOf(env), totalMs },
    maxMessageBytes: maxBytes,
  };
  const exchanged = await withTotalTimeout(options, async (limited) => {
    const sent = await guardedFetch(url, init, limited, limited.budgets.firstByteMs);
    if (!sent.ok) return sent;
    const { status, headers } = sent.response;
    const read = await readText(sent.response, limited);
    return read.ok ? { ok: true as const, status, text: read.text, headers } : read;
  });
  if (exchanged.ok) return exchanged;
  const { code, message } = exchanged.error;
  const isReached = code === "upstream_too_large" || code === "upstream_redirect";
  const problem = code === "upstream_too_large" ? `more than ${maxBytes} bytes came back` : message;
  return { ok: false, problem: problem.replace(/\.$/, ""), isReached };
}
