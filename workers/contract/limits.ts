// Every limit of the wire, named with its unit.

/** Largest request body a client may send, after any transfer coding. */
export const MAX_REQUEST_BYTES = 4 * 1024 * 1024;
/** Deepest nesting of JSON arrays and objects accepted in a request. */
export const MAX_JSON_DEPTH = 64;
/** Most JSON values (scalars, arrays, objects) accepted in a request. */
export const MAX_JSON_NODES = 100_000;
/** Largest upstream answer that is not an event stream. */
export const MAX_RESPONSE_BYTES = 8 * 1024 * 1024;
/** Longest line of an upstream event stream. */
export const MAX_SSE_LINE_BYTES = 1024 * 1024;
/** Most tools, prompts, resources or templates kept of one server. */
export const MAX_ITEMS_PER_SERVER = 2_000;
/** Most pages followed of one upstream list. */
export const MAX_LIST_PAGES = 50;
/** Longest exposed tool or prompt name (clients refuse longer ones). */
export const MAX_EXPOSED_NAME_LENGTH = 64;
/** Age up to which a server's catalogue is served without a refresh being started. */
export const TOOL_CATALOGUE_FRESH_MS = 30_000;
/** How long a server's detected transport and era hold before they are probed again. */
export const PROBE_VALID_MS = 24 * 60 * 60 * 1000;

/** How long clients can keep a list or the result of `server/discover`. */
export const LIST_TTL_MS = 30_000;
/** How long a server request can wait for the client's response: a user may have to think. */
export const CLIENT_RESPONSE_TIMEOUT_MS = 10 * 60_000;
/** Server requests that follow one within this time go to the client in the same `input_required` result. */
export const SERVER_REQUEST_GATHER_MS = 50;
/** Most calls of one token that wait for a modern client's answers at a time. */
export const MAX_SUSPENDED_CALLS_PER_TOKEN = 32;
/** Most server requests that one call can have open at a client. */
export const MAX_OPEN_SERVER_REQUESTS = 32;
/** Longest URI of a resource that is followed. */
export const MAX_SUBSCRIBED_URI_LENGTH = 2_048;
/** Most streams of change notifications that one token may have open at a time. */
export const MAX_STREAMS_PER_TOKEN = 32;

/** Time budgets of one upstream exchange, in milliseconds. `BUDGETS` (JSON) in the environment overrides any of them. */
export interface Budgets {
  /** Until a legacy event stream names its endpoint, and for each step of a probe. */
  connectMs: number;
  /** Until the response's headers arrive. */
  firstByteMs: number;
  /** Between two pieces of a response's body. */
  idleMs: number;
  /** The whole exchange; lifted while progress arrives. */
  totalMs: number;
  /** How long a client's list waits for servers that have no stored catalogue yet. */
  mergeMs: number;
  /** Without upstream headers for this long, the answer to the client becomes an event stream with keep-alive comments. */
  keepAliveMs: number;
}

export const DEFAULT_BUDGETS: Budgets = {
  connectMs: 5_000,
  firstByteMs: 30_000,
  idleMs: 30_000,
  totalMs: 120_000,
  mergeMs: 10_000,
  keepAliveMs: 2_000,
};
