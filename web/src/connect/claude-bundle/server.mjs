// Runs inside Claude Desktop, as the local server of the bundle: sends each JSON-RPC message of standard input to the
// gateway, and writes each of the gateway's messages to standard output. Node.js 18 or later; no packages.
import { createInterface } from "node:readline";

const { MCPNEST_URL: url = "", MCPNEST_TOKEN: token = "" } = process.env;
/** Wait before the stream of notifications is opened again, in ms: it doubles up to the second value. */
const RECONNECT_MS = [1_000, 30_000];
const METHOD_NOT_FOUND = -32_601;
const UNREACHABLE = -32_000;

/** The session with the gateway, from its response to `initialize`. */
let session = { id: "", protocolVersion: "" };
/** The client's `initialize`, to begin a new session when the gateway has lost this one. */
let initialize = null;
let isListening = false;

createInterface({ input: process.stdin })
  .on("line", (line) => {
    if (line.trim() !== "") void handle(line);
  })
  .on("close", () => process.exit(0));

async function handle(line) {
  const message = JSON.parse(line);
  // The revision of 2026-07-28 names itself in each request. Clients fall back to `initialize`.
  if (message.method === "server/discover")
    return respond(message.id, METHOD_NOT_FOUND, "Method not found");
  if (message.method === "initialize") initialize = message;
  try {
    await send(message, line);
  } catch (error) {
    const cause = error.cause?.code ?? error.message;
    console.error(`${message.method ?? "response"}: ${cause}`);
    respond(
      message.id,
      UNREACHABLE,
      `The gateway at ${new URL(url).host} cannot be reached: ${cause}`,
    );
  }
}

async function send(message, body, isAgain = false) {
  const response = await request("POST", { "content-type": "application/json" }, body);
  if (response.status === 404 && session.id !== "" && initialize && !isAgain) {
    await beginSession();
    return send(message, body, true);
  }
  if (message.method === "initialize" && response.ok) return finishInitialize(response);
  if (!response.ok) return reportFailure(message, response);
  await relay(response);
  if (message.method === "notifications/initialized") void listen();
}

/** Begins a session in place of the lost one. Its response is not the client's. */
async function beginSession() {
  session = { id: "", protocolVersion: "" };
  const response = await request(
    "POST",
    { "content-type": "application/json" },
    JSON.stringify(initialize),
  );
  for await (const text of readMessages(response)) adoptSession(response, text);
}

async function finishInitialize(response) {
  for await (const text of readMessages(response)) {
    adoptSession(response, text);
    write(text);
  }
}

function adoptSession(response, text) {
  const { result } = JSON.parse(text);
  if (!result) return;
  session = {
    id: response.headers.get("mcp-session-id") ?? "",
    protocolVersion: result.protocolVersion,
  };
}

/** Keeps the stream open on which the gateway announces changes. */
async function listen() {
  if (isListening) return;
  isListening = true;
  let [wait] = RECONNECT_MS;
  for (;;) {
    try {
      const response = await request("GET", {});
      if (!response.ok) break;
      [wait] = RECONNECT_MS;
      await relay(response);
    } catch (error) {
      console.error(`notifications: ${error.cause?.code ?? error.message}`);
    }
    await new Promise((resolve) => setTimeout(resolve, wait));
    wait = Math.min(2 * wait, RECONNECT_MS[1]);
  }
  isListening = false;
}

function request(method, headers, body) {
  return fetch(url, {
    method,
    body,
    headers: {
      ...headers,
      accept: method === "GET" ? "text/event-stream" : "application/json, text/event-stream",
      authorization: `Bearer ${token}`,
      ...(session.id && { "mcp-session-id": session.id }),
      ...(session.protocolVersion && { "mcp-protocol-version": session.protocolVersion }),
    },
  });
}

async function relay(response) {
  for await (const text of readMessages(response)) write(text);
}

/** The messages of a response: one of JSON, or those of an event stream. */
async function* readMessages(response) {
  if (!response.headers.get("content-type")?.startsWith("text/event-stream")) {
    const text = await response.text();
    if (text !== "") yield text;
    return;
  }
  let rest = "";
  for await (const chunk of response.body.pipeThrough(new TextDecoderStream())) {
    const events = (rest + chunk).split(/\r?\n\r?\n/);
    rest = events.pop();
    for (const event of events) {
      const lines = event.split(/\r?\n/).filter((line) => line.startsWith("data:"));
      const data = lines.map((line) => line.slice("data:".length).trim()).join("\n");
      if (data !== "") yield data;
    }
  }
}

/** Passes on the gateway's error, which says what to do, as the response to the client's request. */
async function reportFailure({ id, method }, response) {
  const text = await response.text();
  console.error(`${method ?? "response"}: ${response.status} ${text}`);
  let error;
  try {
    ({ error } = JSON.parse(text));
  } catch {
    // Something between here and the gateway has answered.
  }
  respond(
    id,
    error?.code ?? UNREACHABLE,
    error?.message ?? `The gateway answered ${response.status}`,
  );
}

function respond(id, code, message) {
  if (id !== undefined) write(JSON.stringify({ jsonrpc: "2.0", id, error: { code, message } }));
}

/** A message is one line. Its text stays as it is: line breaks in JSON are only white space. */
function write(text) {
  process.stdout.write(`${text.replaceAll(/[\r\n]+/g, " ")}\n`);
}
