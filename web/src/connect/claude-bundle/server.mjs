// @ts-check
// Runs inside Claude Desktop, as the local server of the bundle: sends each JSON-RPC message of standard input to the
// gateway, and writes each of the gateway's messages to standard output. Node.js 18 or later; no packages.

/** @typedef {{ id?: unknown, method?: string, result?: { protocolVersion: string }, error?: { code: number, message: string } }} Message */

const { MCPNEST_URL: url = "", MCPNEST_TOKEN: token = "" } = process.env;
/** First and longest wait before the stream of notifications is opened again, in ms. */
const RECONNECT_MS = { first: 1_000, longest: 30_000 };
const METHOD_NOT_FOUND = -32_601;
const UNREACHABLE = -32_000;

/** The session with the gateway, from its response to `initialize`. */
let session = { id: "", protocolVersion: "" };
/** The client's `initialize`, to begin a new session when the gateway has lost this one. */
let initialize = "";
let isListening = false;

/** The beginning of a line whose end has not arrived. */
let unfinished = "";
process.stdin
  .setEncoding("utf8")
  .on("data", (chunk) => {
    // Not by the module `readline`, for which a line also ends at U+2028, which JSON can contain.
    const lines = `${unfinished}${chunk.toString()}`.split("\n");
    unfinished = lines.pop() ?? "";
    for (const line of lines) if (line.trim() !== "") void handle(line);
  })
  .on("end", () => process.exit(0));

/** @param {string} line */
async function handle(line) {
  const message = parse(line);
  // The revision of 2026-07-28 names itself in each request. Clients fall back to `initialize`.
  if (message.method === "server/discover")
    return respond(message.id, METHOD_NOT_FOUND, "Method not found");
  if (message.method === "initialize") initialize = line;
  try {
    await send(message, line);
  } catch (error) {
    const cause = findCause(error);
    log(`${message.method ?? "response"}: ${cause}`);
    const { host } = new URL(url);
    respond(message.id, UNREACHABLE, `The gateway at ${host} cannot be reached: ${cause}`);
  }
}

/**
 * @param {Message} message
 * @param {string} body
 * @returns {Promise<void>}
 */
async function send(message, body, isAgain = false) {
  const response = await post(body);
  if (response.status === 404 && session.id !== "" && !isAgain) {
    await renewSession();
    return send(message, body, true);
  }
  if (!response.ok) return reportFailure(message, response);
  await relay(response);
  if (session.id !== "" && message.method !== "initialize") void listen();
}

async function renewSession() {
  session = { id: "", protocolVersion: "" };
  // The gateway's response to it is not one to the client.
  await relay(await post(initialize), true);
}

/** Keeps the stream open on which the gateway announces changes. */
async function listen() {
  if (isListening) return;
  isListening = true;
  let wait = RECONNECT_MS.first;
  for (;;) {
    try {
      const response = await fetch(url, {
        headers: { ...commonHeaders(), accept: "text/event-stream" },
      });
      // The gateway counts each try with a token that it refuses. The next message that it accepts begins anew.
      if (response.status === 401) break;
      if (response.ok) {
        wait = RECONNECT_MS.first;
        await relay(response);
      } else {
        log(`notifications: ${response.status} ${await response.text()}`);
        if (response.status === 404) await renewSession();
      }
    } catch (error) {
      log(`notifications: ${findCause(error)}`);
    }
    const current = wait;
    await new Promise((resolve) => setTimeout(resolve, current));
    wait = Math.min(2 * wait, RECONNECT_MS.longest);
  }
  isListening = false;
}

/** @param {string} body */
function post(body) {
  return fetch(url, {
    method: "POST",
    body,
    headers: {
      ...commonHeaders(),
      "content-type": "application/json",
      accept: "application/json, text/event-stream",
    },
  });
}

function commonHeaders() {
  return {
    authorization: `Bearer ${token}`,
    ...(session.id === "" ? {} : { "mcp-session-id": session.id }),
    ...(session.protocolVersion === "" ? {} : { "mcp-protocol-version": session.protocolVersion }),
  };
}

/**
 * Writes the messages of a response. A session begins with the one that has a protocol version.
 * @param {Response} response
 */
async function relay(response, isHidden = false) {
  const id = response.headers.get("mcp-session-id");
  for await (const text of readMessages(response)) {
    const protocolVersion = id === null ? undefined : parse(text).result?.protocolVersion;
    if (id !== null && protocolVersion !== undefined) session = { id, protocolVersion };
    if (!isHidden) write(text);
  }
}

/**
 * The messages of a response: one of JSON, or those of an event stream.
 * @param {Response} response
 */
async function* readMessages(response) {
  const isStream = response.headers.get("content-type")?.startsWith("text/event-stream");
  if (!response.body || !isStream) {
    const text = await response.text();
    if (text !== "") yield text;
    return;
  }
  const decoder = new TextDecoder();
  let rest = "";
  /** @type {AsyncIterable<Uint8Array>} */
  const body = response.body;
  for await (const bytes of body) {
    const events = `${rest}${decoder.decode(bytes, { stream: true })}`.split(/\r?\n\r?\n/);
    rest = events.pop() ?? "";
    for (const event of events) {
      const lines = event.split(/\r?\n/).filter((line) => line.startsWith("data:"));
      const data = lines.map((line) => line.slice("data:".length).trim()).join("\n");
      if (data !== "") yield data;
    }
  }
}

/**
 * Passes on the gateway's error, which says what to do, as the response to the client's request.
 * @param {Message} message
 * @param {Response} response
 */
async function reportFailure({ id, method }, response) {
  const text = await response.text();
  log(`${method ?? "response"}: ${response.status} ${text}`);
  const { error } = text.startsWith("{") ? parse(text) : {};
  const { code, message } = error ?? {
    code: UNREACHABLE,
    message: `The gateway answered ${response.status}`,
  };
  respond(id, code, message);
}

/**
 * @param {unknown} id
 * @param {number} code
 * @param {string} message
 */
function respond(id, code, message) {
  if (id !== undefined) write(JSON.stringify({ jsonrpc: "2.0", id, error: { code, message } }));
}

/**
 * A message is one line. Line breaks in JSON are only white space, so that the rest of the text stays unchanged.
 * @param {string} text
 */
function write(text) {
  process.stdout.write(`${text.replaceAll(/[\r\n]+/g, " ")}\n`);
}

/**
 * Claude Desktop writes standard error to its log.
 * @param {string} text
 */
function log(text) {
  process.stderr.write(`${text}\n`);
}

/**
 * @param {string} text
 * @returns {Message}
 */
function parse(text) {
  // Both sides send JSON-RPC; what is missing is undefined.
  // oxlint-disable-next-line typescript/no-unsafe-return -- the type says what is used
  return JSON.parse(text);
}

/** @param {unknown} error */
function findCause(error) {
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error ? error.cause.message : error.message;
}
