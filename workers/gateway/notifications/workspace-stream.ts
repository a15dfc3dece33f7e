import type {
  ListName,
  MessageToWorker,
  MessageToWorkspace,
  OpenedStream,
  OpenStreamRequest,
  StreamChanges,
  StreamPosition,
} from "../../contract/rpc/notification-stream.ts";
import { logFailure } from "../../runtime/log.ts";
import { workspacesOf } from "../../runtime/objects.ts";
import type { EntryContext } from "../context.ts";
import { ServerListeners } from "./server-listeners.ts";

/** After this many failed attempts to open the WebSocket again, the client's stream is broken off. */
const MAX_FAILURES = 5;
/** Between two attempts, on average: when an object starts again, not all streams come back at once. */
const RETRY_MS = 1_000;
/** Most updated resources that wait for a slow client; more are dropped. */
const MAX_WAITING_UPDATES = 1_000;

/** The object is addressed by name; the URL is of no meaning. */
const ADDRESS = "https://workspace/";

/** Why a stream was not opened. `unavailable`: the Workspace failed. */
export type StreamRefusal =
  | "unauthorized"
  | "too_many_of_token"
  | "too_many_of_member"
  | "unavailable";

type WantedChanges = Omit<OpenStreamRequest, "digest" | "server" | "stream">;

type OpenResult =
  | { kind: StreamRefusal }
  | { kind: "open"; stream: WorkspaceStream; opened: OpenedStream };

/**
 * A notification stream at the Workspace object: a WebSocket, which is opened again from the last position when it breaks.
 * It costs the object nothing while nothing changes. It also has this Worker listen to servers.
 */
export class WorkspaceStream {
  readonly #context: EntryContext;
  readonly #listeners: ServerListeners;
  readonly #changedLists = new Set<ListName>();
  readonly #updatedResources = new Set<string>();
  #request: OpenStreamRequest;
  #isEmpty = false;
  /** Null: it is not open. */
  #socket: WebSocket | null = null;
  /** How far the client is informed; null: the stream was never open. */
  #position: StreamPosition | null = null;
  #isClosed = false;
  #expiry: ReturnType<typeof setTimeout> | undefined;
  #wake: () => void = () => undefined;

  private constructor(context: EntryContext, request: OpenStreamRequest) {
    this.#context = context;
    this.#request = request;
    this.#listeners = new ServerListeners(context.env, (message) => this.#send(message));
  }

  static async open(context: EntryContext, wanted: WantedChanges): Promise<OpenResult> {
    const { digest, server } = context;
    const one = server === null ? {} : { server };
    const request = { ...wanted, ...one, digest, stream: crypto.randomUUID() };
    const stream = new WorkspaceStream(context, request);
    const opened = await stream.#connect();
    if (typeof opened === "string") return { kind: opened };
    const { resources, position } = opened;
    stream.#request = { ...request, resources };
    const hasNone = Object.keys(position.lists).length === 0 && resources.length === 0;
    stream.#isEmpty = hasNone && request.session === null;
    // The Workspace object can be out of memory when the token expires.
    if (opened.expiresAt !== null)
      stream.#expiry = setTimeout(() => void stream.close(), opened.expiresAt - Date.now());
    return { kind: "open", stream, opened };
  }

  /** Whether it is subscribed to nothing that the gateway supports. */
  get isEmpty(): boolean {
    return this.#isEmpty;
  }

  /** Waits for changes. `closed`: there are no more; `broken`: the Workspace fails. */
  async next(): Promise<StreamChanges | "closed" | "broken"> {
    for (let failures = 0; failures < MAX_FAILURES;) {
      if (this.#isClosed) return "closed";
      if (this.#changedLists.size + this.#updatedResources.size > 0) return this.#takeChanges();
      if (this.#socket) {
        await new Promise<void>((resolve) => (this.#wake = resolve));
        continue;
      }
      await scheduler.wait(RETRY_MS * (0.5 + Math.random()));
      const opened = await this.#connect();
      if (opened === "unauthorized") return "closed";
      failures = typeof opened === "string" ? failures + 1 : 0;
    }
    return "broken";
  }

  /** Ends the stream. Returns when what was opened for it is closed. */
  async close(): Promise<void> {
    this.#isClosed = true;
    clearTimeout(this.#expiry);
    this.#socket?.close(1000);
    this.#socket = null;
    this.#wake();
    await this.#listeners.stop();
  }

  #takeChanges(): StreamChanges {
    const changes = {
      changedLists: [...this.#changedLists],
      updatedResources: [...this.#updatedResources],
    };
    this.#changedLists.clear();
    this.#updatedResources.clear();
    return changes;
  }

  async #connect(): Promise<OpenedStream | StreamRefusal> {
    const { env, slug } = this.#context;
    if (this.#isClosed) return "unauthorized";
    try {
      const init = { headers: { upgrade: "websocket" } };
      const { status, webSocket } = await workspacesOf(env).getByName(slug).fetch(ADDRESS, init);
      if (!webSocket) throw new Error(`The Workspace object responded with ${status}`);
      return await this.#openOn(webSocket);
    } catch (error) {
      logFailure("stream_open_failed", error, { workspace: slug });
      return "unavailable";
    }
  }

  /** Sends the request on a new WebSocket. Returns when the Workspace has opened or refused the stream. */
  async #openOn(socket: WebSocket): Promise<OpenedStream | StreamRefusal> {
    const { promise, resolve } = Promise.withResolvers<OpenedStream | StreamRefusal>();
    let opened: OpenedStream | null = null;
    const handleEnd = () => {
      resolve("unavailable");
      if (this.#socket === socket) this.#handleBreak();
    };
    socket.addEventListener("message", ({ data }) => {
      // The other end of the WebSocket is this same deployable.
      const message = JSON.parse(String(data)) as MessageToWorker;
      const refusal = toRefusal(message);
      if (message.kind === "opened") opened = message.stream;
      else if (refusal) resolve(refusal);
      else if (message.kind === "ready" || message.kind === "closed")
        resolve(opened ?? "unavailable");
      if (this.#socket === socket) this.#handleMessage(message);
    });
    socket.addEventListener("close", handleEnd);
    socket.addEventListener("error", handleEnd);
    socket.accept();
    // The client has left while the object responded.
    if (this.#isClosed) {
      socket.close(1000);
      return "unauthorized";
    }
    this.#socket = socket;
    this.#send({ kind: "open", request: this.#request, position: this.#position });
    return promise;
  }

  #handleMessage(message: MessageToWorker): void {
    switch (message.kind) {
      case "opened":
        this.#position = message.stream.position;
        return;
      case "changes": {
        const { changedLists, updatedResources } = message.changes;
        this.#position = message.position;
        for (const list of changedLists) this.#changedLists.add(list);
        for (const uri of updatedResources)
          if (this.#updatedResources.size < MAX_WAITING_UPDATES) this.#updatedResources.add(uri);
        return this.#wake();
      }
      case "listen":
        return void this.#listeners.carryOut(message.orders);
      case "closed":
        this.#isClosed = true;
        return this.#wake();
      default:
    }
  }

  /** The Workspace object has stopped, or cannot be reached. It orders anew what this Worker has to listen to. */
  #handleBreak(): void {
    this.#socket = null;
    void this.#listeners.stop();
    this.#wake();
  }

  #send(message: MessageToWorkspace): void {
    try {
      this.#socket?.send(JSON.stringify(message));
    } catch {
      // The WebSocket is closing; its end is handled when it is reported.
    }
  }
}

function toRefusal(message: MessageToWorker): StreamRefusal | null {
  switch (message.kind) {
    case "unauthorized":
    case "unavailable":
      return message.kind;
    case "too_many":
      return message.of === "member" ? "too_many_of_member" : "too_many_of_token";
    default:
      return null;
  }
}
