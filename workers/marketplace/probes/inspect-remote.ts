import type { RemoteProbe } from "../../contract/api/marketplace-probes.ts";
import type { Budgets } from "../../contract/limits.ts";
import type { UpstreamError } from "../../contract/rpc/tool-catalogue.ts";
import type { StoredTool } from "../../db/marketplace-probes-schema.ts";
import { openUpstreamConnection } from "../../upstream/connection.ts";
import type { FetchOptions, Network } from "../../upstream/guarded-fetch.ts";
import { withTotalTimeout, type UpstreamOptions } from "../../upstream/json-rpc.ts";
import { probe } from "../../upstream/probe.ts";
import { closeUpstreamSession } from "../../upstream/upstream-sessions.ts";
import { findAuth } from "./find-auth.ts";
import { readTools } from "./read-tools.ts";

/** Longest time for one address, of which no part takes longer than this either. */
const TOTAL_MS = 12_000;
const PART_MS = 4_000;
const MAX_MESSAGE_BYTES = 2 * 1024 * 1024;
const MAX_PROBLEM_CHARS = 300;

/** What a probe has found out about an address. Null: it has not. */
export interface Inspection extends Pick<
  RemoteProbe,
  "auth" | "protocolVersion" | "latencyMs" | "problem"
> {
  outcome: NonNullable<RemoteProbe["outcome"]>;
  tools: StoredTool[] | null;
}

/** What was seen of the address before an error, or to the end. */
interface Found {
  protocolVersion: string | null;
  latencyMs: number | null;
  /** `WWW-Authenticate` of the last 401. */
  challenge: string | null;
}

/** Probes an address without credentials, as the gateway connects to it: the handshake, and the list of its tools. Never throws. */
export async function inspectRemote(
  url: string,
  egress: FetchOptions,
  given: Budgets,
): Promise<Inspection> {
  const found: Found = { protocolVersion: null, latencyMs: null, challenge: null };
  const part = (ms: number) => Math.min(ms, PART_MS);
  const { connectMs, firstByteMs, idleMs, totalMs } = given;
  const options: UpstreamOptions = {
    ...egress,
    network: watch(egress.network ?? globalThis, found),
    maxMessageBytes: MAX_MESSAGE_BYTES,
    budgets: {
      ...given,
      connectMs: part(connectMs),
      firstByteMs: part(firstByteMs),
      idleMs: part(idleMs),
      totalMs: Math.min(totalMs, TOTAL_MS),
    },
  };
  const read = await withTotalTimeout(options, (limited) => connect(url, limited, found));
  const { protocolVersion, latencyMs } = found;
  const seen = { protocolVersion, latencyMs, tools: null };
  if (read.ok)
    return { ...seen, outcome: "listed", auth: "none", problem: null, tools: read.tools };
  const { error } = read;
  const problem = error.message.slice(0, MAX_PROBLEM_CHARS).toWellFormed();
  const outcome = toOutcome(error, protocolVersion);
  if (outcome !== "protected") return { ...seen, outcome, auth: null, problem };
  // A 403 can also be of a firewall, and a 402 asks for money.
  const auth =
    error.status === 401
      ? await withTotalTimeout(options, async (limited) => findAuth(url, found.challenge, limited))
      : null;
  return { ...seen, outcome, auth: typeof auth === "string" ? auth : null, problem };
}

/** Notes what the responses of the server say. */
function watch(network: Network, found: Found): Network {
  return {
    async fetch(url, init) {
      const from = Date.now();
      const response = await network.fetch(url, init);
      found.latencyMs ??= Date.now() - from;
      if (response.status === 401) found.challenge = response.headers.get("www-authenticate");
      return response;
    },
  };
}

async function connect(url: string, options: UpstreamOptions, found: Found) {
  const peer = { url, headers: {} };
  const probed = await probe(peer, false, options);
  if (!probed.ok) return probed;
  const { detected, session } = probed;
  found.protocolVersion = detected.protocolVersion;
  const opened = await openUpstreamConnection(peer, detected, "all", session, options);
  if (!opened.ok) return opened;
  const { connection } = opened;
  try {
    return await readTools(connection);
  } finally {
    connection.close();
    if (connection.session) await closeUpstreamSession(peer, connection.session, options);
  }
}

function toOutcome({ code, status }: UpstreamError, protocolVersion: string | null) {
  if (code === "upstream_forbidden_address" || code === "upstream_loop") return "skipped";
  if (code === "upstream_unauthorized" || status === 402) return "protected";
  // It limits the rate of requests, so it is there.
  return protocolVersion !== null || status === 429 ? "answered" : "failed";
}
