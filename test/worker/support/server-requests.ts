import { inject } from "vitest";
import { change, makeWorkspace, post, rpc, type Client } from "./gateway-client.ts";
import { Stream } from "./notification-streams.ts";

/** A legacy client after `initialize`, with its `Mcp-Session-Id`. */
export interface InitializedClient extends Client {
  session: string;
}

export const ALL_CAPABILITIES = { elicitation: { form: {} }, sampling: {}, roots: {} };

export const FORM_ELICITATION = {
  method: "elicitation/create",
  params: { message: "Which name?", requestedSchema: { type: "object", properties: {} } },
};
export const URL_ELICITATION = {
  method: "elicitation/create",
  params: { mode: "url", message: "Log in", url: "https://pay.test/", elicitationId: "e-1" },
};
export const SAMPLING = {
  method: "sampling/createMessage",
  params: { messages: [{ role: "user", content: { type: "text", text: "Hi" } }], maxTokens: 5 },
};
export const LIST_ROOTS = { method: "roots/list" };

/**
 * Creates a workspace with one server `up` on the fixture that sends server requests.
 * `kind` is `legacy`, `sse` or `modern`; `upstream` is the name under which the fixture records what it receives.
 */
export async function makeRequestingWorkspace(kind: string, slug: string, upstream = slug) {
  const client = await makeWorkspace(slug, {});
  const url = `${inject("askingUrl")}/${kind}/${upstream}`;
  await change(slug, { type: "server.create", input: { slug: "up", url } });
  return client;
}

/** Returns the messages and GET requests that the fixture received under a name. */
export async function readUpstream(name: string): Promise<{
  messages: { session: string | null; message: AnyMessage }[];
  gets: { session: string | null; lastEventId: string | null }[];
}> {
  const response = await fetch(`${inject("askingUrl")}/control/${name}`);
  return response.json();
}

// oxlint-disable-next-line typescript/no-explicit-any -- the tests read any member of a message
type AnyMessage = any;

/** Returns the messages of one method that the fixture received; without a method, the responses to its requests. */
export async function listReceived(name: string, method?: string): Promise<AnyMessage[]> {
  const { messages } = await readUpstream(name);
  return messages.map(({ message }) => message).filter((message) => message.method === method);
}

/** Sends `initialize` as a legacy client with these client capabilities. */
export async function initializeClient(
  client: Client,
  capabilities: object = ALL_CAPABILITIES,
  name = "tester",
): Promise<InitializedClient> {
  const { response } = await rpc(client, "initialize", {
    protocolVersion: "2025-11-25",
    capabilities,
    clientInfo: { name, version: "1" },
  });
  return { ...client, session: response.headers.get("mcp-session-id") ?? "" };
}

export interface CallOptions {
  id?: number | string;
  progressToken?: string | number;
}

/** Calls a tool as a legacy client; returns the stream of the response. */
export async function openCall(
  client: Client & { session?: string },
  name: string,
  args: object = {},
  { id = 1, progressToken }: CallOptions = {},
): Promise<Stream> {
  const _meta = progressToken === undefined ? {} : { _meta: { progressToken } };
  const params = { name, arguments: args, ..._meta };
  const response = await post(
    client,
    { jsonrpc: "2.0", id, method: "tools/call", params },
    headersOf(client),
  );
  return new Stream(response);
}

/** Calls a tool as a modern client; `params` can have responses to server requests with their `requestState`. */
export async function callAsModern(
  client: Client,
  params: { name?: string; [member: string]: unknown },
  capabilities: object = ALL_CAPABILITIES,
  meta: object = {},
): Promise<Stream> {
  const _meta = {
    "io.modelcontextprotocol/protocolVersion": "2026-07-28",
    "io.modelcontextprotocol/clientCapabilities": capabilities,
    ...meta,
  };
  const body = {
    jsonrpc: "2.0",
    id: "c",
    method: "tools/call",
    params: { name: "ask", ...params, _meta },
  };
  const response = await post(client, body, {
    "mcp-protocol-version": "2026-07-28",
    "mcp-method": "tools/call",
    "mcp-name": params.name ?? "ask",
  });
  if (response.headers.get("content-type") === "text/event-stream") return new Stream(response);
  const text = await response.text();
  return new Stream(new Response(`data: ${text}\n\n`));
}

/** Sends a legacy client's response to a server request, or a notification. */
export function sendMessage(
  client: Client & { session?: string },
  message: Record<string, unknown>,
): Promise<Response> {
  return post(client, { jsonrpc: "2.0", ...message }, headersOf(client));
}

function headersOf({ session }: { session?: string }): Record<string, string> {
  return session === undefined ? {} : { "mcp-session-id": session };
}

/** Returns the n-th message of a stream, from 1; undefined if it does not arrive. */
export async function waitForMessage(stream: Stream, n: number): Promise<AnyMessage> {
  await stream.waitUntil(({ messages }) => messages.length >= n);
  return stream.messages[n - 1];
}

/** Returns the JSON value in the text of a tool's result; null for any other message. */
export function parseToolResult(message: AnyMessage): AnyMessage {
  return JSON.parse(message?.result?.content[0].text ?? "null");
}
