/** A workspace of the soak; `isAttacked`: it has connected the hostile servers. */
export interface Workspace {
  slug: string;
  url: string;
  token: string;
  isAttacked: boolean;
}

/** How many of 100 regular requests are of each kind. The rest calls a small tool. */
const LISTS = 8;
const STREAMS = 4;
const LARGE = 2;
const SESSIONS = 3;
const TIMEOUT_MS = 30_000;

/** Headers of a client; `address`: as a load balancer states it. */
export function clientHeaders(token: string, address: string): Record<string, string> {
  return {
    authorization: `Bearer ${token}`,
    "content-type": "application/json",
    accept: "application/json, text/event-stream",
    "cf-connecting-ip": address,
  };
}

/** JSON text of a call. */
export function callOf(name: string, args: object = {}, meta?: object): string {
  const params = { name, arguments: args, ...(meta && { _meta: meta }) };
  return JSON.stringify({ jsonrpc: "2.0", id: 1, method: "tools/call", params });
}

/** Sends one request of a well-behaved client. Throws with the kind of the request if it does not succeed. */
export async function sendRegular(number: number, { url, token, slug }: Workspace): Promise<void> {
  const headers = clientHeaders(token, `198.18.0.${Number(slug.split("-")[1]) + 1}`);
  const post = async (kind: string, body: string, more: Record<string, string> = {}) => {
    const signal = AbortSignal.timeout(TIMEOUT_MS);
    const init = { method: "POST", headers: { ...headers, ...more }, body, signal };
    const response = await fetch(url, init);
    const text = await response.text();
    if (!response.ok || !text.includes('"result"') || text.includes('"isError":true'))
      throw new Error(`${kind}: ${response.status} ${text.slice(0, 120)}`);
    return response;
  };
  // Each workspace has all kinds in turn.
  let kind = Math.floor(number / 20) % 100;
  if ((kind -= LISTS) < 0)
    return void (await post("list", '{"jsonrpc":"2.0","id":1,"method":"tools/list"}'));
  if ((kind -= STREAMS) < 0)
    return void (await post("stream", callOf("good_stream", {}, { progressToken: number })));
  if ((kind -= LARGE) < 0) return void (await post("large", callOf("good_big")));
  if ((kind -= SESSIONS) < 0) {
    const params = {
      protocolVersion: "2025-11-25",
      capabilities: {},
      clientInfo: { name: "soak", version: String(number) },
    };
    const initialize = { jsonrpc: "2.0", id: 1, method: "initialize", params };
    const session = (await post("initialize", JSON.stringify(initialize))).headers.get(
      "mcp-session-id",
    );
    const more = { "mcp-session-id": session ?? "", "mcp-protocol-version": "2025-11-25" };
    return void (await post("session", callOf("good_echo", { text: "hello" }), more));
  }
  await post("call", callOf("good_echo", { text: `hello ${number}` }));
}
