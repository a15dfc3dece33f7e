import { setTimeout as sleep } from "node:timers/promises";
import { escapeLine } from "../../workers/contract/text/hidden-characters.ts";
import { Problem, toReason } from "./problem.ts";
import { readPage, type ListedServer, type RegistryPage } from "./registry-page.ts";

/** What a registry lists. */
export interface Listing {
  servers: ListedServer[];
  rejected: RegistryPage["rejected"];
}

/** A registry and the token that it asks for. */
export interface Registry {
  /** Without `/v0.1/servers`. */
  url: string;
  token: string | null;
}

const PAGE_SERVERS = 100;
const MAX_PAGES = 1_000;
const MAX_PAGE_BYTES = 16 * 1024 * 1024;
const REQUEST_MS = 30_000;
/** Attempts at one page. */
const ATTEMPTS = 4;
/** Longest wait that a registry can ask for. */
const MAX_WAIT_MS = 30_000;

/** Reads a registry's address, with or without the path of its servers. Throws a `Problem` if it is none. */
export function toRegistryUrl(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : null;
  if (!url || !/^https?:$/.test(url.protocol))
    throw new Problem(`--registry is not an http or https address: ${escapeLine(text)}`, 2);
  if (url.username !== "" || url.password !== "")
    throw new Problem("--registry has sign-in data in it. Give the token with --token-env NAME", 2);
  const path = url.pathname.replace(/\/+$/, "").replace(/\/v0(\.1)?(\/servers)?$/, "");
  return `${url.origin}${path}`;
}

/** Reads all pages of a registry. Throws a `Problem` that says what to do. */
export async function listServers(registry: Registry): Promise<Listing> {
  const listing: Listing = { servers: [], rejected: [] };
  const names = new Set<string>();
  const cursors = new Set<string>();
  let cursor: string | null = null;
  for (let number = 1; number <= MAX_PAGES; number++) {
    const page = await fetchPage(registry, cursor);
    listing.rejected.push(...page.rejected);
    for (const server of page.servers) {
      const { name } = server.document;
      if (names.has(name)) listing.rejected.push({ name, reason: "it is listed twice" });
      else listing.servers.push(server);
      names.add(name);
    }
    cursor = page.nextCursor;
    if (cursor === null) return listing;
    if (cursors.has(cursor))
      throw new Problem("The registry gave the same cursor twice, so its list has no end.");
    cursors.add(cursor);
  }
  throw new Problem(`The registry has more than ${MAX_PAGES} pages.`);
}

async function fetchPage(registry: Registry, cursor: string | null): Promise<RegistryPage> {
  const query = new URLSearchParams({ limit: String(PAGE_SERVERS), version: "latest" });
  if (cursor !== null) query.set("cursor", cursor);
  const address = `${registry.url}/v0.1/servers`;
  const text = await fetchText(`${address}?${query.toString()}`, registry);
  const page = readPage(parse(text));
  if (page === null) throw new Problem(`The answer of ${address} is not a page of a registry.`);
  return page;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // The peer sent no JSON.
    return null;
  }
}

async function fetchText(url: string, registry: Registry): Promise<string> {
  for (let attempt = 1; ; attempt++) {
    const outcome = await tryFetch(url, registry, attempt);
    if (outcome.text !== null) return outcome.text;
    if (outcome.waitMs === null || attempt === ATTEMPTS) throw new Problem(outcome.reason);
    await sleep(outcome.waitMs);
  }
}

/** `waitMs` null: it is of no use to try again. */
type Outcome = { text: string } | { text: null; reason: string; waitMs: number | null };

async function tryFetch(url: string, registry: Registry, attempt: number): Promise<Outcome> {
  const { token } = registry;
  try {
    const response = await fetch(url, {
      headers: {
        accept: "application/json",
        ...(token !== null && { authorization: `Bearer ${token}` }),
      },
      // A redirect would send the token to another place than the person has named.
      redirect: "manual",
      signal: AbortSignal.timeout(REQUEST_MS),
    });
    if (response.ok) return { text: await readText(response) };
    await response.body?.cancel();
    return { text: null, ...toFailure(response, registry, attempt) };
  } catch (error) {
    if (error instanceof Problem) throw error;
    const isTimeout = error instanceof Error && error.name === "TimeoutError";
    const cause = error instanceof Error && error.cause ? toReason(error.cause) : toReason(error);
    const reason = isTimeout
      ? `The registry did not answer within ${REQUEST_MS / 1_000} s: ${registry.url}`
      : `The registry cannot be reached: ${registry.url} (${escapeLine(cause)})`;
    return { text: null, reason, waitMs: isTimeout ? null : toPause(attempt) };
  }
}

function toFailure(
  { status, headers }: Response,
  { url, token }: Registry,
  attempt: number,
): { reason: string; waitMs: number | null } {
  const final = (reason: string) => ({ reason, waitMs: null });
  if (status === 401 || status === 403)
    return final(
      token === null
        ? `The registry asks for a token (${status}). Put it into an environment variable, and name that with --token-env.`
        : `The registry refused the token (${status}). Check the variable that --token-env names.`,
    );
  if (status === 404)
    return final(`There is no registry at this address (404): ${url}/v0.1/servers`);
  if (status >= 300 && status < 400)
    return final(
      `The registry redirects to ${escapeLine(headers.get("location") ?? "an unknown address")}. Give --registry that address.`,
    );
  const reason = `The registry answered with status ${status}: ${url}`;
  if (status !== 429 && status < 500) return final(reason);
  const seconds = Number(headers.get("retry-after"));
  const waitMs = seconds > 0 ? Math.min(seconds * 1_000, MAX_WAIT_MS) : toPause(attempt);
  return {
    reason: status === 429 ? `${reason} (too many requests; try again later)` : reason,
    waitMs,
  };
}

/** 250 ms, then 500 ms, then 1 s. */
function toPause(attempt: number): number {
  return 250 * 2 ** (attempt - 1);
}

async function readText(response: Response): Promise<string> {
  const decoder = new TextDecoder();
  let text = "";
  let bytes = 0;
  // Node's body is an async iterable; a response without a body has no text.
  for await (const chunk of response.body ?? []) {
    bytes += (chunk as Uint8Array).length;
    if (bytes > MAX_PAGE_BYTES) throw new Problem("The registry sent a page of more than 16 MiB.");
    text += decoder.decode(chunk as Uint8Array, { stream: true });
  }
  return text + decoder.decode();
}
