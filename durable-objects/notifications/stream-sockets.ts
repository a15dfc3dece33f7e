import type { ClientInfo } from "../../workers/contract/records/stop.ts";
import type {
  MessageToWorker,
  StreamPosition,
} from "../../workers/contract/rpc/notification-stream.ts";

/**
 * What the object knows of an open stream. It is attached to the stream's WebSocket, which keeps it while the object is
 * not in memory. An attachment has at most 16 KiB, so resources are stored in SQLite.
 */
export interface Stream {
  /** Unique name of the stream. */
  name: string;
  /** SHA-256 of the token, lowercase hex. */
  digest: string;
  /** Key of a legacy client's session, whose resource subscriptions are included; null: none. */
  session: string | null;
  position: StreamPosition;
  hasResources: boolean;
  /** Whether its Worker listens to servers. */
  isListening: boolean;
  /** Epoch ms. */
  openedAt: number;
  /** Absent: a stream that an earlier release opened. */
  client?: ClientInfo;
  /** Slug of the one server whose changes are sent; absent: those of all servers. */
  server?: string;
}

/** An open stream with the WebSocket to its Worker. */
export interface OpenStream {
  socket: WebSocket;
  stream: Stream;
}

/** The WebSockets of the open streams. The platform keeps them while the object is not in memory. */
export class StreamSockets {
  readonly #ctx: DurableObjectState;

  constructor(ctx: DurableObjectState) {
    this.#ctx = ctx;
  }

  /** Responds with a new WebSocket, whose first message opens a stream. */
  accept(): Response {
    const { 0: theirs, 1: ours } = new WebSocketPair();
    this.#ctx.acceptWebSocket(ours);
    return new Response(null, { status: 101, webSocket: theirs });
  }

  get isEmpty(): boolean {
    return this.#ctx.getWebSockets().length === 0;
  }

  /** The open streams, the oldest first. */
  list(): OpenStream[] {
    return this.#ctx
      .getWebSockets()
      .flatMap((socket) => {
        const stream = this.find(socket);
        return stream && socket.readyState === WebSocket.OPEN ? [{ socket, stream }] : [];
      })
      .toSorted(
        ({ stream: a }, { stream: b }) => a.openedAt - b.openedAt || a.name.localeCompare(b.name),
      );
  }

  /** The stream of a WebSocket; null: it is not open yet, or has ended. */
  find(socket: WebSocket): Stream | null {
    // Only `save` and `forget` attach a value.
    return socket.deserializeAttachment() as Stream | null;
  }

  save({ socket, stream }: OpenStream): void {
    socket.serializeAttachment(stream);
  }

  /** The stream of this WebSocket has ended. */
  forget(socket: WebSocket): void {
    socket.serializeAttachment(null);
  }

  /** Sends a message, then closes the WebSocket. */
  end(socket: WebSocket, last: MessageToWorker): void {
    this.forget(socket);
    sendToWorker(socket, last);
    socket.close(1000);
  }
}

/** Sends a message on a stream's WebSocket. */
export function sendToWorker(socket: WebSocket, message: MessageToWorker): void {
  try {
    socket.send(JSON.stringify(message));
  } catch {
    // The Worker has closed the WebSocket; `webSocketClose` follows.
  }
}
