import { isObject, parseObject } from "../workers/mcp/json.ts";
import { ERROR, LATEST_LEGACY_VERSION, LEGACY_VERSIONS } from "../workers/mcp/protocol.ts";
import type { ChildEnd } from "./child.ts";
import type { RequestResult } from "./connection.ts";
import type { RpcResponse } from "./message.ts";

/** The server's process during the handshake. */
export interface ServerProcess {
  /** Resolves when the current process has ended. */
  ended(): Promise<ChildEnd>;
  /** Replaces the process, which has ended. */
  restart(): Promise<void>;
}

/** The server's result of `initialize`, or why there is none. */
export type Initialized =
  | {
      kind: "accepted";
      json: string;
      /** The first refusal, if the server accepted a smaller offer only, and that offer. */
      refused: { refusal: string; accepted: string } | null;
    }
  | { kind: "refused"; refusal: string }
  | { kind: "silent" }
  /** The process has ended. */
  | { kind: "ended" };

/** The version and the capabilities that the bridge offers in `initialize`. */
interface Offer {
  protocolVersion: string;
  /** Index in `CAPABILITIES`. */
  capabilities: number;
}

/** A server's error, or the last lines of a server that ended; `code`: null for those. */
interface Refusal {
  code: number | null;
  message: string;
  /** The versions that the server supports; null: it does not say. */
  supportedVersions: unknown[] | null;
}

/**
 * The offered capabilities, the fullest first. The first declares all: whether a client supports a server request is
 * decided per call. Elicitation has members since 2025-11-25; a strict server can refuse them, or any capability.
 */
const CAPABILITIES = [
  { elicitation: { form: {}, url: {} }, sampling: {}, roots: {} },
  { elicitation: {}, sampling: {}, roots: {} },
  {},
];
const CLIENT_INFO = { name: "mcpnest-bridge", version: "0.1.0" };
/** Last lines of a server that ended because it could not read `initialize`. */
const NAMES_HANDSHAKE = /capabilit|elicitation|protocol.?version/i;
const MAX_REFUSAL_LENGTH = 300;

/**
 * Sends `initialize` (2025-11-25, basic/lifecycle). A server that refuses it gets a smaller offer: fewer capabilities, or
 * an older version. A server that ends with its refusal is started again for the next offer.
 */
export async function initialize(
  request: (params: string) => Promise<RequestResult>,
  process: ServerProcess,
): Promise<Initialized> {
  let offer: Offer = { protocolVersion: LATEST_LEGACY_VERSION, capabilities: 0 };
  let firstRefusal: string | null = null;
  let isNewProcess = true;
  for (;;) {
    const result = await request(formatOffer(offer));
    if (result.kind === "result") {
      const refused =
        firstRefusal === null ? null : { refusal: firstRefusal, accepted: describeOffer(offer) };
      return { kind: "accepted", json: result.json, refused };
    }
    const hasEnded = result.kind === "failed" && result.failure === "ended";
    if (result.kind === "failed" && !hasEnded) return { kind: "silent" };
    if (hasEnded && !isNewProcess) {
      // It ended after it had refused the previous offer, and has not read this one.
      await process.restart();
      isNewProcess = true;
      continue;
    }
    const refusal =
      result.kind === "error" ? toRefusal(result) : toRefusalByEnd(await process.ended());
    if (refusal) firstRefusal ??= formatRefusal(refusal);
    const next = refusal && findSmallerOffer(offer, refusal);
    if (!next) {
      return hasEnded || firstRefusal === null
        ? { kind: "ended" }
        : { kind: "refused", refusal: firstRefusal };
    }
    if (hasEnded) await process.restart();
    isNewProcess = hasEnded;
    offer = next;
  }
}

/** The next offer after a refusal; null: no smaller one can succeed. */
function findSmallerOffer(offer: Offer, refusal: Refusal): Offer | null {
  if (refusal.code === ERROR.methodNotFound) return null;
  const capabilities = offer.capabilities + 1;
  if (!isAboutVersion(refusal) && capabilities < CAPABILITIES.length) {
    return { ...offer, capabilities };
  }
  const olderVersions = LEGACY_VERSIONS.filter((version) => version < offer.protocolVersion);
  const protocolVersion = olderVersions.find(
    (version) => refusal.supportedVersions?.includes(version) ?? true,
  );
  return protocolVersion === undefined ? null : { ...offer, protocolVersion };
}

function isAboutVersion({ code, message, supportedVersions }: Refusal): boolean {
  if (code === ERROR.unsupportedVersion || supportedVersions !== null) return true;
  return /version/i.test(message) && !/capabilit/i.test(message);
}

function toRefusal({ code, json }: Extract<RpcResponse, { kind: "error" }>): Refusal {
  const error = parseObject(json) ?? {};
  const data = isObject(error["data"]) ? error["data"] : {};
  const supported: unknown = data["supported"];
  return {
    code,
    message: String(error["message"]),
    supportedVersions: Array.isArray(supported) ? supported : null,
  };
}

/** A server that ends without a response has refused the offer only if its last lines say so. */
function toRefusalByEnd({ lastLines }: ChildEnd): Refusal | null {
  const message = lastLines.join(" ");
  return NAMES_HANDSHAKE.test(message) ? { code: null, message, supportedVersions: null } : null;
}

function formatRefusal({ code, message }: Refusal): string {
  const text = message.replaceAll(/\s+/g, " ").slice(0, MAX_REFUSAL_LENGTH);
  return code === null ? text : `error ${code} (${text})`;
}

function formatOffer({ protocolVersion, capabilities }: Offer): string {
  return JSON.stringify({
    protocolVersion,
    capabilities: CAPABILITIES[capabilities],
    clientInfo: CLIENT_INFO,
  });
}

function describeOffer({ protocolVersion, capabilities }: Offer): string {
  return `${protocolVersion} with the capabilities ${JSON.stringify(CAPABILITIES[capabilities])}`;
}
