import { DAY_MS, HOUR_MS } from "./units.ts";

// The limits of the wire, each with its unit in its name.

/** Largest request body of a client, after any transfer coding: it is parsed in one piece. */
export const MAX_REQUEST_BYTES = 4 * 1024 * 1024;
/** Deepest nesting of JSON arrays and objects in a request (stack exhaustion). */
export const MAX_JSON_DEPTH = 64;
/** Most JSON values (scalars, arrays, objects) in a request (CPU exhaustion). */
export const MAX_JSON_NODES = 100_000;
/**
 * Largest message of an upstream, in whatever framing: a JSON body, the data of one event, a line of a stdio server. It is
 * held in memory, and an isolate has 128 MB for all its requests.
 */
export const MAX_RESPONSE_BYTES = 8 * 1024 * 1024;
/** `MAX_RESPONSE_BYTES` in words. */
export const MAX_RESPONSE_SIZE = `${MAX_RESPONSE_BYTES / 1024 / 1024} MiB`;
/**
 * Most JSON values of a message that the gateway itself requested, like a list, and parses: `{}` takes thirty times the
 * memory of its text.
 */
export const MAX_RESPONSE_VALUES = 500_000;
/** Largest event of a change listener: a Worker has many of them open, and changes are small. */
export const MAX_CHANGE_BYTES = 1024 * 1024;

/** What one event stream of a server can carry. `lines`: all but those of data, so that a usual event has two or three. */
export interface StreamLimits {
  perMinute: { lines: number; bytes: number };
  /** Of the whole stream, with its resumptions. */
  total: { lines: number; bytes: number };
}

const MIB = 1024 * 1024;
const UNLIMITED = { lines: Infinity, bytes: Infinity };
/** Of a stream that an object of the gateway relays: the object limits what it reads. */
export const NO_STREAM_LIMITS: StreamLimits = { perMinute: UNLIMITED, total: UNLIMITED };
/**
 * The stream of one call, or of one request of the gateway. Its result is one event; the rest are progress and log messages,
 * which no client reads faster than some hundred a second. Four of the largest messages fit into a minute.
 */
export const CALL_STREAM_LIMITS: StreamLimits = {
  perMinute: { lines: 20_000, bytes: 32 * MIB },
  total: { lines: 100_000, bytes: 128 * MIB },
};
/** The stream of an HTTP+SSE connection, which lives for hours: between two responses to calls, as much as one call. */
export const CONNECTION_STREAM_LIMITS: StreamLimits = {
  perMinute: CALL_STREAM_LIMITS.perMinute,
  total: UNLIMITED,
};
/**
 * A stream of change notifications, which lives for hours: about 1,000 events a minute. A list is fetched again once in 10 s
 * anyway.
 */
export const LISTENER_STREAM_LIMITS: StreamLimits = {
  perMinute: { lines: 3_000, bytes: 4 * MIB },
  total: UNLIMITED,
};
/** How long a server that exceeded the limits of its change notifications is not listened to. */
export const FLOOD_PAUSE_MS = 10 * 60_000;
/** A server's lists are fetched again at most once in this time, however often it announces changes. */
export const REFRESH_INTERVAL_MS = 10_000;

/** Longest time limit that a server can have, in seconds. */
export const MAX_SERVER_TIME_LIMIT_SECONDS = HOUR_MS / 1000;
/**
 * Most tools, prompts, resources, templates or skills of one server that are stored: the Workspace object holds all in memory.
 */
export const MAX_ITEMS_PER_SERVER = 2_000;
/** Most bytes in memory of one server's tool catalogue (`sizeOfCatalogue`); what is beyond is left out. */
export const MAX_CATALOGUE_BYTES = 2 * MIB;
/**
 * Most bytes in memory of all tool catalogues of a workspace. Workspace objects share the 128 MB of an isolate with each
 * other, and need as much again while they read a large list.
 */
export const MAX_WORKSPACE_CATALOGUE_BYTES = 24 * MIB;
/** Most pages of one upstream list that are fetched: a server can return a next cursor for ever. */
export const MAX_LIST_PAGES = 50;
/** Most rules of one member: all of them are loaded with the member's row. */
export const MAX_RULES_PER_MEMBER = 2_000;
/** Most rules to which a token is narrowed. Clients that need it take at most some hundred tools. */
export const MAX_RULES_PER_TOKEN = 500;
/** Age from which a request refreshes a server's tool catalogue in the background. */
export const TOOL_CATALOGUE_FRESH_MS = 30_000;
/** Age from which a server's detected transport and era are probed again. */
export const PROBE_VALID_MS = DAY_MS;

/** The header in which the gateway tells a bridge the time limit of a call, in ms, if the server has a separate one. */
export const CALL_TIMEOUT_HEADER = "mcpnest-call-timeout-ms";
/** How long clients can keep a list or the result of `server/discover`. */
export const LIST_TTL_MS = 30_000;
/** How long a server request can wait for the client's response: a user may have to think. */
export const CLIENT_RESPONSE_TIMEOUT_MS = 10 * 60_000;
/** After this time a legacy client must initialize again; its resource subscriptions are kept as long. */
export const CLIENT_SESSION_LIFETIME_MS = 7 * DAY_MS;
/** How long an RPC waits for an event in the Workspace object: an RPC to an object that is gone must end. */
export const LONG_POLL_MS = 50_000;
/** How long a call waits for its upstream session's own stream: messages that the server sends before the stream is open are lost. */
export const SESSION_STREAM_OPEN_MS = 1_000;
/** Server requests that follow one within this time go to the client in the same `input_required` result. */
export const SERVER_REQUEST_GATHER_MS = 50;
/**
 * Most calls of one caller (a member, or a token without one), and of one server, that are in flight at a time. Outcomes
 * arrive up to 250 ms late, so a client that stays below the half of it never notices.
 */
export const MAX_PARALLEL_CALLS_PER_CALLER = 200;
export const MAX_PARALLEL_CALLS_PER_SERVER = 500;
/** Most suspended calls of one token at a time: each keeps a Durable Object in memory. */
export const MAX_SUSPENDED_CALLS_PER_TOKEN = 32;
/** After this time without a call, the connection of an HTTP+SSE session is closed: each keeps a Durable Object in memory. */
export const HTTP_SSE_SESSION_IDLE_MS = 30 * 60_000;
/** Most HTTP+SSE sessions of one server, and of one workspace: above that, those are closed that are idle for longest. */
export const MAX_HTTP_SSE_SESSIONS_PER_SERVER = 100;
export const MAX_HTTP_SSE_SESSIONS_PER_WORKSPACE = 500;
/**
 * Responses of the gateway itself to requests on one stream of a server: to pings, and to requests that no client supports.
 * A server that sends more in a minute gets none.
 */
export const MAX_LOCAL_RESPONSES_PER_MINUTE = 100;
/** Most server requests that one call can have open at a client. */
export const MAX_OPEN_SERVER_REQUESTS = 32;
/**
 * How many times the limit of one token all tokens of a member have together: members create their own tokens, and each
 * would otherwise add to what a member can take from others.
 */
export const MEMBER_LIMIT_FACTOR = 2;
/** Longest URI of a resource subscription in characters: subscriptions are stored. */
export const MAX_SUBSCRIBED_URI_LENGTH = 2_048;
/** Most notification streams of one token at a time: each holds a connection to the client and one to the Workspace object. */
export const MAX_STREAMS_PER_TOKEN = 32;
/** The same for all tokens of one member. */
export const MAX_STREAMS_PER_MEMBER = MEMBER_LIMIT_FACTOR * MAX_STREAMS_PER_TOKEN;
/** Most tasks that one notification stream can watch: each holds a connection to its server. */
export const MAX_WATCHED_TASKS = 16;

/**
 * Most failed authentications of one client address in a window of one minute. Above that, its requests are refused unless
 * their credential was accepted before. A person mistypes less often, and a client retries less often.
 */
export const MAX_AUTH_FAILURES = 30;
/** The window begins with the address's first failure. */
export const AUTH_FAILURE_WINDOW_MS = 60_000;
/** Largest body of a request to the management API. */
export const MAX_MANAGEMENT_BYTES = 1024 * 1024;

/** Time budgets of one exchange with an upstream or a client, in ms. The environment variable `BUDGETS` (JSON) overrides any of them. */
export interface Budgets {
  /** Until a legacy event stream names its endpoint, and for each step of a probe. */
  connectMs: number;
  /** Until the response's headers arrive. */
  firstByteMs: number;
  /** Without a byte of a response's body. Any byte starts it again, that of a comment included. */
  idleMs: number;
  /** The whole exchange. Starts again with every progress notification. */
  totalMs: number;
  /** The whole call, from its admission. Nothing starts it again. */
  maxMs: number;
  /** How long a client's request waits for servers that have no stored catalogue yet. */
  mergeMs: number;
  /**
   * Without upstream headers for this long, the response becomes an event stream. A comment in every interval of an event
   * stream keeps it open, and finds out that the client has left: a closed socket is noticed by a write.
   */
  keepAliveMs: number;
  /** Without a byte of a client's body. */
  bodyIdleMs: number;
  /** Until a client's body has arrived completely. */
  bodyTotalMs: number;
}

/** The budgets that `BUDGETS` does not override. */
export const DEFAULT_BUDGETS: Budgets = {
  connectMs: 5_000,
  firstByteMs: 30_000,
  idleMs: 30_000,
  totalMs: 120_000,
  maxMs: HOUR_MS,
  mergeMs: 10_000,
  keepAliveMs: 1_000,
  bodyIdleMs: 10_000,
  bodyTotalMs: 60_000,
};
