// node test/bench/upstream.ts <port>: a fast, stateless MCP server with 20 tools, so that the gateway dominates the
// measurements. GET /stats returns the number of requests. The same server at /guarded/mcp wants a token of its authorization
// server, which gives one to every client (client credentials) and to every person.
import { createServer, type ServerResponse } from "node:http";
import { z } from "zod";

const Message = z.object({
  id: z.union([z.string(), z.number()]).optional(),
  method: z.string(),
  params: z
    .object({
      name: z.string().optional(),
      arguments: z.record(z.string(), z.unknown()).optional(),
      protocolVersion: z.string().optional(),
      _meta: z.object({ progressToken: z.union([z.string(), z.number()]).optional() }).optional(),
    })
    .optional(),
});
type Message = z.infer<typeof Message>;

const PROGRESS_EVENTS = 5;
const PROGRESS_GAP_MS = 20;
const bigText = "abcdefghijklmnop".repeat(65_536);
const names = ["echo", "big", "stream", ...Array.from({ length: 17 }, (_, n) => `tool_${n + 4}`)];
const listResult = JSON.stringify({
  tools: names.map((name) => ({
    name,
    title: name,
    description: `Reads the given text, applies the filter to it and answers with at most limit rows (${name}).`,
    inputSchema: {
      type: "object",
      properties: {
        text: { type: "string", description: "The text to be handled by the tool, in UTF-8." },
        limit: { type: "integer", minimum: 1, maximum: 100 },
        filter: {
          type: "object",
          properties: { field: { type: "string" }, value: { type: "string" } },
        },
      },
    },
    annotations: { readOnlyHint: true, idempotentHint: true },
  })),
});

let requests = 0;
const port = Number(process.argv[2] ?? 23001);
const origin = `http://127.0.0.1:${port}`;
const TOKEN = "an-access-token";
const RESOURCE_METADATA = "/.well-known/oauth-protected-resource/guarded/mcp";
/** What an authorization server publishes and issues, by path. */
const documents: Record<string, object> = {
  [RESOURCE_METADATA]: { resource: `${origin}/guarded/mcp`, authorization_servers: [origin] },
  "/.well-known/oauth-authorization-server": {
    issuer: origin,
    authorization_endpoint: `${origin}/authorize`,
    token_endpoint: `${origin}/token`,
    code_challenge_methods_supported: ["S256"],
  },
  "/token": { access_token: TOKEN, token_type: "Bearer", expires_in: 86_400 },
};

const server = createServer((request, response) => {
  if (request.url === "/stats") return sendJson(response, JSON.stringify({ hits: requests }));
  if (request.url?.startsWith("/authorize?")) return authorize(request.url, response);
  const document = documents[request.url ?? ""];
  if (document) return sendJson(response, JSON.stringify(document));
  const isGuarded = request.url === "/guarded/mcp";
  if (isGuarded && request.headers.authorization !== `Bearer ${TOKEN}`) {
    const challenge = `Bearer resource_metadata="${origin}${RESOURCE_METADATA}"`;
    return response.writeHead(401, { "www-authenticate": challenge }).end();
  }
  if (request.method !== "POST") return response.writeHead(405, { allow: "POST" }).end();
  const chunks: Buffer[] = [];
  request.on("data", (chunk: Buffer) => chunks.push(chunk));
  request.on("end", () => {
    requests += 1;
    answer(Message.parse(JSON.parse(Buffer.concat(chunks).toString())), response);
  });
});
server.keepAliveTimeout = 120_000;
server.listen(port, "127.0.0.1");

/** The person allows it at once. */
function authorize(url: string, response: ServerResponse): void {
  const query = new URL(url, origin).searchParams;
  const to = new URL(query.get("redirect_uri") ?? "");
  to.searchParams.set("code", "a-code");
  to.searchParams.set("state", query.get("state") ?? "");
  response.writeHead(302, { location: to.href }).end();
}

function answer({ id, method, params }: Message, response: ServerResponse): void {
  if (id === undefined) return void response.writeHead(202).end();
  const result = (json: string) =>
    sendJson(response, `{"jsonrpc":"2.0","id":${JSON.stringify(id)},"result":${json}}`);
  switch (method) {
    case "initialize":
      return result(
        JSON.stringify({
          protocolVersion: params?.protocolVersion ?? "2025-11-25",
          capabilities: { tools: {} },
          serverInfo: { name: "bench-upstream", version: "1.0.0" },
        }),
      );
    case "ping":
      return result("{}");
    case "tools/list":
      return result(listResult);
    case "tools/call":
      if (params?.name === "stream")
        return streamProgress(id, params._meta?.progressToken, response);
      return result(
        textResult(params?.name === "big" ? bigText : String(params?.arguments?.["text"])),
      );
    default:
      return sendJson(
        response,
        `{"jsonrpc":"2.0","id":${JSON.stringify(id)},"error":{"code":-32601,"message":"Method not found"}}`,
      );
  }
}

const textResult = (text: string) => JSON.stringify({ content: [{ type: "text", text }] });

function sendJson(response: ServerResponse, body: string): void {
  const headers = { "content-type": "application/json", "content-length": Buffer.byteLength(body) };
  response.writeHead(200, headers).end(body);
}

function streamProgress(
  id: string | number,
  progressToken: unknown,
  response: ServerResponse,
): void {
  response.writeHead(200, { "content-type": "text/event-stream", "cache-control": "no-store" });
  const send = (message: object) =>
    response.write(`event: message\ndata: ${JSON.stringify({ jsonrpc: "2.0", ...message })}\n\n`);
  const report = (progress: number) => {
    if (progress > PROGRESS_EVENTS) {
      send({ id, result: { content: [{ type: "text", text: "streamed" }] } });
      response.end();
      return;
    }
    const params = { progressToken, progress, total: PROGRESS_EVENTS };
    send({ method: "notifications/progress", params });
    setTimeout(() => report(progress + 1), PROGRESS_GAP_MS);
  };
  report(1);
}
