import { spawn } from "node:child_process";
import { join } from "node:path";
import { z } from "zod";
import {
  MAX_CHECKED_TOOLS,
  MAX_TOOL_SCHEMA,
  skipChecks,
  toCheck,
  type CheckedTool,
  type ServerCheckResult,
} from "../../workers/contract/hosting/server-check.ts";

/** Time for start, `initialize` and `tools/list` together. A server needs a third of a second. */
const START_TIMEOUT_MS = 10_000;
/** A server's output in the time of the check. */
const MAX_OUTPUT_CHARACTERS = 1024 * 1024;
/** Characters of its error output that a problem quotes. */
const MAX_QUOTE = 300;
const PROTOCOL = "2025-11-25";

const Message = z.object({
  id: z.int(),
  result: z.unknown().optional(),
  error: z.object({ message: z.string() }).optional(),
});
const Initialized = z.object({ protocolVersion: z.string(), serverInfo: z.object({}) });
const Listed = z.object({
  tools: z.array(
    z.object({
      name: z.string(),
      description: z.string().optional(),
      inputSchema: z.record(z.string(), z.unknown()),
    }),
  ),
});

/** Starts the compiled server of a folder without environment, asks for its tools, and kills it with its children. */
export async function startServer(folder: string): Promise<ServerCheckResult> {
  const server = new StartedServer(folder);
  try {
    const clientInfo = { name: "server-check", version: "1.0.0" };
    const params = { protocolVersion: PROTOCOL, capabilities: {}, clientInfo };
    const initialized = await server.request(1, "initialize", params);
    const problem = readProblem(initialized, Initialized, "initialize");
    if (problem !== null)
      return {
        checks: [toCheck("start", [problem]), ...skipChecks(["tools"], "It has not started.")],
        tools: [],
      };
    server.notify("notifications/initialized");
    const listed = await server.request(2, "tools/list", {});
    return judgeTools(listed);
  } finally {
    server.kill();
  }
}

/** A response to a request, or why there is none as a sentence. */
type Answer = { result: unknown } | { problem: string };

function judgeTools(answer: Answer): ServerCheckResult {
  const problem = readProblem(answer, Listed, "tools/list");
  const tools = "result" in answer ? (Listed.safeParse(answer.result).data?.tools ?? []) : [];
  const problems = [
    ...(problem === null ? [] : [problem]),
    ...(problem === null && tools.length === 0 ? ["The server lists no tool."] : []),
    ...(tools.length > MAX_CHECKED_TOOLS
      ? [`The server lists ${tools.length} tools; ${MAX_CHECKED_TOOLS} is the maximum.`]
      : []),
  ];
  return {
    checks: [toCheck("start", []), toCheck("tools", problems)],
    tools: tools.slice(0, MAX_CHECKED_TOOLS).map(toCheckedTool),
  };
}

function toCheckedTool({
  name,
  description = "",
  inputSchema,
}: z.infer<typeof Listed>["tools"][number]): CheckedTool {
  const isLarge = JSON.stringify(inputSchema).length > MAX_TOOL_SCHEMA;
  return {
    name: name.slice(0, 200),
    description: description.slice(0, 2_000),
    inputSchema: isLarge ? null : inputSchema,
  };
}

/** Null: the answer is a result of this form. */
function readProblem(answer: Answer, schema: z.ZodType, method: string): string | null {
  if ("problem" in answer) return answer.problem;
  return schema.safeParse(answer.result).success
    ? null
    : `The result of ${method} does not have the form of the protocol.`;
}

/** A server's process with JSON-RPC on its standard input and output. */
class StartedServer {
  readonly #child;
  readonly #answers = new Map<number, (answer: Answer) => void>();
  #line = "";
  #characters = 0;
  #errorOutput = "";
  /** Why no request gets an answer any more. */
  #end: string | null = null;

  constructor(folder: string) {
    // A group, so that its children can be killed with it.
    const child = spawn(process.execPath, [join(folder, "dist/index.js")], {
      cwd: folder,
      env: {},
      detached: true,
      stdio: ["pipe", "pipe", "pipe"],
    });
    this.#child = child;
    child.stdin.on("error", () => undefined);
    child.once("error", () => this.#finish("The server could not be started."));
    // Not `close`: a process that it leaves behind can hold its output open.
    child.once("exit", (code, signal) => {
      // What it has written last arrives first.
      setImmediate(() =>
        this.#finish(`The server ended by itself (${signal ?? `exit code ${code}`}).`),
      );
    });
    child.stdout.setEncoding("utf8").on("data", (text: string) => this.#read(text));
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      this.#errorOutput = (this.#errorOutput + text).slice(0, MAX_QUOTE);
    });
    setTimeout(
      () => this.#finish(`The server did not answer within ${START_TIMEOUT_MS / 1000} s.`),
      START_TIMEOUT_MS,
    ).unref();
  }

  request(id: number, method: string, params: object): Promise<Answer> {
    if (this.#end !== null) return Promise.resolve({ problem: this.#end });
    return new Promise((resolve) => {
      this.#answers.set(id, resolve);
      this.#send({ jsonrpc: "2.0", id, method, params });
    });
  }

  notify(method: string): void {
    this.#send({ jsonrpc: "2.0", method });
  }

  kill(): void {
    const { pid } = this.#child;
    if (pid === undefined) return;
    try {
      process.kill(-pid, "SIGKILL");
    } catch {
      // The group has ended.
    }
  }

  #send(message: object): void {
    this.#child.stdin.write(`${JSON.stringify(message)}\n`);
  }

  #read(text: string): void {
    this.#characters += text.length;
    if (this.#characters > MAX_OUTPUT_CHARACTERS)
      return this.#finish("The server writes more than 1 MiB before it has listed its tools.");
    const lines = (this.#line + text).split("\n");
    this.#line = lines.pop() ?? "";
    for (const line of lines) this.#readLine(line);
  }

  #readLine(line: string): void {
    const message = Message.safeParse(parseLine(line));
    if (!message.success) {
      if (line.trim() !== "" && parseLine(line) === undefined)
        this.#finish("The server writes to its standard output, which is for messages only.");
      return;
    }
    const { id, result, error } = message.data;
    const answer = error
      ? { problem: `The server answers with an error: ${error.message.slice(0, MAX_QUOTE)}` }
      : { result };
    this.#answers.get(id)?.(answer);
    this.#answers.delete(id);
  }

  #finish(reason: string): void {
    const output = this.#errorOutput.trim();
    this.#end ??= output === "" ? reason : `${reason} Its error output: ${output}`;
    for (const resolve of this.#answers.values()) resolve({ problem: this.#end });
    this.#answers.clear();
  }
}

function parseLine(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    // The server's mistake, which the caller names.
    return undefined;
  }
}
