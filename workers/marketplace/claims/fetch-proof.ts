import type { ClaimPlace } from "../../contract/marketplace/claim-place.ts";
import type { Env } from "../../runtime/env.ts";
import { budgetsOf } from "../../runtime/settings.ts";
import { egressOf } from "../../upstream/egress.ts";
import { discardBody, guardedFetch } from "../../upstream/guarded-fetch.ts";
import { readText, withTotalTimeout } from "../../upstream/json-rpc.ts";

const FETCH_MS = 5_000;
const MAX_BYTES = 1_024;

/** What is at the place of a proof: the line is there, the host has another answer, or it has none. */
export type ProofFound =
  | { found: "present" }
  | { found: "gone"; problem: string }
  | { found: "unreachable"; problem: string };

/** The lines of the file at the place of a proof, or why there is none. */
export type FetchedProof =
  | { ok: true; lines: string[] }
  | { ok: false; found: "gone" | "unreachable"; problem: string };

/**
 * Fetches the file at the place of a proof. A domain's is at https on port 443 of a public host; no redirect is followed,
 * because it can lead to a host that others control. Never throws.
 */
export async function fetchProof(
  env: Env,
  place: ClaimPlace,
  maxBytes = MAX_BYTES,
): Promise<FetchedProof> {
  const isDomain = place.kind === "domain";
  if (!isDomain && env.MARKETPLACE_READMES === "")
    return unreachable("This deployment fetches no files from GitHub.");
  const url = isDomain
    ? `https://${place.subject}${place.path}`
    : env.MARKETPLACE_READMES.replace(/\/+$/, "") + place.path;
  const options = {
    ...egressOf(env),
    ...(isDomain && { allowPrivate: false, ports: "" }),
    budgets: { ...budgetsOf(env), totalMs: FETCH_MS },
    maxMessageBytes: maxBytes,
  };
  const fetched = await withTotalTimeout(options, async (limited) => {
    const init = { method: "GET" as const, headers: { accept: "text/plain" } };
    const sent = await guardedFetch(url, init, limited, limited.budgets.firstByteMs);
    if (!sent.ok) return sent;
    const { response } = sent;
    if (response.status === 200) return readText(response, limited);
    await discardBody(response);
    return { ok: false as const, status: response.status };
  });
  if (fetched.ok)
    return { ok: true, lines: fetched.text.split(/\r?\n/).map((line) => line.trim()) };
  if ("status" in fetched) return toStatusFailure(fetched.status);
  const { code, message } = fetched.error;
  if (code === "upstream_unreachable" || code === "upstream_timeout")
    return unreachable(`${message}.`);
  return code === "upstream_too_large"
    ? gone(`The file is larger than ${maxBytes} bytes.`)
    : gone(`${message}.`);
}

function toStatusFailure(status: number): FetchedProof {
  const problem = `The host responded with status ${status}.`;
  return status === 429 || status >= 500 ? unreachable(problem) : gone(problem);
}

function gone(problem: string): FetchedProof {
  return { ok: false, found: "gone", problem };
}

function unreachable(problem: string): FetchedProof {
  return { ok: false, found: "unreachable", problem };
}

/** What a fetch says of one line. */
export function findProof(fetched: FetchedProof, proof: string): ProofFound {
  if (!fetched.ok) return { found: fetched.found, problem: fetched.problem };
  return fetched.lines.includes(proof)
    ? { found: "present" }
    : { found: "gone", problem: "The file does not have the line." };
}
