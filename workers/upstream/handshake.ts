import type { AcceptedCapabilities } from "../contract/records/workspace.ts";
import type { ClientCapabilities } from "../contract/rpc/admission.ts";
import { isObject } from "../mcp/json.ts";
import { LEGACY_VERSIONS, LATEST_LEGACY_VERSION } from "../mcp/protocol.ts";
import { CLIENT_INFO, type JsonRpcResult, type RpcFailure } from "./json-rpc.ts";
import { isSessionTaken } from "./session-loss.ts";
import { badResponse } from "./upstream-errors.ts";

/** What the gateway offers in `initialize`. */
export interface Offer {
  /** The capabilities of the client that the session is for. */
  capabilities?: ClientCapabilities;
  /** How much of them the server is known to accept. */
  accepted?: AcceptedCapabilities;
  /** The version that the server is known to speak. */
  protocolVersion?: string;
}

/** The server's result of `initialize`, with what it has accepted; or its first refusal. */
export type Handshake =
  | {
      ok: true;
      initialized: Extract<JsonRpcResult, { ok: true }>;
      protocolVersion: string;
      accepted: AcceptedCapabilities;
    }
  | Extract<JsonRpcResult, { ok: false }>;

/** From the most to the least. */
const LEVELS: AcceptedCapabilities[] = ["all", "bare", "none"];
/** The oldest version that servers still name; it differs from 2024-11-05 in its name only. */
const OLDEST_VERSION = "2024-10-07";
/** Statuses that say nothing about the offer: no credential, no endpoint, too many requests, no server behind a proxy. */
const NO_REFUSALS = new Set([401, 404, 405, 429, 502, 503, 504]);

/**
 * Sends `initialize`, and again with less when the server refuses the offer: strict servers fail on members of
 * capabilities that their revision does not know, and on versions that are newer than theirs instead of offering their
 * own (2025-11-25, basic/lifecycle).
 */
export async function initialize(
  send: (params: Record<string, unknown>) => Promise<JsonRpcResult>,
  { capabilities = {}, accepted = "all", protocolVersion = LATEST_LEGACY_VERSION }: Offer,
): Promise<Handshake> {
  const levels = LEVELS.slice(LEVELS.indexOf(accepted)).filter(
    (level, i, all) =>
      i === 0 || declare(capabilities, level) !== declare(capabilities, all[i - 1] ?? level),
  );
  let versions = [protocolVersion, ...LEGACY_VERSIONS.filter((known) => known < protocolVersion)];
  let refusal: Handshake | null = null;
  for (;;) {
    const [version, level] = [versions[0], levels[0]];
    if (version === undefined || level === undefined) break;
    const initialized = await send({
      protocolVersion: version,
      capabilities: JSON.parse(declare(capabilities, level)) as unknown,
      clientInfo: CLIENT_INFO,
    });
    if (initialized.ok) {
      const spoken = initialized.result["protocolVersion"];
      if (isUsableVersion(spoken))
        return { ok: true, initialized, protocolVersion: spoken, accepted: level };
      refusal ??= { ok: false, error: badResponse(toVersionMessage(spoken)) };
      versions = versions.slice(1);
      continue;
    }
    refusal ??= initialized;
    if (!isRefusal(initialized)) break;
    const older = findOlderVersions(initialized.rpcError, versions.slice(1));
    if (older) versions = older;
    else if (levels.length > 1) levels.shift();
    else versions = versions.slice(1);
  }
  return refusal ?? { ok: false, error: badResponse("The server refuses every initialize") };
}

/** The declared capabilities as JSON text. `bare`: without the members that newer revisions have added. */
function declare(capabilities: ClientCapabilities, level: AcceptedCapabilities): string {
  if (level === "none") return "{}";
  if (level === "all") return JSON.stringify(capabilities);
  return JSON.stringify(Object.fromEntries(Object.keys(capabilities).map((kind) => [kind, {}])));
}

function isUsableVersion(version: unknown): version is string {
  return (
    typeof version === "string" &&
    /^\d{4}-\d{2}-\d{2}$/.test(version) &&
    version >= OLDEST_VERSION &&
    version <= LATEST_LEGACY_VERSION
  );
}

function toVersionMessage(version: unknown): string {
  const named =
    typeof version === "string" && /^[\w.-]{1,32}$/.test(version) ? `: it names ${version}` : "";
  return `The server supports none of the known protocol versions${named}`;
}

function isRefusal(failure: Extract<JsonRpcResult, { ok: false }>): boolean {
  const { error, rpcError } = failure;
  if (isSessionTaken(failure)) return false;
  if (rpcError) return true;
  return error.status !== undefined && error.status >= 400 && !NO_REFUSALS.has(error.status);
}

/** The versions to offer after a refusal that is about the version; null: it is about something else. */
function findOlderVersions(rpcError: RpcFailure | undefined, older: string[]): string[] | null {
  const supported = isObject(rpcError?.data) ? rpcError.data["supported"] : undefined;
  if (Array.isArray(supported)) return older.filter((version) => supported.includes(version));
  return /version/i.test(rpcError?.message ?? "") ? older : null;
}
