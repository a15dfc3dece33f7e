import { z } from "zod";
import { MAX_RESPONSE_VALUES } from "../../contract/limits.ts";
import { MINUTE_MS } from "../../contract/units.ts";
import { hasMoreValues } from "../../mcp/json-walk.ts";
import { parseJson } from "../../mcp/json.ts";
import type { Env } from "../../runtime/env.ts";
import { budgetsOf } from "../../runtime/settings.ts";
import { egressOf } from "../../upstream/egress.ts";
import { discardBody, guardedFetch } from "../../upstream/guarded-fetch.ts";
import { readText, withTotalTimeout } from "../../upstream/json-rpc.ts";

/** Entries that are requested; registries send at most this many. */
const PAGE_ENTRIES = 100;
/** Entries of a page that a registry can send nevertheless. */
const MAX_PAGE_ENTRIES = 1_000;
/** A page has room for an entry of 10 MB, which costs itself and not the page. */
const MAX_PAGE_MIB = 16;
const MAX_CURSOR_CHARS = 2_000;
/** Longest time for a page. The lease of a step is longer. */
export const PAGE_MS = MINUTE_MS / 2;
/** A page that the registry does not have yet is not waited for any longer. */
const MAX_RETRY_AFTER_SECONDS = 15 * 60;

/** A page of a registry as it was received; or why there is none, in words. */
export type FetchedPage =
  | { ok: true; servers: unknown[]; nextCursor: string | null }
  /** `isTemporary`: the same request can succeed later, after `retryAfterSeconds` at the earliest. */
  | { ok: false; problem: string; isTemporary: boolean; retryAfterSeconds: number };

const Page = z.object({
  servers: z.array(z.unknown()),
  metadata: z.object({ nextCursor: z.string().nullish() }).nullish(),
});

/** Which page of a registry. `since`: only what has changed since, epoch ms. `cursor` empty: the first. */
export interface PageRequest {
  baseUrl: string;
  since: number | null;
  cursor: string;
}

/** Fetches a page of a registry. Never throws. */
export async function fetchPage(env: Env, request: PageRequest): Promise<FetchedPage> {
  const options = {
    ...egressOf(env),
    budgets: { ...budgetsOf(env), totalMs: PAGE_MS },
    maxMessageBytes: MAX_PAGE_MIB * 1024 * 1024,
  };
  const fetched = await withTotalTimeout(options, async (limited) => {
    const headers = { accept: "application/json" };
    const init = { method: "GET" as const, headers };
    const { firstByteMs } = limited.budgets;
    const sent = await guardedFetch(toPageUrl(request), init, limited, firstByteMs);
    if (!sent.ok) return sent;
    const { response } = sent;
    if (response.status === 200) return readText(response, limited);
    await discardBody(response);
    return { ok: false as const, response };
  });
  if (fetched.ok) return parsePage(fetched.text);
  if ("response" in fetched) return toRefusal(fetched.response);
  const { code, message } = fetched.error;
  if (code === "upstream_too_large") return broken(`is larger than ${MAX_PAGE_MIB} MiB`);
  // Neither the address nor a redirect becomes another one by waiting.
  const isTemporary = code === "upstream_unreachable" || code === "upstream_timeout";
  return { ok: false, problem: message, isTemporary, retryAfterSeconds: 0 };
}

function toPageUrl({ baseUrl, since, cursor }: PageRequest): string {
  const url = new URL(`${baseUrl}/v0.1/servers`);
  url.searchParams.set("version", "latest");
  url.searchParams.set("limit", String(PAGE_ENTRIES));
  if (since !== null) url.searchParams.set("updated_since", new Date(since).toISOString());
  if (cursor !== "") url.searchParams.set("cursor", cursor);
  return url.href;
}

function parsePage(text: string): FetchedPage {
  if (hasMoreValues(text, MAX_RESPONSE_VALUES))
    return broken(`has more than ${MAX_RESPONSE_VALUES.toLocaleString("en")} JSON values`);
  const value = parseJson(text);
  if (value === undefined) return broken("is not JSON");
  const page = Page.safeParse(value);
  if (!page.success)
    return broken('is not an object with a list "servers" and a text "nextCursor"');
  const { servers, metadata } = page.data;
  if (servers.length > MAX_PAGE_ENTRIES)
    return broken(`has ${servers.length} entries, and ${MAX_PAGE_ENTRIES} are the most`);
  const nextCursor = metadata?.nextCursor || null;
  if (nextCursor !== null && nextCursor.length > MAX_CURSOR_CHARS)
    return broken(`has a cursor of more than ${MAX_CURSOR_CHARS} characters`);
  return { ok: true, servers, nextCursor };
}

function broken(what: string): FetchedPage {
  return {
    ok: false,
    problem: `The registry's page ${what}`,
    isTemporary: false,
    retryAfterSeconds: 0,
  };
}

function toRefusal({ status, headers }: Response): FetchedPage {
  const isTemporary = status === 429 || status >= 500;
  const retryAfterSeconds = isTemporary ? parseRetryAfter(headers.get("retry-after")) : 0;
  return {
    ok: false,
    problem: `The registry responded with status ${status}`,
    isTemporary,
    retryAfterSeconds,
  };
}

/** Seconds or a date (RFC 9110, section 10.2.3). 0: neither. */
function parseRetryAfter(text: string | null): number {
  if (text === null) return 0;
  const seconds = /^\d+$/.test(text) ? Number(text) : (Date.parse(text) - Date.now()) / 1_000;
  return Number.isNaN(seconds) ? 0 : Math.min(Math.max(0, seconds), MAX_RETRY_AFTER_SECONDS);
}
