import { MAX_RESPONSE_VALUES } from "../contract/limits.ts";
import { hasMoreValues } from "../mcp/json-walk.ts";
import { parseJson } from "../mcp/json.ts";
import type { Env } from "../runtime/env.ts";
import { budgetsOf } from "../runtime/settings.ts";
import { egressOf } from "./egress.ts";
import { discardBody, guardedFetch, type UpstreamInit } from "./guarded-fetch.ts";
import { readText, withTotalTimeout } from "./json-rpc.ts";

/** A service that does not have a response yet is not waited for any longer. */
const MAX_RETRY_AFTER_SECONDS = 15 * 60;

/** A request for JSON, with the limits of its response. */
export interface JsonRequest {
  url: string;
  /** Names of the service and of its response in the words of a problem. */
  service: string;
  document: string;
  maxMib: number;
  totalMs: number;
  headers?: Record<string, string>;
  /** Sent with POST. */
  body?: string;
}

/** The JSON that a service has sent; or why there is none, in words. */
export type FetchedJson = { ok: true; value: unknown; headers: Headers } | JsonFailure;

/** Why a service has sent no JSON. */
export interface JsonFailure {
  ok: false;
  problem: string;
  /** The same request can succeed later, after `retryAfterSeconds` at the earliest. */
  isTemporary: boolean;
  retryAfterSeconds: number;
  /** The response has more bytes than the request allows. */
  isTooLarge: boolean;
  /** Null: there is no response with another status than 200. */
  refusal: Response | null;
}

/** Fetches JSON from an address of the public internet. Follows no redirect. Never throws. */
export async function fetchJson(env: Env, request: JsonRequest): Promise<FetchedJson> {
  const { url, maxMib, totalMs, document } = request;
  const options = {
    ...egressOf(env),
    budgets: { ...budgetsOf(env), totalMs },
    maxMessageBytes: maxMib * 1024 * 1024,
  };
  const fetched = await withTotalTimeout(options, async (limited) => {
    const sent = await guardedFetch(url, toInit(request), limited, limited.budgets.firstByteMs);
    if (!sent.ok) return sent;
    const { response } = sent;
    if (response.status !== 200) {
      await discardBody(response);
      return { ok: false as const, refusal: response };
    }
    const read = await readText(response, limited);
    return read.ok ? { ...read, headers: response.headers } : read;
  });
  if (fetched.ok) {
    const value = parseValue(fetched.text, document);
    return "ok" in value ? value : { ok: true, ...value, headers: fetched.headers };
  }
  if ("refusal" in fetched) return toRefusal(fetched.refusal, request);
  const { code, message } = fetched.error;
  if (code === "upstream_too_large")
    return { ...brokenJson(`${document} is larger than ${maxMib} MiB`), isTooLarge: true };
  // Neither the address nor a redirect becomes another one by waiting.
  const isTemporary = code === "upstream_unreachable" || code === "upstream_timeout";
  return { ...brokenJson(message), isTemporary };
}

/** The failure of a response that a second request would not change. */
export function brokenJson(problem: string): JsonFailure {
  return {
    ok: false,
    problem,
    isTemporary: false,
    retryAfterSeconds: 0,
    isTooLarge: false,
    refusal: null,
  };
}

function toInit({ headers, body }: JsonRequest): UpstreamInit {
  const accepting = { accept: "application/json", ...headers };
  if (body === undefined) return { method: "GET", headers: accepting };
  return { method: "POST", headers: { ...accepting, "content-type": "application/json" }, body };
}

function parseValue(text: string, document: string): { value: unknown } | JsonFailure {
  if (hasMoreValues(text, MAX_RESPONSE_VALUES))
    return brokenJson(
      `${document} has more than ${MAX_RESPONSE_VALUES.toLocaleString("en")} JSON values`,
    );
  const value = parseJson(text);
  return value === undefined ? brokenJson(`${document} is not JSON`) : { value };
}

function toRefusal(response: Response, { service }: JsonRequest): JsonFailure {
  const { status, headers } = response;
  const isTemporary = status === 429 || status >= 500;
  return {
    ok: false,
    problem: `${service} responded with status ${status}`,
    isTemporary,
    retryAfterSeconds: isTemporary ? parseRetryAfter(headers.get("retry-after")) : 0,
    isTooLarge: false,
    refusal: response,
  };
}

/** Seconds or a date (RFC 9110, section 10.2.3). 0: neither. */
export function parseRetryAfter(text: string | null): number {
  if (text === null) return 0;
  const seconds = /^\d+$/.test(text) ? Number(text) : (Date.parse(text) - Date.now()) / 1_000;
  return Number.isNaN(seconds) ? 0 : Math.min(Math.max(0, seconds), MAX_RETRY_AFTER_SECONDS);
}
