import { inject } from "vitest";
import { change, makeWorkspace, post, rpc, type Client } from "./gateway-client.ts";
import { Stream } from "./listening.ts";

/** A legacy client that has introduced itself. */
export interface Introduced extends Client {
  session: string;
}

export const EVERYTHING = { elicitation: { form: {} }, sampling: {}, roots: {} };

export const FORM = {
  method: "elicitation/create",
  params: { message: "Which name?", requestedSchema: { type: "object", properties: {} } },
};
export const PAGE = {
  method: "elicitation/create",
  params: { mode: "url", message: "Log in", url: "https://pay.test/", elicitationId: "e-1" },
};
export const SAMPLE = {
  method: "sampling/createMessage",
  params: { messages: [{ role: "user", content: { type: "text", text: "Hi" } }], maxTokens: 5 },
};
export const ROOTS = { method: "roots/list" };

/** A workspace with one server on the asking upstream, of a kind: `legacy`, `sse` or `modern`. */
export async function makeAsked(kind: string, slug: string, upstream = slug) {
  const client = await makeWorkspace(slug, {});
  const url = `${inject("askingUrl")}/${kind}/${upstream}`;
  await change(slug, { type: "server.create", input: { slug: "up", url } });
  return client;
}

/** What arrived at the asking upstream of that name. */
export async function asking(name: string): Promise<{
  messages: { session: string | null; message: Arrived }[];
  gets: { session: string | null; lastEventId: string | null }[];
}> {
  const response = await fetch(`${inject("askingUrl")}/control/${name}`);
  return response.json();
}

// Messages are looked into freely: what they hold is what the tests are about.
// oxlint-disable-next-line typescript/no-explicit-any -- the same
type Arrived = any;

/** The messages of one method that arrived; without a method, the answers to what the upstream asked. */
export async function arrived(name: string, method?: string): Promise<Arrived[]> {
  const { messages } = await asking(name);
  return messages.map(({ message }) => message).filter((message) => message.method === method);
}

export async function introduce(
  client: Client,
  capabilities: object = EVERYTHING,
  name = "asked",
): Promise<Introduced> {
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

/** A legacy client's call of a tool; its answer is a stream. */
export async function call(
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

/** A legacy client's answer to a question, or a notification. */
export function tell(
  client: Client & { session?: string },
  message: Record<string, unknown>,
): Promise<Response> {
  return post(client, { jsonrpc: "2.0", ...message }, headersOf(client));
}

function headersOf({ session }: { session?: string }): Record<string, string> {
  return session === undefined ? {} : { "mcp-session-id": session };
}

/** The n-th thing that is said on a stream. */
export async function said(stream: Stream, n: number, ms = 3_000): Promise<Arrived> {
  await stream.until(({ messages }) => messages.length >= n, ms);
  return stream.messages[n - 1];
}

/** What a tool of the asking upstream came to, from its result. */
export function valueOf(message: Arrived): Arrived {
  return JSON.parse(message?.result?.content[0].text ?? "null");
}
