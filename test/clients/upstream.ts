import { randomUUID } from "node:crypto";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { Readable } from "node:stream";
import { buffer } from "node:stream/consumers";
import { pipeline } from "node:stream/promises";
import {
  createMcpHandler,
  Server,
  WebStandardStreamableHTTPServerTransport,
  type CallToolResult,
  type Tool,
} from "@modelcontextprotocol/server";
import { maxExposedNameLength } from "../../workers/contract/connection-name.ts";

/** The `ui://` resource of the tool `same`. */
export const UI_RESOURCE = "ui://suite/view";
/** The servers' instructions; a client that shows them to the model sends this text to it. */
export const INSTRUCTIONS = "Suite instructions: prefer small numbers.";
/** `content` of the tool `same`: the value of `structuredContent`, with spaces that no serializer writes. */
export const SAME_CONTENT = '{ "value" :  "agreed" }';
/** `content` and `structuredContent` of the tool `differ`. */
export const DIFFERENT = { content: "from content", structured: "from structuredContent" };
/** Lengths of the exposed names of the server `many`, up to the longest that the gateway exposes there. */
export const NAME_LENGTHS = [40, 44, 48, 50, 51, 52, maxExposedNameLength("many")];
/** Number of tools of the server `many`. */
export const MANY = 200;
/** The description of each of them. */
export const MANY_DESCRIPTION = "One of many tools";
/** A tool waits this long for an elicitation, so that a client that never responds does not stop the suite. */
const ELICITATION_TIMEOUT_MS = 10_000;

const valueSchema = {
  type: "object" as const,
  properties: { value: { type: "string" as const } },
  required: ["value"],
};
const inputSchema = { type: "object" as const, properties: { note: { type: "string" as const } } };
const text = (value: string) => [{ type: "text" as const, text: value }];

const TOOLS: Tool[] = [
  {
    name: "same",
    description: "Returns a value as content and as structuredContent",
    inputSchema,
    outputSchema: valueSchema,
    _meta: { ui: { resourceUri: UI_RESOURCE } },
  },
  {
    name: "differ",
    description: "Returns different content and structuredContent",
    inputSchema,
    outputSchema: valueSchema,
  },
  { name: "ask", description: "Asks the user to open a URL", inputSchema },
];

/** The servers that all clients use. */
export interface Upstream {
  /** Their URLs by slug: `old` of 2025-11-25 with sessions, `new` of 2026-07-28, `many` with 200 tools. */
  urls: { old: string; new: string; many: string };
  /** Names of the called tools, `slug:tool`, in order. */
  calls: string[];
  /** Adds a tool to the server `old` and announces the change. */
  addTool(name: string): Promise<void>;
  /** Removes the added tools and announces the change. */
  removeAddedTools(): Promise<void>;
  close(): Promise<void>;
}

/** Starts the servers on a free port of 127.0.0.1. */
export async function startUpstream(): Promise<Upstream> {
  const calls: string[] = [];
  const added: Tool[] = [];
  const sessions = new Map<string, { server: Server; transport: Transport }>();
  const buildModern = () => buildServer("new", () => TOOLS, calls);
  const buildMany = () => buildServer("many", manyTools, calls);
  const modern = createMcpHandler(buildModern, { legacy: "reject" });
  const many = createMcpHandler(buildMany, { legacy: "reject" });
  const announce = async () => {
    await Promise.all([...sessions.values()].map(({ server }) => server.sendToolListChanged()));
  };

  const answer = async (request: Request): Promise<Response> => {
    const path = new URL(request.url).pathname;
    if (path === "/new") return modern.fetch(request);
    if (path === "/many") return many.fetch(request);
    const session = sessions.get(request.headers.get("mcp-session-id") ?? "");
    if (session) return session.transport.handleRequest(request);
    return openSession(request);
  };
  const openSession = async (request: Request): Promise<Response> => {
    const server = buildServer("old", () => [...TOOLS, ...added], calls);
    const transport = new WebStandardStreamableHTTPServerTransport({
      sessionIdGenerator: randomUUID,
      onsessioninitialized: (id) => {
        sessions.set(id, { server, transport });
      },
      onsessionclosed: (id) => {
        sessions.delete(id);
      },
    });
    await server.connect(transport);
    return transport.handleRequest(request);
  };

  const http = createServer((incoming, outgoing) => {
    respond(incoming, outgoing, answer).catch(() => outgoing.destroy());
  });
  await new Promise<void>((resolve) => http.listen(0, "127.0.0.1", resolve));
  const origin = `http://127.0.0.1:${(http.address() as AddressInfo).port}`;
  return {
    urls: { old: `${origin}/old`, new: `${origin}/new`, many: `${origin}/many` },
    calls,
    addTool: (name) => {
      added.push({ name, description: "Was added later", inputSchema });
      return announce();
    },
    removeAddedTools: () => {
      added.length = 0;
      return announce();
    },
    close: async () => {
      await Promise.all([modern.close(), many.close()]);
      http.closeAllConnections();
      await new Promise((resolve) => http.close(resolve));
    },
  };
}

type Transport = WebStandardStreamableHTTPServerTransport;

function buildServer(slug: string, listTools: () => Tool[], calls: string[]): Server {
  const server = new Server(
    { name: `suite-${slug}`, version: "1.0.0" },
    {
      capabilities: { tools: { listChanged: true }, resources: {} },
      instructions: INSTRUCTIONS,
    },
  );
  server.setRequestHandler("tools/list", () => ({ tools: listTools() }));
  server.setRequestHandler("tools/call", ({ params }) => {
    calls.push(`${slug}:${params.name}`);
    return callTool(server, params.name);
  });
  server.setRequestHandler("resources/list", () => ({
    resources: [{ uri: UI_RESOURCE, name: "view", mimeType: "text/html;profile=mcp-app" }],
  }));
  server.setRequestHandler("resources/read", ({ params }) => ({
    contents: [{ uri: params.uri, mimeType: "text/html;profile=mcp-app", text: "<p>view</p>" }],
  }));
  return server;
}

async function callTool(server: Server, name: string): Promise<CallToolResult> {
  switch (name) {
    case "same":
      return { content: text(SAME_CONTENT), structuredContent: { value: "agreed" } };
    case "differ":
      return {
        content: text(DIFFERENT.content),
        structuredContent: { value: DIFFERENT.structured },
      };
    case "ask":
      return { content: text(await askForUrl(server)) };
    default:
      return { content: text(`${name} was called`) };
  }
}

/** Returns the user's action, or the reason why the client was not asked. */
async function askForUrl(server: Server): Promise<string> {
  if (!server.getClientCapabilities()?.elicitation?.url) return "URL elicitation is not declared";
  const asked = server.elicitInput(
    {
      mode: "url",
      message: "Open this page to continue",
      url: "http://127.0.0.1:9/continue",
      elicitationId: randomUUID(),
    },
    { timeout: ELICITATION_TIMEOUT_MS },
  );
  return asked.then(
    ({ action }) => action,
    (error: unknown) => (error instanceof Error ? error.message : String(error)),
  );
}

/** The tools of the server `many`. */
export function manyTools(): Tool[] {
  const named = NAME_LENGTHS.map((length) => `n${length}_`.padEnd(length, "x"));
  const rest = Array.from({ length: MANY - named.length }, (_, index) => `tool_${index}`);
  return [...named, ...rest].map((name) => ({
    name,
    description: MANY_DESCRIPTION,
    inputSchema,
  }));
}

async function respond(
  incoming: IncomingMessage,
  outgoing: ServerResponse,
  answer: (request: Request) => Promise<Response>,
): Promise<void> {
  const hangUp = new AbortController();
  outgoing.on("close", () => hangUp.abort());
  const headers = Object.entries(incoming.headers).filter(([name]) => name !== "connection");
  const body = incoming.method === "POST" ? await buffer(incoming) : null;
  const response = await answer(
    new Request(`http://127.0.0.1${incoming.url}`, {
      method: incoming.method ?? "GET",
      headers: headers.map(([name, value]): [string, string] => [name, String(value)]),
      body,
      signal: hangUp.signal,
    }),
  );
  outgoing.writeHead(response.status, Object.fromEntries(response.headers));
  outgoing.flushHeaders();
  if (!response.body) outgoing.end();
  // A disconnect of the gateway is not an error; it frees the stream.
  else await pipeline(Readable.fromWeb(response.body), outgoing).catch(() => undefined);
}
