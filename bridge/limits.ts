import { MAX_RESPONSE_BYTES } from "../workers/contract/limits.ts";
import { HOUR_MS } from "../workers/contract/units.ts";
import { RESPONSE_LIMITS } from "../workers/mcp/json-scan.ts";

// Limits of the bridge, in addition to the protocol's in workers/contract/limits.ts.

/** Longest message of the server: what the gateway relays. */
export const MAX_LINE_BYTES = MAX_RESPONSE_BYTES;
/**
 * Most lines and bytes of the server's output that are read in a second. A server that writes more waits. The largest
 * message passes within the second.
 */
export const MAX_LINES_PER_SECOND = 5_000;
export const MAX_BYTES_PER_SECOND = 4 * MAX_RESPONSE_BYTES;
/** A call ends at the latest after this time: progress restarts its time limit, but not this one. As the gateway's. */
export const MAX_CALL_MS = HOUR_MS;
/** A list or a resource is announced to clients once in this time, however often the server announces it. */
export const CHANGE_INTERVAL_MS = 1_000;
/** Most lists and resources that are announced in that time; more are dropped. */
export const MAX_CHANGES_PER_INTERVAL = 1_000;
/** Deepest nesting and most values of a server's message. */
export const MESSAGE_LIMITS = RESPONSE_LIMITS;
/** Most calls that wait for the server. */
export const MAX_WAITING_CALLS = 512;
/** Memory for request bodies of all calls in flight. */
export const MAX_BUFFERED_BODY_BYTES = 32 * 1024 * 1024;
/** Longest wait for a client's response to a server request: a user or a model can take time. */
export const SERVER_REQUEST_TIMEOUT_MS = 300_000;
/** Most suspended calls of modern clients. */
export const MAX_SUSPENDED_CALLS = 256;
/** Most sessions; a new one replaces the least recently used. */
export const MAX_SESSIONS = 1_000;
/** Most tasks; a new one replaces the oldest, first those that have ended. */
export const MAX_TASKS = 1_000;
/** Most open event streams (GET /mcp and subscriptions/listen). */
export const MAX_STREAMS = 256;
/** A client that leaves more unread data of an event stream is disconnected. */
export const MAX_UNSENT_BYTES = 8 * 1024 * 1024;
/** Interval of comments that keep a silent response open. */
export const KEEP_ALIVE_MS = 15_000;
