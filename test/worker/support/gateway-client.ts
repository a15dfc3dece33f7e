import { env, exports } from "cloudflare:workers";
import { inject } from "vitest";
import { NO_STREAM_LIMITS } from "../../../workers/contract/limits.ts";
import type { CallRow } from "../../../workers/contract/records/audit.ts";
import type {
  Command,
  CommandResults,
  CommandType,
} from "../../../workers/contract/rpc/commands.ts";
import { readSse, type SseOptions } from "../../../workers/mcp/sse.ts";
import { StreamMeter } from "../../../workers/mcp/stream-meter.ts";
import type { Env } from "../../../workers/runtime/env.ts";

/** The Worker's bindings, from `vitest.config.ts`. */
export const bindings = env as unknown as Env;

/** The host under which tests reach the gateway. */
export const HOST = "gateway.test";

/** Sends a request to the Worker as a client on HOST would. */
export function send(path: string, init: RequestInit = {}, host = HOST): Promise<Response> {
  const headers = new Headers(init.headers);
  headers.set("host", host);
  const slug = /^\/api\/(?:gw|registry)\/([^/?]+)/.exec(path)?.[1];
  if (slug !== undefined && !headers.has("cf-connecting-ip"))
    headers.set("cf-connecting-ip", addressOf(slug));
  return exports.default.fetch(new Request(`http://${host}${path}`, { ...init, headers }));
}

/**
 * An address for the clients of each workspace: failed authentications are counted by address for a minute, and those of one
 * test would let the requests of the next ones be refused.
 */
function addressOf(slug: string): string {
  let hash = 0;
  for (let i = 0; i < slug.length; i++) hash = (hash * 31 + slug.charCodeAt(i)) >>> 0;
  return `2001:db8:${(hash >>> 16).toString(16)}:${(hash & 0xffff).toString(16)}::1`;
}

/**
 * Sends a command to a Workspace object; throws if it is refused. A new server serves what it shows, unless the command has
 * another policy: the lists of most servers change during their test.
 */
export async function change<T extends CommandType>(
  slug: string,
  command: Command<T>,
): Promise<CommandResults[T]> {
  const sent: Command<T> = isNewServer(command)
    ? { ...command, input: { changePolicy: "allow", ...command.input } }
    : command;
  const outcome = await bindings.WORKSPACES.getByName(slug).change(sent, "test", null);
  if (!outcome.ok) throw new Error(outcome.refusal.message);
  return outcome.result;
}

/**
 * Creates a workspace with servers on the hostile upstream (slug to path) and a workspace token. Default access is open:
 * members without rules can call every tool.
 */
export async function makeWorkspace(slug: string, servers: Record<string, string> = { ok: "/ok" }) {
  const input = { slug, name: slug, defaultAccess: "open" } as const;
  await change(slug, { type: "workspace.create", input });
  for (const [server, path] of Object.entries(servers)) {
    await change(slug, {
      type: "server.create",
      input: { slug: server, url: inject("hostileUrl") + path },
    });
  }
  const { token, record } = await change(slug, { type: "token.create", input: { label: "test" } });
  return { slug, token, tokenId: record.id };
}

/** Creates a member with rules and a token. */
export async function makeMember(slug: string, rules: string[]) {
  const { member } = await change(slug, { type: "member.create", input: { name: "Member" } });
  if (rules.length > 0) await change(slug, { type: "member.rules", id: member.id, rules });
  const { token } = await change(slug, {
    type: "token.create",
    input: { label: "m", memberId: member.id },
  });
  return { memberId: member.id, token };
}

export interface Client {
  slug: string;
  token: string;
}

/** Posts a body to the gateway; an object is sent as JSON. */
export function post(
  client: Client,
  body: unknown,
  headers: Record<string, string> = {},
): Promise<Response> {
  return send(`/api/gw/${client.slug}`, {
    method: "POST",
    headers: {
      "content-type": "application/json",
      accept: "application/json, text/event-stream",
      authorization: `Bearer ${client.token}`,
      ...headers,
    },
    body: typeof body === "string" ? body : JSON.stringify(body),
  });
}

let nextId = 1;

/** Sends a legacy request; returns the response and its JSON-RPC message, from JSON or an event stream. */
export async function rpc(client: Client, method: string, params: Record<string, unknown> = {}) {
  const response = await post(client, { jsonrpc: "2.0", id: nextId++, method, params });
  return { response, message: await readMessage(response) };
}

export function callTool(client: Client, name: string, args: Record<string, unknown> = {}) {
  return rpc(client, "tools/call", { name, arguments: args });
}

/** Sends a request of revision 2026-07-28 with all its headers; `capabilities`: the client's. */
export async function modernRpc(
  client: Client,
  method: string,
  params: Record<string, unknown> = {},
  headers: Record<string, string> = {},
  capabilities: object = {},
) {
  const _meta = {
    "io.modelcontextprotocol/protocolVersion": "2026-07-28",
    "io.modelcontextprotocol/clientCapabilities": capabilities,
    "io.modelcontextprotocol/clientInfo": { name: "tester", version: "1" },
  };
  const name = params["name"] ?? params["uri"] ?? params["taskId"];
  const response = await post(
    client,
    { jsonrpc: "2.0", id: nextId++, method, params: { ...params, _meta } },
    {
      "mcp-protocol-version": "2026-07-28",
      "mcp-method": method,
      ...(typeof name === "string" ? { "mcp-name": name } : {}),
      ...headers,
    },
  );
  return { response, message: await readMessage(response) };
}

// oxlint-disable typescript/no-explicit-any -- the tests read any member of a message
export type Message = {
  id?: unknown;
  result?: any;
  error?: { code: number; message: string; data?: any };
};

/** The reason of a failed call, in an error or a result; undefined: the call did not fail. */
export function findFailureReason({ error, result }: Message): string | undefined {
  return error?.data.reason ?? result?._meta?.["mcpnest/failure"]?.reason;
}

export async function readMessage(response: Response): Promise<Message> {
  const { body } = response;
  if (!body || !response.headers.get("content-type")?.startsWith("text/event-stream"))
    return JSON.parse(await response.text());
  let last = "{}";
  for await (const { data } of readSse(body, anySize())) last = data;
  return JSON.parse(last);
}

/** Reads an event stream of the gateway without limits. */
export function anySize(): SseOptions {
  return { maxBytes: Infinity, meter: new StreamMeter(NO_STREAM_LIMITS) };
}

/** Returns the call rows of a workspace when there are at least `count`, or after 10 s. */
export async function waitForRows(slug: string, count: number): Promise<CallRow[]> {
  for (let attempt = 0; ; attempt++) {
    const { results } = await bindings.DB.prepare(
      `SELECT c.seq, c.member_id AS memberId, c.token_id AS tokenId, c.server_slug AS serverSlug, c.tool_name AS toolName,
              c.method, c.status, c.error_code AS errorCode, c.latency_ms AS latencyMs, c.client_name AS clientName,
              c.client_version AS clientVersion, c.resend_reason AS resendReason, c.count, c.created_at AS createdAt, c.protocol_version AS protocolVersion
       FROM mcp_tool_calls c JOIN workspaces w ON w.id = c.workspace_id WHERE w.slug = ? ORDER BY c.seq`,
    )
      .bind(slug)
      .all<CallRow>();
    if (results.length >= count || attempt > 200) return results;
    await scheduler.wait(50);
  }
}

/** Returns the call rows of a workspace when their counts add up to at least `count`, or after 20 s. */
export async function waitForCalls(slug: string, count: number): Promise<CallRow[]> {
  for (let attempt = 0; ; attempt++) {
    const rows = await waitForRows(slug, 0);
    const calls = rows.reduce((sum, row) => sum + row.count, 0);
    if (calls >= count || attempt > 200) return rows;
    await scheduler.wait(100);
  }
}

/** Returns counts by method, broken connections and the last request of a path of the hostile upstream. */
export async function upstreamStats(path: string): Promise<{
  methods: Record<string, number>;
  closed: number;
  last?: { headers: Record<string, string>; body: string };
}> {
  const response = await fetch(`${inject("hostileUrl")}/stats`);
  const stats: Record<string, any> = await response.json();
  return stats[path] ?? { methods: {}, closed: 0 };
}

function isNewServer(command: { type: CommandType }): command is Command<"server.create"> {
  return command.type === "server.create";
}
