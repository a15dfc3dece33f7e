// A stdio server without an SDK that deviates from the protocol. The first argument selects the deviation.
import { writeFileSync } from "node:fs";
import { createInterface } from "node:readline";

interface Message {
  id?: unknown;
  method?: string;
  params?: Record<string, unknown>;
}

const [deviation = "", file = ""] = process.argv.slice(2);
const write = (text: string): void => void process.stdout.write(text);
const send = (message: object): void =>
  write(`${JSON.stringify({ jsonrpc: "2.0", ...message })}\n`);
const text = (value: string) => ({ content: [{ type: "text", text: value }] });

/** What the server refuses in `initialize`: the error's message, or null. */
const REFUSALS: Record<string, (capabilities: string, version: unknown) => string | null> = {
  "refuse-capabilities": (capabilities) =>
    capabilities === "{}" ? null : `unknown capabilities ${capabilities}`,
  "refuse-members": (capabilities) =>
    capabilities.includes("form") ? "elicitation: invalid type" : null,
  "refuse-version": (_, version) =>
    version === "2024-11-05" ? null : `Unsupported protocol version ${String(version)}`,
  "refuse-all": () => "the license has expired",
};
REFUSALS["refuse-and-exit"] = REFUSALS["refuse-capabilities"] ?? (() => null);
REFUSALS["refuse-and-exit-late"] = REFUSALS["refuse-capabilities"] ?? (() => null);
REFUSALS["exit-silently"] = REFUSALS["refuse-capabilities"] ?? (() => null);

let initializeParams: unknown = null;

function initialize(id: unknown, params: Record<string, unknown>): void {
  const capabilities = JSON.stringify(params["capabilities"]);
  const refusal = REFUSALS[deviation]?.(capabilities, params["protocolVersion"]) ?? null;
  if (refusal !== null && deviation === "exit-silently") {
    console.error(`cannot read initialize: ${refusal}`);
    process.exit(1);
  }
  if (refusal !== null) {
    send({ id, error: { code: -32603, message: refusal } });
    if (deviation === "refuse-and-exit") process.exit(1);
    if (deviation === "refuse-and-exit-late") setTimeout(() => process.exit(1), 50);
    return;
  }
  initializeParams = params;
  const result = {
    protocolVersion: params["protocolVersion"],
    capabilities: { tools: {} },
    serverInfo: { name: "deviating", version: "1" },
  };
  if (deviation === "banner") write("Server started on stdio ");
  send({ id: deviation === "string-ids" ? JSON.stringify(id) : id, result });
}

/** How the result of a tool call is written. */
const RESULTS: Record<string, (id: unknown, result: object) => void> = {
  "string-ids": (id, result) => send({ id: JSON.stringify(id), result }),
  glued: (id, result) => {
    // A logged message of another connection must not answer the call.
    write('backend: {"jsonrpc":"2.0","id":1,"result":{"content":[]}}\n');
    write("progress 50%\r");
    send({ id, result });
  },
  nulls: (id, result) => {
    send({ id: null, method: "notifications/tools/list_changed", params: null });
    send({
      id,
      method: null,
      result: { ...result, _meta: null, structuredContent: null },
      error: null,
    });
  },
  "no-result": (id) => send({ id }),
  "text-error": (id) => send({ id, error: "the backend is down" }),
  "list-result": (id) => send({ id, result: ["called"] }),
  "no-id": () => send({ id: null, error: { code: -32700, message: "cannot read the request" } }),
  // Blocks the process: it can send no message.
  blocked: () => {
    writeFileSync(file, "");
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
  },
};

function handle({ id, method, params = {} }: Message): void {
  if (id === undefined || method === undefined) return;
  if (method === "initialize") return initialize(id, params);
  const responseId = deviation === "string-ids" ? JSON.stringify(id) : id;
  if (method === "ping" && deviation === "ping-error")
    return send({ id, error: { code: -32601, message: "Unknown method: ping" } });
  if (method === "ping" && deviation.startsWith("no-ping")) return;
  if (method === "tools/list" && deviation === "no-ping-but-notifications") return;
  if (method === "ping") return send({ id: responseId, result: {} });
  if (method === "tools/list") {
    const tools = [{ name: "call", inputSchema: { type: "object" } }];
    return send({ id: responseId, result: { tools, nextCursor: null } });
  }
  if (method !== "tools/call") return;
  const result = text(JSON.stringify(initializeParams));
  const respond =
    RESULTS[deviation] ?? ((callId, content) => send({ id: callId, result: content }));
  respond(id, result);
}

if (deviation === "bom") write("\uFEFF");
if (deviation === "no-ping-but-notifications") {
  const params = { level: "info", data: "at work" };
  setInterval(() => send({ method: "notifications/message", params }), 200);
}
createInterface({ input: process.stdin }).on("line", (line) => handle(JSON.parse(line) as Message));
