// The stand-in for the model: it speaks the APIs of `model-formats.ts`, plays a script of tool calls and records what a
// client shows it.
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { text as readText } from "node:stream/consumers";
import {
  FORMATS,
  type Body,
  type ModelRequest,
  type ShownTool,
  type Turn,
} from "./model-formats.ts";

/** One tool call of the script. */
export interface Step {
  /** The exposed name. */
  tool: string;
  args: Record<string, unknown>;
  /** Runs before the call is requested. */
  before?: () => Promise<void>;
}

/** The outcome of one step. */
export interface StepOutcome {
  tool: string;
  /** The tool under the name that the client gave it; undefined: the client did not show it. */
  shown: ShownTool | undefined;
  /** The result as the client sent it to the model. */
  output: string | undefined;
}

/** A script that is being played, and its recording. */
export interface Play {
  outcomes: StepOutcome[];
  /** Requests that offered tools. */
  requests: ModelRequest[];
  /** Names of the tools that code can call, from the last code that listed them. */
  callable: string[];
}

/** The running stand-in. */
export interface Model {
  url: string;
  /** Starts a script; the next requests play it. After its last step, the model ends the turn with text. */
  play(steps: Step[]): Play;
  close(): Promise<void>;
}

interface Script extends Play {
  steps: Step[];
  /** The call whose result the model waits for. */
  pending: { id: string; turn: Turn; searches: boolean } | undefined;
  /** Steps for which the model has searched. */
  searched: Set<Step>;
}

let turns = 0;
/** Clients merge messages with the same id. */
const makeId = () => `turn_${++turns}_${Date.now()}`;
const end = (): Turn => ({ kind: "text", id: makeId(), text: "Done." });

/** Starts the stand-in on a free port of 127.0.0.1. */
export async function startModel(): Promise<Model> {
  let script: Script = makeScript([]);
  const server = createServer((incoming, outgoing) => {
    answer(incoming, outgoing, (request) => takeTurn(script, request)).catch((error: unknown) => {
      console.error("stand-in model:", error);
      outgoing.destroy();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    play: (steps) => (script = makeScript(steps)),
    close: () => {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}

function makeScript(steps: Step[]): Script {
  return {
    steps: [...steps],
    outcomes: [],
    requests: [],
    callable: [],
    pending: undefined,
    searched: new Set(),
  };
}

async function answer(
  incoming: IncomingMessage,
  outgoing: ServerResponse,
  decide: (request: ModelRequest) => Promise<Turn>,
): Promise<void> {
  const text = await readText(incoming);
  const path = new URL(incoming.url ?? "/", "http://127.0.0.1").pathname;
  const format = FORMATS.find((candidate) => candidate.path.test(path));
  if (!format || incoming.method !== "POST") {
    // Clients also count tokens and list models.
    return sendJson(outgoing, path.endsWith("count_tokens") ? { input_tokens: 10 } : { data: [] });
  }
  const body: Body = JSON.parse(text);
  const request: ModelRequest = {
    ...format.parse(body, path),
    text: text.replaceAll(/\\+[nrt]/g, " "),
  };
  // Clients also ask for titles and summaries, without tools.
  const turn = request.tools.length === 0 ? end() : await decide(request);
  if (!request.isStream) return sendJson(outgoing, format.render(turn));
  outgoing.writeHead(200, { "content-type": "text/event-stream" });
  for (const [event, data] of format.stream(turn)) {
    const line = typeof data === "string" ? data : JSON.stringify(data);
    outgoing.write(`${event === null ? "" : `event: ${event}\n`}data: ${line}\n\n`);
  }
  outgoing.end();
}

function sendJson(outgoing: ServerResponse, body: object): void {
  outgoing.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(body));
}

async function takeTurn(script: Script, request: ModelRequest): Promise<Turn> {
  script.requests.push(request);
  const { pending } = script;
  if (pending) {
    const output = request.results.get(pending.id);
    // The client sends the same request again, for example after a broken connection.
    if (output === undefined) return pending.turn;
    script.pending = undefined;
    const last = script.outcomes.at(-1);
    if (last && !pending.searches) last.output = output;
    if (pending.searches) script.callable = findCallable(output);
  }
  for (let step = script.steps[0]; step; step = script.steps[0]) {
    const search = script.searched.has(step) ? undefined : await beginStep(step, request, script);
    if (search) return call(script, search, true, toSearch(search, step.tool, request));
    script.steps.shift();
    const shown = findTool(step.tool, request, script.callable);
    script.outcomes.push({ tool: step.tool, shown, output: undefined });
    const code = request.tools.find(({ isCode }) => isCode);
    if (shown && code) return call(script, code, false, toCode(shown, step.args));
    if (shown) return call(script, shown, false, step.args);
  }
  return end();
}

/** Runs what the step needs. Returns the search tool if the step's tool is not loaded. */
async function beginStep(
  step: Step,
  request: ModelRequest,
  script: Script,
): Promise<ShownTool | undefined> {
  await step.before?.();
  script.searched.add(step);
  const tool = request.tools.find(({ name }) => isNamed(name, step.tool));
  if (tool && !tool.isDeferred) return undefined;
  return request.tools.find(isSearch);
}

function call(
  script: Script,
  tool: ShownTool,
  searches: boolean,
  args: Record<string, unknown>,
): Turn {
  const id = makeId();
  const turn: Turn = { kind: "call", id, tool, args };
  script.pending = { id, turn, searches };
  return turn;
}

/** Search tools take a query; Claude Code's selects by exact name. Code lists the names of all tools. */
function toSearch(search: ShownTool, tool: string, request: ModelRequest): Record<string, unknown> {
  if (search.isCode) return { code: "text(`[${ALL_TOOLS.map(({ name }) => name).join()}]`)" };
  const name = findTool(tool, request, [])?.name ?? tool;
  return search.name === "ToolSearch"
    ? { query: `select:${name}`, max_results: 5 }
    : { query: name, pattern: name, limit: 5 };
}

/** JavaScript that calls a tool and shows its result to the model. */
function toCode({ name }: ShownTool, args: Record<string, unknown>): Record<string, unknown> {
  return { code: `text(await tools[${JSON.stringify(name)}](${JSON.stringify(args)}))` };
}

/** The names that the code of `toSearch` listed. */
function findCallable(output: string): string[] {
  return /\[([\w,-]+)\]/.exec(output)?.[1]?.split(",") ?? [];
}

/** The tool of an exposed name: listed, callable by code, or, with a search tool, named anywhere in the request. */
function findTool(
  exposed: string,
  { tools, text }: ModelRequest,
  callable: string[],
): ShownTool | undefined {
  const listed = tools.find(({ name }) => isNamed(name, exposed));
  if (listed) return listed;
  const name = callable.find((candidate) => isNamed(candidate, exposed));
  if (name !== undefined) return { name, isDeferred: true };
  if (tools.some(({ isCode }) => isCode) || !tools.some(isSearch)) return undefined;
  // With a prefix, because the name alone is also in the model's own query.
  const mentioned = new RegExp(`[A-Za-z0-9_-]+(?<![A-Za-z0-9])${exposed}(?![A-Za-z0-9_-])`).exec(
    text,
  );
  return mentioned ? { name: mentioned[0], isDeferred: true } : undefined;
}

/** Whether the tool finds deferred tools. */
function isSearch({ name, isCode }: ShownTool): boolean {
  return isCode === true || /^(?:tool_?search.*|.*search_tools?)$/i.test(name);
}

/** Whether a client's name for a tool is the exposed name, alone or after the client's prefix. */
export function isNamed(name: string, exposed: string): boolean {
  return (
    name === exposed ||
    (name.endsWith(exposed) && /[^A-Za-z0-9]$/.test(name.slice(0, -exposed.length)))
  );
}
