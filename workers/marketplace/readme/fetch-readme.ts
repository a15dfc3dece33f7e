import { ByteBuffer } from "../../mcp/byte-buffer.ts";
import type { Env } from "../../runtime/env.ts";
import { budgetsOf } from "../../runtime/settings.ts";
import { egressOf } from "../../upstream/egress.ts";
import { bytesOf, discardBody, guardedFetch } from "../../upstream/guarded-fetch.ts";
import { withTotalTimeout, type UpstreamOptions } from "../../upstream/json-rpc.ts";
import { ResponseWait } from "../../upstream/response-wait.ts";
import type { ReadmeFile, ReadmePlace } from "./readme-files.ts";

/** The time for all files that are looked for. A reader waits for it. */
export const FETCH_MS = 8_000;
/** What is read of a file: the rest is not asked for. */
const MAX_BYTES = 512 * 1024;
/** What is kept of it: the dashboard parses it at once, and few READMEs are longer. */
const MAX_CHARS = 100_000;

/** A README, or why there is none, in words. `isKnown`: the repository has none, or it is not public. */
export type FetchedReadme =
  | { ok: true; text: string; chars: number; isCut: boolean; page: string }
  | { ok: false; problem: string; isKnown: boolean };

const SERVICE = "The service that has the README";

/** Fetches the first file that there is. Never throws. */
export async function fetchReadme(env: Env, { files }: ReadmePlace): Promise<FetchedReadme> {
  const options = { ...egressOf(env), budgets: { ...budgetsOf(env), totalMs: FETCH_MS } };
  const fetched = await withTotalTimeout(options, async (limited) => {
    for (const file of files) {
      const found = await fetchFile(env.MARKETPLACE_READMES, file, limited);
      if (found) return found;
    }
    const problem = "The repository has no README.md, or it is not public.";
    return { ok: false as const, problem, isKnown: true };
  });
  return "error" in fetched ? failed("did not answer in time") : fetched;
}

/** Null: there is no such file. */
async function fetchFile(
  service: string,
  { path, page }: ReadmeFile,
  options: UpstreamOptions,
): Promise<FetchedReadme | null> {
  const url = service.replace(/\/+$/, "") + path;
  const init = { method: "GET" as const, headers: { accept: "text/plain" } };
  const sent = await guardedFetch(url, init, options, options.budgets.firstByteMs);
  if (!sent.ok) {
    const { code, message } = sent.error;
    return { ok: false, problem: `${message.replace(/\.$/, "")} (${code}).`, isKnown: false };
  }
  const { response } = sent;
  if (response.status !== 200) {
    await discardBody(response);
    return response.status === 404 ? null : failed(`responded with status ${response.status}`);
  }
  const read = await readBeginning(response, options);
  if (read === null) return failed("did not send all of it");
  const { text, isCut } = read;
  return {
    ok: true,
    // A cut can be within a pair of surrogates.
    text: text.slice(0, MAX_CHARS).toWellFormed(),
    chars: text.length,
    isCut: isCut || text.length > MAX_CHARS,
    page,
  };
}

/** Reads up to `MAX_BYTES` of a response; null: the service ended it, or was too slow. */
async function readBeginning(response: Response, { budgets }: UpstreamOptions) {
  const reader = bytesOf(response)?.getReader();
  const buffer = new ByteBuffer(MAX_BYTES);
  const wait = new ResponseWait(budgets);
  let isCut = false;
  try {
    while (reader && !isCut) {
      const next = await wait.within(reader.read());
      if (next === "late") return null;
      if (next.done) break;
      wait.receiveBytes();
      const room = MAX_BYTES - buffer.length;
      isCut = next.value.length > room;
      buffer.append(next.value.subarray(0, room));
    }
    return { text: buffer.takeText().replaceAll("\0", ""), isCut };
  } catch {
    // Only the service's body fails here.
    return null;
  } finally {
    // A cancellation fails only when the service's connection has failed.
    void reader?.cancel().catch(() => undefined);
  }
}

function failed(what: string): FetchedReadme {
  return { ok: false, problem: `${SERVICE} ${what}.`, isKnown: false };
}
