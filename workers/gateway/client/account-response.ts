import type { AccountLink } from "../../contract/rpc/admission.ts";
import { supportsServerRequest } from "../../mcp/client-capabilities.ts";
import { formatError } from "../../mcp/json-rpc.ts";
import type { McpRequest } from "../../mcp/message.ts";
import { ERROR, LATEST_LEGACY_VERSION } from "../../mcp/protocol.ts";
import { formatInputRequired } from "../../mcp/translate/elicitation.ts";
import {
  CONNECT_ACCOUNT_KEY,
  toAccountPage,
  toAccountRequest,
  toAccountText,
  toCause,
} from "../account-page.ts";
import { formatFailure } from "../call/failure.ts";
import type { RequestContext } from "../context.ts";
import { jsonResponse } from "./responses.ts";

/** The requests to which a modern server can respond with `input_required` (2026-07-28, basic/patterns/mrtr). */
const INPUT_METHODS = new Set(["tools/call", "prompts/get", "resources/read"]);

/**
 * The response to a call whose person has to connect an account first, or again for a `cause`, in the way that the client can show: a request to open
 * the page (URL elicitation), or its address in words. Of an agent, the client is not its owner's.
 */
export function accountResponse(
  message: McpRequest,
  account: AccountLink,
  { serverName, cause }: { serverName: string; cause: string | undefined },
  context: RequestContext,
): Response {
  const { id, era, method, protocolVersion, clientCapabilities, values } = message;
  const params = {
    mode: "url",
    url: toAccountPage(context, account),
    message: `${toCause(cause)}${toAccountRequest(account, serverName)}.`,
  };
  const canOpen =
    !account.agent && supportsServerRequest(clientCapabilities, "elicitation/create", params);
  if (canOpen && era === "legacy" && protocolVersion === LATEST_LEGACY_VERSION) {
    const elicitations = [{ ...params, elicitationId: crypto.randomUUID() }];
    const { urlElicitationRequired: code } = ERROR;
    return jsonResponse(formatError(id, { code, message: params.message, data: { elicitations } }));
  }
  // A client that has shown the page already would be asked in circles.
  const isRetry = values["inputResponses"] !== undefined;
  if (canOpen && era === "modern" && INPUT_METHODS.has(method) && !isRetry) {
    const request = { method: "elicitation/create", params: JSON.stringify(params) };
    return jsonResponse(formatInputRequired(id, [[CONNECT_ACCOUNT_KEY, request]], null));
  }
  const text = `${toCause(cause)}${toAccountText(context, account, serverName)}`;
  return jsonResponse(formatFailure(message, text, { reason: "needs_account" }));
}
