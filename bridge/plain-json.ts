import { MAX_JSON_DEPTH, MAX_JSON_NODES } from "../workers/contract/limits.ts";
import { scanJson, findMemberText } from "../workers/mcp/json-scan.ts";
import { isObject, parseJson } from "../workers/mcp/json.ts";
import { ERROR } from "../workers/mcp/protocol.ts";
import type { Failure, RequestResult } from "./connection.ts";
import type { HostedServer } from "./hosted-server.ts";
import type { Reply } from "./reply.ts";
import { toFailureMessage } from "./rpc-text.ts";
import { listAllTools } from "./tools.ts";

/** HTTP status of each failure. */
const FAILURE_STATUS: Record<Failure, number> = {
  timeout: 504,
  ended: 502,
  cancelled: 499,
  too_large: 502,
  refused: 502,
  busy: 503,
};

/** `POST /tools/list`: all pages of the tool list as `{"tools":[…]}`. */
export async function handleToolsList(server: HostedServer, reply: Reply): Promise<void> {
  const abort = abortOnHangUp(reply);
  const list = await listAllTools((params) =>
    callServer(server, "tools/list", null, params, abort),
  );
  if (list.kind === "failed") return sendResult(reply, list.result);
  reply.end(200, JSON.stringify({ tools: list.tools }));
}

/** `POST /tools/call` with `{"name", "arguments"}`: the tool's result as plain JSON. */
export async function handleToolsCall(
  server: HostedServer,
  text: string,
  reply: Reply,
): Promise<void> {
  const scan = scanJson(text, { maxDepth: MAX_JSON_DEPTH, maxNodes: MAX_JSON_NODES });
  const body = parseJson(text);
  if (!scan.ok || !isObject(body))
    return sendError(reply, 400, "bad_request", "The body is not a JSON object");
  const { name, arguments: args = {} } = body;
  if (typeof name !== "string" || !isObject(args)) {
    return sendError(reply, 400, "bad_request", 'Send {"name": "a_tool", "arguments": {}}');
  }
  const argsText = findMemberText(text, scan.root, "arguments") ?? "{}";
  const params = `{"name":${JSON.stringify(name)},"arguments":${argsText}}`;
  const result = await callServer(server, "tools/call", name, params, abortOnHangUp(reply));
  sendResult(reply, result);
}

/** Sends `{"error":{code, message}}` with the status. */
export function sendError(reply: Reply, status: number, code: string, message: string): void {
  reply.end(status, JSON.stringify({ error: { code, message } }));
}

function sendResult(reply: Reply, result: RequestResult): void {
  if (result.kind === "result") return reply.end(200, result.json);
  if (result.kind === "failed") {
    const { failure } = result;
    return sendError(
      reply,
      FAILURE_STATUS[failure],
      `server_${failure}`,
      toFailureMessage(failure),
    );
  }
  const isCallerError = result.code === ERROR.invalidParams || result.code === ERROR.methodNotFound;
  reply.end(isCallerError ? 400 : 502, `{"error":${result.json}}`);
}

/** Calls the server without progress, logs and server requests: a plain JSON client supports none of them. */
function callServer(
  server: HostedServer,
  method: string,
  target: string | null,
  params: string | null,
  abort: AbortController,
): Promise<RequestResult> {
  return server.call({
    method,
    session: null,
    canBeginTask: false,
    target,
    toParams: () => params,
    timeoutMs: null,
    abort,
    onProgress: () => false,
    onLog: () => undefined,
    onTaskStatus: () => undefined,
    sendServerRequest: () => null,
  });
}

function abortOnHangUp(reply: Reply): AbortController {
  const abort = new AbortController();
  reply.onHangUp(() => abort.abort());
  return abort;
}
