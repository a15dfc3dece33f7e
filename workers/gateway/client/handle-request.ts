import { connectByCompany } from "../../connections/connect-by-company.ts";
import type { Admission } from "../../contract/rpc/admission.ts";
import { toOrigin } from "../../http/oauth-addresses.ts";
import { acceptsTasks } from "../../mcp/client-capabilities.ts";
import type { McpRequest } from "../../mcp/message.ts";
import { relayCall } from "../call/relay-call.ts";
import { toAddress, type RequestContext } from "../context.ts";
import { handleSubscriptionsListen } from "../notifications/handle-subscriptions-listen.ts";
import { accountResponse } from "./account-response.ts";
import {
  capabilitiesResponse,
  denialResponse,
  encodeList,
  listResponse,
  refusedResponse,
  unroutableResponse,
} from "./admission-responses.ts";
import { admit } from "./admission.ts";
import { cacheList, findCachedList } from "./list-cache.ts";
import { jsonResponse, resultText } from "./responses.ts";

/** An MCP request: the Workspace decides on it; then it is relayed to an upstream, or the gateway responds itself. */
export async function handleRequest(
  message: McpRequest,
  context: RequestContext,
): Promise<Response> {
  const { era, method, target, protocolVersion, clientName, clientVersion } = message;
  const cursor = toCursor(message);
  const usesTasks = acceptsTasks(message);
  const listKey = `${toAddress(context)} ${context.digest} ${era} ${usesTasks} ${method} ${cursor ?? ""}`;
  const cached = findCachedList(listKey);
  const request = {
    era,
    method,
    target,
    cursor,
    knownEtag: cached?.etag ?? null,
    protocolVersion,
    clientName,
    clientVersion,
    session: context.session?.key ?? null,
    clientCapabilities: JSON.stringify(message.clientCapabilities),
    acceptsTasks: usesTasks,
    isForwarded: context.via.length > 0,
  };
  const first = await admit(context, request);
  const connected = await connectAccount(first, context);
  const admission = connected === null ? await admit(context, request) : first;
  switch (admission.kind) {
    case "route":
      return relayCall(message, admission.route, context);
    case "list": {
      const { view } = admission;
      // What was known at the request: meanwhile the cache can have dropped it.
      if (view.items === null && cached) return listResponse(message, cached);
      const list = encodeList(view);
      cacheList(listKey, list);
      return listResponse(message, list);
    }
    case "capabilities":
      return capabilitiesResponse(message, admission, context);
    case "admitted":
      if (method === "subscriptions/listen") return handleSubscriptionsListen(message, context);
      return jsonResponse(resultText(message, "", false).join(""));
    case "refused":
      return refusedResponse(message, admission, context);
    case "unroutable":
      return admission.account && admission.error.code === "needs_account"
        ? accountResponse(
            message,
            admission.account,
            { serverName: admission.serverName, cause: connected ?? admission.error.cause },
            context,
          )
        : unroutableResponse(message, admission);
    case "unauthorized":
    case "rate_limited":
    case "stopped":
    case "unknown_server":
    case "unavailable":
      return denialResponse(message.id, admission);
  }
}

/**
 * Connects the account that a call lacks by the company's sign-in. Null: it is connected, and the request is admitted again. Why it
 * is not, a sentence without a full stop; undefined: the server does not use it.
 */
async function connectAccount(
  admission: Admission,
  context: RequestContext,
): Promise<string | null | undefined> {
  if (admission.kind !== "unroutable" || admission.error.code !== "needs_account") return undefined;
  const { companyMemberId: memberId, server } = admission.account ?? {};
  if (!memberId || server === undefined) return undefined;
  const { env, slug, request } = context;
  return connectByCompany({ env, origin: toOrigin(request), slug, server, memberId });
}

function toCursor({ values }: McpRequest): string | null {
  const cursor = values["cursor"];
  return typeof cursor === "string" ? cursor : null;
}
