import { inject } from "vitest";
import { readSse, type SseEvent } from "../../../workers/mcp/sse.ts";
import { anySize, post, rpc, send, type Client } from "./gateway-client.ts";

// oxlint-disable-next-line typescript/no-explicit-any -- the tests read any member of a message
type AnyMessage = any;

/** How long tests wait for something that happens at once or within seconds: a busy machine is slow. */
const WAIT_MS = 10_000;

/** An open event stream and the messages that arrived on it. */
export class Stream {
  readonly messages: AnyMessage[] = [];
  hasEnded = false;
  readonly #events: AsyncGenerator<SseEvent>;

  constructor(response: Response) {
    this.#events = readSse(response.body as ReadableStream<Uint8Array>, anySize());
    void this.#read();
  }

  /** The methods of the messages without `notifications/`, except for the first `skip` messages. */
  methods(skip = 0): string[] {
    return this.messages
      .slice(skip)
      .map(({ method }) => String(method).replace("notifications/", ""));
  }

  /** Waits until a condition is true, at most for `ms`; returns whether it is. */
  async waitUntil(isTrue: (stream: Stream) => boolean, ms = WAIT_MS): Promise<boolean> {
    for (const dueAt = Date.now() + ms; Date.now() < dueAt; await scheduler.wait(10))
      if (isTrue(this)) return true;
    return isTrue(this);
  }

  /** Waits until `count` messages have arrived; returns the methods of all messages. */
  async waitForMethods(count = 1): Promise<string[]> {
    await this.waitUntil(({ messages }) => messages.length >= count);
    return this.methods();
  }

  async close(): Promise<void> {
    await this.#events.return(undefined);
  }

  async #read(): Promise<void> {
    try {
      for await (const { data } of this.#events)
        if (data !== "") this.messages.push(JSON.parse(data));
    } catch {
      // A stream that breaks off has also ended.
    }
    this.hasEnded = true;
  }
}

/** Sends a legacy client's GET for a notification stream. */
export function sendGet(client: Client, headers: Record<string, string> = {}): Promise<Response> {
  return send(`/api/gw/${client.slug}`, {
    headers: {
      accept: "text/event-stream",
      authorization: `Bearer ${client.token}`,
      "mcp-protocol-version": "2025-11-25",
      ...headers,
    },
  });
}

/** Opens a legacy client's notification stream, of a session or without one. */
export async function openStream(client: Client, session?: string): Promise<Stream> {
  return new Stream(await sendGet(client, session ? { "mcp-session-id": session } : {}));
}

/** Sends `initialize` as a legacy client without client capabilities; returns its session id. */
export async function openSession(client: Client): Promise<string> {
  const { response } = await rpc(client, "initialize", {
    protocolVersion: "2025-11-25",
    capabilities: {},
    clientInfo: { name: "listener", version: "1" },
  });
  return response.headers.get("mcp-session-id") ?? "";
}

/** Sends `subscriptions/listen` as a modern client. */
export function sendListen(
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

/** Opens a modern client's notification stream and waits for its acknowledgement. */
export async function openSubscription(client: Client, notifications: unknown): Promise<Stream> {
  const stream = new Stream(await sendListen(client, notifications));
  await stream.waitForMethods();
  return stream;
}

/** Waits until no stream to the fixture is open under a name, at most for 12 s; returns the fixture's state. */
export async function waitForNoStreams(name: string): ReturnType<typeof controlUpstream> {
  for (let wait = 0; wait < 120 && (await controlUpstream(name)).streams > 0; wait++)
    await scheduler.wait(100);
  return controlUpstream(name);
}

/** Returns the state of the fixture that sends change notifications; with a command, after it is carried out. */
export async function controlUpstream(
  name: string,
  command?: {
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
    method: command ? "POST" : "GET",
    ...(command ? { body: JSON.stringify(command) } : {}),
  });
  return response.json();
}
