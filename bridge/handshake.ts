import { setTimeout as sleep } from "node:timers/promises";
import {
  findSmallerOffer,
  type InitializeOffer,
  type InitializeRefusal,
} from "../workers/mcp/initialize-offer.ts";
import { parseObject } from "../workers/mcp/json.ts";
import { ERROR, LATEST_LEGACY_VERSION } from "../workers/mcp/protocol.ts";
import type { ChildEnd } from "./child.ts";
import type { RequestResult } from "./connection.ts";
import type { RpcResponse } from "./message.ts";

/** The server's process during the handshake. */
export interface ServerProcess {
  /** Resolves when the current process has ended. */
  ended(): Promise<ChildEnd>;
  /** Replaces the process, which has ended. */
  restart(): Promise<void>;
  /** A text of the server as it may be shown. */
  redact: (text: string) => string;
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

/** The first offer declares all: whether a client supports a server request is decided per call. */
const FIRST_OFFER: InitializeOffer = {
  protocolVersion: LATEST_LEGACY_VERSION,
  capabilities: { elicitation: { form: {}, url: {} }, sampling: {}, roots: {} },
  level: "all",
};
const CLIENT_INFO = { name: "mcpnest-bridge", version: "0.1.0" };
/** Last lines of a server that ended because it could not read `initialize`. */
const NAMES_HANDSHAKE =
  /capabilit|\bcaps\b|elicitation|sampling|protocol.?version|unrecogni[sz]ed key|(unknown|extra|unexpected) (fields?|keys?|inputs?|members?|propert)/i;
/** A server that ends because of an offer that it refused does so within this time. */
const LATE_END_MS = 200;
const MAX_REFUSAL_LENGTH = 300;

/**
 * Sends `initialize` (2025-11-25, basic/lifecycle). A server that refuses it gets a smaller offer: fewer capabilities, or
 * an older version. A server that ends with its refusal is started again for the next offer, also if it still answers that
 * before its end.
 */
export async function initialize(
  request: (params: string) => Promise<RequestResult>,
  process: ServerProcess,
): Promise<Initialized> {
  let offer = FIRST_OFFER;
  let firstRefusal: string | null = null;
  let isNewProcess = true;
  for (;;) {
    const result = await request(formatOffer(offer));
    if (result.kind === "result" && firstRefusal !== null && !isNewProcess) {
      const isEnding = await Promise.race([process.ended(), sleep(LATE_END_MS, null)]);
      if (isEnding) {
        await process.restart();
        isNewProcess = true;
        continue;
      }
    }
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
    if (refusal) firstRefusal ??= formatRefusal(refusal, process);
    // Without the method, no offer can succeed.
    const canSucceed = refusal !== null && refusal.code !== ERROR.methodNotFound;
    const next = canSucceed ? findSmallerOffer(offer, refusal) : null;
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

function toRefusal({ code, json }: Extract<RpcResponse, { kind: "error" }>): InitializeRefusal {
  const { message, data } = parseObject(json) ?? {};
  return { code, message: String(message), data };
}

/** A server that ends without a response has refused the offer only if its last lines say so. */
function toRefusalByEnd({ lastLines }: ChildEnd): InitializeRefusal | null {
  const message = lastLines.join(" ");
  return NAMES_HANDSHAKE.test(message) ? { code: null, message } : null;
}

function formatRefusal({ code, message }: InitializeRefusal, { redact }: ServerProcess): string {
  const text = redact(message).replaceAll(/\s+/g, " ").slice(0, MAX_REFUSAL_LENGTH);
  return code === null ? text : `error ${code} (${text})`;
}

function formatOffer({ protocolVersion, capabilities }: InitializeOffer): string {
  return JSON.stringify({ protocolVersion, capabilities, clientInfo: CLIENT_INFO });
}

function describeOffer({ protocolVersion, capabilities }: InitializeOffer): string {
  return `${protocolVersion} with the capabilities ${JSON.stringify(capabilities)}`;
}
