import { hasResultMeta } from "./approved-ui.ts";
import type { Call } from "./call.ts";
import { outlineOf } from "./json-outline.ts";
import { readCallMessage } from "./task-ids.ts";
import type { UpstreamResponse } from "./upstream-response.ts";

/** Reads a body in one piece, which takes less time. The arrival of its parts is not seen, so the idle budget does not apply. */
export async function readLargeBody(
  call: Call,
  response: Response,
): Promise<Uint8Array<ArrayBuffer> | null> {
  const timer = setInterval(() => call.receiveBytes(), call.budgets.keepAliveMs);
  try {
    return new Uint8Array(await response.arrayBuffer());
  } catch {
    // Only the upstream's connection fails here.
    return null;
  } finally {
    clearInterval(timer);
  }
}

/**
 * The response whose bytes are the call's result and need no change, as its outline shows: parsing all of it takes several
 * times as long. Null: it must be parsed.
 */
export function toUnchangedResponse(call: Call, bytes: Uint8Array): UpstreamResponse | null {
  const outline = outlineOf(bytes);
  const isLocked = call.route.approvedUi !== undefined;
  if (isLocked && outline !== null && hasResultMeta(outline)) return null;
  const reply = outline === null ? null : readCallMessage(call, outline);
  if (reply?.kind !== "response" || reply.rpcError !== null || reply.text !== outline) return null;
  return { kind: "bytes", bytes: call.redactor?.redactBytes(bytes) ?? bytes, reply };
}
