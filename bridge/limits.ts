// What the bridge bounds beside the limits of the wire (workers/contract/limits.ts).

/** Longest message of a server. */
export const MAX_LINE_BYTES = 8 * 1024 * 1024;
/** Deepest nesting and most values of a server's message. */
export const MESSAGE_LIMITS = { maxDepth: 256, maxNodes: 2_000_000 };
/** Most calls that wait for their turn. */
export const MAX_WAITING_CALLS = 512;
/** All request bodies that are held at a time. */
export const MAX_HELD_BYTES = 32 * 1024 * 1024;
/** Longest wait for a client's response to a server request: a user or a model can take time. */
export const SERVER_REQUEST_TIMEOUT_MS = 300_000;
/** Most suspended calls of modern clients. */
export const MAX_SUSPENDED_CALLS = 256;
/** Most sessions; the one that is unused the longest makes room. */
export const MAX_SESSIONS = 1_000;
/** Most open event streams (GET /mcp and subscriptions/listen). */
export const MAX_STREAMS = 256;
/** What a client may leave unread of an event stream before it is cut off. */
export const MAX_UNSENT_BYTES = 8 * 1024 * 1024;
/** Silence on a response after which a comment keeps the connection alive. */
export const KEEP_ALIVE_MS = 15_000;
