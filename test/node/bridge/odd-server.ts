// A stdio server without an SDK whose tools misbehave. The first argument can select a failure at start.
import { spawn } from "node:child_process";
import { closeSync } from "node:fs";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";

type Args = Record<string, unknown>;

const [failure, ...rest] = process.argv.slice(2);
const write = (text: string): void => void process.stdout.write(`${text}\n`);
const send = (message: object): void => write(JSON.stringify({ jsonrpc: "2.0", ...message }));
const text = (value: string) => ({ content: [{ type: "text", text: value }] });

let atOnce = 0;
const cancelled: unknown[] = [];
const subscribed: unknown[] = [];

/** The tools by name. A tool that returns undefined sends no response. */
const TOOLS: Record<string, (args: Args, id: unknown) => unknown> = {
  argv: () => text(JSON.stringify(process.argv.slice(2))),
  environment: () => text(JSON.stringify(process.env)),
  echo: ({ line }) => text(String(line)),
  fail: ({ line }, id) => {
    const message = String(line);
    send({ id, error: { code: -32000, message, data: { [message]: message } } });
  },
  never: () => undefined,
  cancelled: () => text(JSON.stringify(cancelled)),
  subscribed: () => text(JSON.stringify(subscribed)),
  touch: ({ uri }) => {
    send({ method: "notifications/resources/updated", params: { uri } });
    return text("touched");
  },
  die: () => process.exit(7),
  "log-and-die": () => {
    console.error("the last words");
    process.exit(7);
  },
  "stderr-flood": () => {
    for (let i = 0; i < 50_000; i++) process.stderr.write(`flood ${i} ${"x".repeat(4000)}\n`);
    return text("done");
  },
  say: ({ line }) => {
    console.error(String(line));
    return text("said");
  },
  "stdout-flood": () => {
    for (let i = 0; i < 20_000; i++) write(`not JSON ${i} ${"y".repeat(1000)}`);
    return text("done");
  },
  "announce-flood": () => {
    for (let i = 0; i < 20_000; i++) send({ method: "notifications/tools/list_changed" });
    return text("done");
  },
  /** Progress without end, with a token that the client has not given. */
  "guess-progress": (_, id) => {
    const params = { progressToken: id, progress: 1 };
    setInterval(() => send({ method: "notifications/progress", params }), 50);
    return undefined;
  },
  garbage: () => {
    write("{{{");
    write('{"jsonrpc":"2.0","id":99999,"result":{}}');
    write('{"jsonrpc":"2.0","method":"notifications/progress","params":{"progressToken":1e9}}');
    write("[1,2]");
    write('{"id":{}}');
    write("\u0000\u0001");
    return text("done");
  },
  "huge-line": (_, id) => {
    process.stdout.write(
      `{"jsonrpc":"2.0","id":${JSON.stringify(id)},"result":{"content":[{"type":"text","text":"`,
    );
    for (let i = 0; i < 200; i++) process.stdout.write("z".repeat(65_536));
    write('"}]}}');
  },
  "large-number": () => undefined,
  /** A result whose message has this many bytes. */
  sized: ({ bytes }, id) => {
    const empty = JSON.stringify({ jsonrpc: "2.0", id, result: text("") });
    return text("z".repeat(Number(bytes) - empty.length));
  },
  count: async ({ ms = 60 }) => {
    const before = ++atOnce;
    await sleep(Number(ms));
    const most = Math.max(before, atOnce);
    atOnce--;
    return text(String(most));
  },
  "read-count": (args, id) => TOOLS["count"]?.(args, id),
  fork: () => {
    const child = spawn(process.execPath, ["-e", "setInterval(()=>{},1000)"], { stdio: "inherit" });
    return text(String(child.pid));
  },
  deaf: () => {
    process.stdin.pause();
    setInterval(() => undefined, 1000);
    return text("deaf");
  },
};

async function handle(
  message: { id?: unknown; method?: string; params?: Args },
  line: string,
): Promise<void> {
  const { id, method, params = {} } = message;
  if (method === "notifications/cancelled") cancelled.push(params["requestId"]);
  if (id === undefined || method === undefined) return;
  if (method === "initialize") {
    const capabilities = { tools: { listChanged: true }, resources: { subscribe: true } };
    const serverInfo = { name: "odd", version: "1.0.0" };
    return send({ id, result: { protocolVersion: "2024-11-05", capabilities, serverInfo } });
  }
  if (method === "resources/subscribe") {
    subscribed.push(params["uri"]);
    return send({ id, result: {} });
  }
  if (method === "resources/unsubscribe") {
    subscribed.splice(subscribed.indexOf(params["uri"]), 1);
    return send({ id, result: {} });
  }
  if (method === "tools/list") {
    const tools = Object.keys(TOOLS).map((name) => ({
      name,
      inputSchema: { type: "object" },
      annotations: { readOnlyHint: name === "read-count" },
    }));
    return send({ id, result: { tools } });
  }
  if (method !== "tools/call")
    return send({ id, error: { code: -32601, message: "no such method" } });
  if (params["name"] === "large-number") {
    const number = /"number":([^,}]*)/.exec(line)?.[1] ?? "null";
    return write(
      `{"jsonrpc":"2.0","id":${JSON.stringify(id)},"result":{"content":[],"number":${number}}}`,
    );
  }
  const tool = TOOLS[String(params["name"])];
  if (!tool) return send({ id, error: { code: -32602, message: "no such tool" } });
  const result = await tool((params["arguments"] ?? {}) as Args, id);
  if (result !== undefined) send({ id, result });
}

if (failure === "close-stdout") {
  console.error("cannot read the configuration");
  closeSync(1);
  setInterval(() => undefined, 1000);
} else if (failure === "exit") {
  console.error(`missing ${rest.join(" ")}`);
  process.exit(3);
} else if (failure !== "silent") {
  createInterface({ input: process.stdin }).on("line", (line) => {
    void handle(JSON.parse(line) as Parameters<typeof handle>[0], line);
  });
} else {
  setInterval(() => undefined, 1000);
}
