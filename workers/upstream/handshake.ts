import type { AcceptedCapabilities } from "../contract/records/workspace.ts";
import type { ClientCapabilities } from "../contract/rpc/admission.ts";
import {
  findSmallerOffer,
  reduceCapabilities,
  withFewerCapabilities,
  type InitializeOffer,
  type InitializeRefusal,
} from "../mcp/initialize-offer.ts";
import { ERROR, LATEST_LEGACY_VERSION } from "../mcp/protocol.ts";
import { CLIENT_INFO, type JsonRpcResult } from "./json-rpc.ts";
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
  | FailedRequest;

type FailedRequest = Extract<JsonRpcResult, { ok: false }>;

/** The oldest version that servers still name; it differs from 2024-11-05 in its name only. */
const OLDEST_VERSION = "2024-10-07";
/** Statuses that say nothing about the offer: no credential, no endpoint, too many requests, no server behind a proxy. */
const NO_REFUSALS = new Set([401, 404, 405, 429, 502, 503, 504]);

/** Sends `initialize`, and again with a smaller offer as long as the server refuses. */
export async function initialize(
  send: (params: Record<string, unknown>) => Promise<JsonRpcResult>,
  { capabilities = {}, accepted = "all", protocolVersion = LATEST_LEGACY_VERSION }: Offer,
): Promise<Handshake> {
  let firstRefusal: Handshake | null = null;
  let offer: InitializeOffer = {
    protocolVersion,
    capabilities: reduceCapabilities(capabilities, accepted),
    level: accepted,
  };
  for (;;) {
    const initialized = await send({
      protocolVersion: offer.protocolVersion,
      capabilities: offer.capabilities,
      clientInfo: CLIENT_INFO,
    });
    const spoken = initialized.ok ? initialized.result["protocolVersion"] : null;
    if (initialized.ok && isUsableVersion(spoken))
      return { ok: true, initialized, protocolVersion: spoken, accepted: offer.level };
    const failure = initialized.ok ? toVersionRefusal(spoken) : initialized;
    firstRefusal ??= failure;
    const next = isRefusal(failure)
      ? findSmallerOffer(offer, toRefusal(failure))
      : isUnclear(failure)
        ? withFewerCapabilities(offer)
        : null;
    if (!next) return firstRefusal;
    offer = next;
  }
}

function isUsableVersion(version: unknown): version is string {
  return (
    typeof version === "string" &&
    /^\d{4}-\d{2}-\d{2}$/.test(version) &&
    version >= OLDEST_VERSION &&
    version <= LATEST_LEGACY_VERSION
  );
}

/** The server named a version that the gateway does not know, in place of a refusal. */
function toVersionRefusal(version: unknown): FailedRequest {
  const named =
    typeof version === "string" && /^[\w.-]{1,32}$/.test(version) ? `: it names ${version}` : "";
  const message = `The server supports none of the known protocol versions${named}`;
  const rpcError = { code: ERROR.unsupportedVersion, message, data: null };
  return { ok: false, error: badResponse(message), rpcError };
}

function toRefusal({ rpcError }: FailedRequest): InitializeRefusal {
  return rpcError ?? { code: null, message: "" };
}

/** Some servers fail without a word on capabilities that they do not know. */
function isUnclear({ error }: FailedRequest): boolean {
  return error.code === "upstream_bad_response" || error.code === "upstream_unreachable";
}

function isRefusal(failure: FailedRequest): boolean {
  const { error, rpcError } = failure;
  if (isSessionTaken(failure)) return false;
  if (rpcError) return true;
  return error.status !== undefined && error.status >= 400 && !NO_REFUSALS.has(error.status);
}
