import { inject } from "vitest";
import { post, rpc, send, type Client } from "./gateway-client.ts";

// Messages are looked into freely: what they hold is what the tests are about.
// oxlint-disable-next-line typescript/no-explicit-any -- the same
type Heard = any;

/** An open stream and what was said on it. */
export class Stream {
  readonly messages: Heard[] = [];
  hasEnded = false;
  readonly #reader: ReadableStreamDefaultReader<Uint8Array>;

  constructor(response: Response) {
    const body = response.body as ReadableStream<Uint8Array>;
    this.#reader = body.getReader();
    void this.#read();
  }

  /** The methods that were said, but for the first `skip` ones. */
  methods(skip = 0): string[] {
    return this.messages
      .slice(skip)
      .map(({ method }) => String(method).replace("notifications/", ""));
  }

  /** Waits until something holds of the stream, at most for `ms`; says whether it does. */
  async until(holds: (stream: Stream) => boolean, ms = 3_000): Promise<boolean> {
    for (const dueAt = Date.now() + ms; Date.now() < dueAt; await scheduler.wait(10))
      if (holds(this)) return true;
    return holds(this);
  }

  /** Waits for the next messages, one or more. */
  async hear(count = 1, ms = 3_000): Promise<string[]> {
    await this.until(({ messages }) => messages.length >= count, ms);
    return this.methods();
  }

  async close(): Promise<void> {
    await this.#reader.cancel();
  }

  async #read(): Promise<void> {
    const decoder = new TextDecoder();
    let text = "";
    try {
      for (;;) {
        const { done, value } = await this.#reader.read();
        if (done) break;
        text += decoder.decode(value, { stream: true });
        const events = text.split("\n\n");
        text = events.pop() ?? "";
        for (const event of events) {
          const data = event.split("\n").find((line) => line.startsWith("data: "));
          if (data) this.messages.push(JSON.parse(data.slice(6)));
        }
      }
    } catch {
      // A stream that breaks off has ended, too.
    }
    this.hasEnded = true;
  }
}

/** A legacy client's GET. */
export function get(client: Client, headers: Record<string, string> = {}): Promise<Response> {
  return send(`/api/gw/${client.slug}`, {
    headers: {
      accept: "text/event-stream",
      authorization: `Bearer ${client.token}`,
      ...headers,
    },
  });
}

export async function openStream(client: Client, session?: string): Promise<Stream> {
  return new Stream(await get(client, session ? { "mcp-session-id": session } : {}));
}

/** A legacy client that has introduced itself; its session. */
export async function initialize(client: Client): Promise<string> {
  const { response } = await rpc(client, "initialize", {
    protocolVersion: "2025-11-25",
    capabilities: {},
    clientInfo: { name: "listener", version: "1" },
  });
  return response.headers.get("mcp-session-id") ?? "";
}

/** `subscriptions/listen` of a modern client. */
export function askToListen(
  client: Client,
  notifications: unknown,
  id: string | number = "sub-1",
): Promise<Response> {
  const _meta = {
    "io.modelcontextprotocol/protocolVersion": "2026-07-28",
    "io.modelcontextprotocol/clientCapabilities": {},
  };
  return post(
    client,
    { jsonrpc: "2.0", id, method: "subscriptions/listen", params: { notifications, _meta } },
    { "mcp-protocol-version": "2026-07-28", "mcp-method": "subscriptions/listen" },
  );
}

export async function listen(client: Client, notifications: unknown): Promise<Stream> {
  const stream = new Stream(await askToListen(client, notifications));
  await stream.hear();
  return stream;
}

/** The announcing upstream of that name, once nothing is open to it any more, or after 12 s. */
export async function quiet(name: string): ReturnType<typeof announcing> {
  for (let wait = 0; wait < 120 && (await announcing(name)).streams > 0; wait++)
    await scheduler.wait(100);
  return announcing(name);
}

/** What the announcing upstream of that name has open; with a wish, after that is carried out. */
export async function announcing(
  name: string,
  wish?: {
    tools?: string[];
    announce?: string[];
    update?: string;
    times?: number;
    hangUp?: true;
    giant?: true;
  },
): Promise<{
  listed: number;
  streams: number;
  ended: number;
  sessions: number;
  uris: string[];
  lastEventIds: (string | null)[];
  listens: Record<string, unknown>[];
}> {
  const response = await fetch(`${inject("announcingUrl")}/control/${name}`, {
    method: wish ? "POST" : "GET",
    ...(wish ? { body: JSON.stringify(wish) } : {}),
  });
  return response.json();
}
