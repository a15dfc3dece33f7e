import type { ClientCapabilities, Endpoint } from "./admission.ts";
import type { CallLease } from "./suspended-call.ts";
import type { UpstreamError } from "./tool-catalogue.ts";

/** Whose session with an HTTP+SSE server a call uses. */
export interface HttpSseSessionKey {
  slug: string;
  serverId: string;
  sessionOwner: string;
  /** Id of the SuspendedCall object that has the session for itself; null: the session owner's calls share it. */
  holder: string | null;
}

/** The session of a call that can be suspended. */
export function toHttpSseSessionKey(slug: string, lease: CallLease): HttpSseSessionKey {
  const { serverId, sessionOwner, holder, ownsSession } = lease;
  return { slug, serverId, sessionOwner, holder: ownsSession ? holder : null };
}

/** The name of a session's object. */
export function toHttpSseSessionName({ slug, serverId, sessionOwner, holder }: HttpSseSessionKey) {
  return JSON.stringify([slug, serverId, sessionOwner, holder]);
}

/** A call for an HttpSseSession object to send. */
export interface HttpSseCall {
  session: HttpSseSessionKey;
  endpoint: Endpoint;
  /** Declared to the server when the session begins. */
  clientCapabilities: ClientCapabilities;
  body: string;
  /** JSON text of the id in the body, which is unique in the session. */
  id: string;
  /** The progress token in the body, which is unique in the session; null: none. */
  progressToken: number | null;
  /** The ids of the gateways that the call has passed, this one last. */
  via: string[];
  /** The task that the call is about; null: none. */
  task: HttpSseTask | null;
}

/** A task that runs on a connection. */
export interface HttpSseTask {
  /** The server's own id. */
  id: string;
  /** Whether the call waits for the task's result, and so receives the task's messages. */
  awaitsResult: boolean;
}

/**
 * An event stream of the messages that belong to the call, up to its response. `messageUrl`: where the server takes
 * messages of this session. `connection`: names the connection and its object, for calls about the tasks that the call begins.
 */
export type HttpSseCallResult = (
  | { ok: true; response: Response; messageUrl: string; connection: string }
  | { ok: false; error: UpstreamError }
) & {
  /** The server did not know the first connection, and the call was sent on a second one. */
  wasSentTwice?: true;
};

/** The RPC methods of an HttpSseSession object. */
export interface HttpSseSessionRpc {
  /** Sends a call on the session's connection, which is opened if there is none. */
  send(call: HttpSseCall): Promise<HttpSseCallResult>;
  /**
   * Sends a call about a task on the connection on which the task was begun; null: the connection has ended, and the task
   * with it.
   */
  sendOn(connection: string, call: HttpSseCall): Promise<HttpSseCallResult | null>;
  /** Cancels the call of this id (JSON text) at the server, if it is in flight, and ends its stream. */
  cancel(id: string): Promise<void>;
}

/** A connection's entry in the Workspace object. */
export interface HttpSseLease {
  /** Random id of the connection. */
  connection: string;
  serverId: string;
  sessionOwner: string;
  /** When the connection's last call began or ended, epoch ms. */
  usedAt: number;
  /** Whether no call is in flight. */
  isIdle: boolean;
}
