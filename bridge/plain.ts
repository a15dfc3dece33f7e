import { MAX_JSON_DEPTH, MAX_JSON_NODES } from "../workers/contract/limits.ts";
import { scanJson, findMemberText } from "../workers/mcp/json-scan.ts";
import { isObject, parseJson } from "../workers/mcp/json.ts";
import { ERROR } from "../workers/mcp/protocol.ts";
import type { Failure, RequestResult } from "./connection.ts";
import type { HostedServer } from "./hosted-server.ts";
import type { Reply } from "./reply.ts";
import { toFailureMessage } from "./rpc-text.ts";
import { listAllTools } from "./tools.ts";

const FAILURE_STATUS: Record<Failure, number> = {
  timeout: 504,
  ended: 502,
  cancelled: 499,
  too_large: 502,
  refused: 502,
  busy: 503,
};

/** `POST /tools/list`: every tool, as plain JSON. */
export async function answerToolsList(server: HostedServer, reply: Reply): Promise<void> {
  const end = hangUpSignal(reply);
  const listed = await listAllTools((params) => call(server, "tools/list", null, params, end));
  if (listed.kind === "failed") return endPlain(reply, listed.outcome);
  reply.end(200, JSON.stringify({ tools: listed.tools }));
}

/** `POST /tools/call` with `{"name", "arguments"}`: the tool's result as plain JSON. */
export async function answerToolsCall(
  server: HostedServer,
  text: string,
  reply: Reply,
): Promise<void> {
  const scan = scanJson(text, { maxDepth: MAX_JSON_DEPTH, maxNodes: MAX_JSON_NODES });
  const body = parseJson(text);
  if (!scan.ok || !isObject(body))
    return refuse(reply, 400, "bad_request", "The body is not a JSON object");
  const { name, arguments: args = {} } = body;
  if (typeof name !== "string" || !isObject(args)) {
    return refuse(reply, 400, "bad_request", 'Send {"name": "a_tool", "arguments": {}}');
  }
  const argsText = findMemberText(text, scan.root, "arguments") ?? "{}";
  const params = `{"name":${JSON.stringify(name)},"arguments":${argsText}}`;
  const outcome = await call(server, "tools/call", name, params, hangUpSignal(reply));
  endPlain(reply, outcome);
}

/** Answers with an error that a person or a script can act on. */
export function refuse(reply: Reply, status: number, code: string, message: string): void {
  reply.end(status, JSON.stringify({ error: { code, message } }));
}

function endPlain(reply: Reply, outcome: RequestResult): void {
  if (outcome.kind === "result") return reply.end(200, outcome.json);
  if (outcome.kind === "failed") {
    const { failure } = outcome;
    return refuse(reply, FAILURE_STATUS[failure], `server_${failure}`, toFailureMessage(failure));
  }
  const isCallersFault =
    outcome.code === ERROR.invalidParams || outcome.code === ERROR.methodNotFound;
  reply.end(isCallersFault ? 400 : 502, `{"error":${outcome.json}}`);
}

function call(
  server: HostedServer,
  method: string,
  target: string | null,
  params: string | null,
  end: AbortController,
): Promise<RequestResult> {
  return server.call({
    method,
    target,
    toParams: () => params,
    abort: end,
    onProgress: () => undefined,
    onLog: () => undefined,
    sendServerRequest: () => null,
  });
}

function hangUpSignal(reply: Reply): AbortController {
  const end = new AbortController();
  reply.onHangUp(() => end.abort());
  return end;
}
