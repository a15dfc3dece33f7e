import {
  createServer,
  request as forward,
  type IncomingMessage,
  type ServerResponse,
} from "node:http";
import type { AddressInfo } from "node:net";
import { buffer } from "node:stream/consumers";

/** A JSON-RPC message, as far as the suite reads it. */
export interface Message {
  id?: unknown;
  method?: string;
  params?: Record<string, unknown>;
  result?: Record<string, unknown>;
  error?: { code: number; message: string };
}

/** One HTTP request of a client and its response. */
export interface Exchange {
  /** Order in which the request arrived, from 0. */
  index: number;
  method: string;
  path: string;
  headers: Record<string, string>;
  /** The messages of the request's body. */
  sent: Message[];
  /** Undefined while the response has not begun, or if the gateway did not respond. */
  status: number | undefined;
  contentType: string;
  /** The response's body so far. */
  text: string;
}

/** A proxy in front of the gateway that records every exchange. */
export interface Recorder {
  port: number;
  exchanges: Exchange[];
  close(): Promise<void>;
}

/** Starts the proxy on a free port of 127.0.0.1. It forwards to the port, unchanged, with the client's Host header. */
export async function startRecorder(gatewayPort: number): Promise<Recorder> {
  const exchanges: Exchange[] = [];
  const server = createServer((incoming, outgoing) => {
    const serve = async () => {
      const body = await buffer(incoming);
      const exchange = record(incoming, body, exchanges.length);
      exchanges.push(exchange);
      relay(incoming, body, outgoing, exchange, gatewayPort);
    };
    // The client hung up before it had sent its request.
    serve().catch(() => outgoing.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    port: (server.address() as AddressInfo).port,
    exchanges,
    close: () => {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}

function record(incoming: IncomingMessage, body: Buffer, index: number): Exchange {
  return {
    index,
    method: incoming.method ?? "",
    path: incoming.url ?? "",
    headers: Object.fromEntries(
      Object.entries(incoming.headers).map(([name, value]) => [name, String(value)]),
    ),
    sent: parseMessages(body.toString()),
    status: undefined,
    contentType: "",
    text: "",
  };
}

function relay(
  { method, url, headers }: IncomingMessage,
  body: Buffer,
  outgoing: ServerResponse,
  exchange: Exchange,
  port: number,
): void {
  const upstream = forward(
    { host: "127.0.0.1", port, method, path: url, headers, agent: false },
    (response) => {
      exchange.status = response.statusCode;
      exchange.contentType = response.headers["content-type"] ?? "";
      outgoing.writeHead(response.statusCode ?? 502, response.headers);
      outgoing.flushHeaders();
      response.on("data", (chunk: Buffer) => {
        exchange.text += chunk.toString();
        outgoing.write(chunk);
      });
      response.on("end", () => outgoing.end());
      response.on("error", () => outgoing.destroy());
    },
  );
  // While the gateway restarts, a client sees what it would see without the proxy: a broken connection.
  upstream.on("error", () => outgoing.destroy());
  outgoing.on("close", () => upstream.destroy());
  upstream.end(body);
}

/** The messages of a response: its JSON body, or the data of its events. */
export function receivedMessages({ contentType, text }: Exchange): Message[] {
  if (!contentType.startsWith("text/event-stream")) return parseMessages(text);
  return text
    .split(/\r?\n\r?\n/)
    .map((event) =>
      event
        .split(/\r?\n/)
        .filter((line) => line.startsWith("data:"))
        .map((line) => line.slice(5).trimStart())
        .join("\n"),
    )
    .flatMap(parseMessages);
}

function parseMessages(text: string): Message[] {
  try {
    const parsed: unknown = JSON.parse(text);
    return (Array.isArray(parsed) ? parsed : [parsed]) as Message[];
  } catch {
    // No JSON: an empty body, a comment of a stream, or a page.
    return [];
  }
}
