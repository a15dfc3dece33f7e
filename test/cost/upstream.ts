import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { z } from "zod";

const TOOLS = 50;
const Message = z.object({ id: z.union([z.string(), z.number()]).optional(), method: z.string() });

const tools = Array.from({ length: TOOLS }, (_, n) => ({
  name: `tool_${n}`,
  description: `Reads the given text and returns at most limit rows (${n}). `.repeat(8),
  inputSchema: { type: "object", properties: { text: { type: "string" } } },
}));
const results: Partial<Record<string, object>> = {
  initialize: {
    protocolVersion: "2025-11-25",
    capabilities: { tools: { listChanged: true } },
    serverInfo: { name: "cost", version: "1" },
  },
  ping: {},
  "tools/list": { tools },
  "tools/call": { content: [{ type: "text", text: "done" }] },
};

/**
 * Starts a server with 50 tools on 127.0.0.1. It announces changes on a stream, as most servers do. Returns its URL; any
 * path is one more server.
 */
export async function startUpstream(): Promise<{ url: string; close: () => void }> {
  const server = createServer((request, response) => void handle(request, response));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("no port");
  const close = () => {
    server.closeAllConnections();
    server.close();
  };
  return { url: `http://127.0.0.1:${address.port}`, close };
}

async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
  if (request.method === "GET") {
    response.writeHead(200, { "content-type": "text/event-stream" }).write(": open\n\n");
    return;
  }
  if (request.method !== "POST") return void response.writeHead(200).end();
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const { id, method } = Message.parse(JSON.parse(Buffer.concat(chunks).toString() || "{}"));
  if (id === undefined) return void response.writeHead(202).end();
  const result = results[method];
  const error = { code: -32601, message: "Method not found" };
  response.writeHead(200, { "content-type": "application/json", "mcp-session-id": "one" });
  response.end(JSON.stringify({ jsonrpc: "2.0", id, ...(result ? { result } : { error }) }));
}
