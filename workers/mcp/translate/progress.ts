import { formatNotification } from "../json-rpc.ts";
import { editObject, findMemberText, type ScannedObject } from "../json-scan.ts";
import type { McpRequest } from "../message.ts";
import { findMeta } from "./request.ts";

/** The client's progress token as JSON text; null: the request asks for no progress. */
export function findProgressToken(request: McpRequest): string | null {
  return findMemberText(request.text, findMeta(request), "progressToken") ?? null;
}

/** A server's progress notification under the client's own token. `text` is where `params` was scanned. */
export function toClientProgress(
  text: string,
  params: ScannedObject,
  progressToken: string,
): string {
  return formatNotification("notifications/progress", editObject(text, params, { progressToken }));
}
