import { z } from "zod";
import { MINUTE_MS } from "../../contract/units.ts";
import type { Env } from "../../runtime/env.ts";
import { brokenJson, fetchJson, type JsonFailure } from "../../upstream/fetch-json.ts";

/** Entries that are requested; registries send at most this many. */
const PAGE_ENTRIES = 100;
/** Entries of a page that a registry can send nevertheless. */
const MAX_PAGE_ENTRIES = 1_000;
/** A page has room for an entry of 10 MB, which costs itself and not the page. */
const MAX_PAGE_MIB = 16;
const MAX_CURSOR_CHARS = 2_000;
/** Longest time for a page. The lease of a step is longer. */
export const PAGE_MS = MINUTE_MS / 2;

/** A page of a registry as it was received; or why there is none, in words. */
export type FetchedPage = ReceivedPage | JsonFailure;

/** A page of a registry. `pause`: why the next one is not fetched before `waitSeconds`; null: it is. */
export interface ReceivedPage {
  ok: true;
  servers: unknown[];
  nextCursor: string | null;
  pause: { problem: string; waitSeconds: number } | null;
}

const DOCUMENT = "The registry's page";

const Page = z.object({
  servers: z.array(z.unknown()),
  metadata: z.object({ nextCursor: z.string().nullish() }).nullish(),
});

/** Which page of a registry. `since`: only what has changed since, epoch ms. `cursor` empty: the first. */
export interface PageRequest {
  baseUrl: string;
  since: number | null;
  cursor: string;
  /** Only servers that have this text in their names. Absent: all. */
  search?: string | undefined;
  /** Sent to the registry as a bearer token. Absent: none. */
  token?: string | undefined;
  /** Longest time for the page; absent: `PAGE_MS`. */
  totalMs?: number;
}

/** Fetches a page of a registry. Never throws. */
export async function fetchPage(env: Env, request: PageRequest): Promise<FetchedPage> {
  const { token, totalMs = PAGE_MS } = request;
  const fetched = await fetchJson(env, {
    url: toPageUrl(request),
    service: "The registry",
    document: DOCUMENT,
    maxMib: MAX_PAGE_MIB,
    totalMs,
    ...(token === undefined ? {} : { headers: { authorization: `Bearer ${token}` } }),
  });
  return fetched.ok ? parsePage(fetched.value) : fetched;
}

function toPageUrl({ baseUrl, since, cursor, search }: PageRequest): string {
  const url = new URL(`${baseUrl}/v0.1/servers`);
  url.searchParams.set("version", "latest");
  url.searchParams.set("limit", String(PAGE_ENTRIES));
  if (since !== null) url.searchParams.set("updated_since", new Date(since).toISOString());
  if (search !== undefined) url.searchParams.set("search", search);
  if (cursor !== "") url.searchParams.set("cursor", cursor);
  return url.href;
}

function parsePage(value: unknown): FetchedPage {
  const page = Page.safeParse(value);
  if (!page.success)
    return brokenJson(`${DOCUMENT} is not an object with a list "servers" and a text "nextCursor"`);
  const { servers, metadata } = page.data;
  if (servers.length > MAX_PAGE_ENTRIES)
    return brokenJson(
      `${DOCUMENT} has ${servers.length} entries, and ${MAX_PAGE_ENTRIES} are the most`,
    );
  const nextCursor = metadata?.nextCursor || null;
  if (nextCursor !== null && nextCursor.length > MAX_CURSOR_CHARS)
    return brokenJson(`${DOCUMENT} has a cursor of more than ${MAX_CURSOR_CHARS} characters`);
  return { ok: true, servers, nextCursor, pause: null };
}
