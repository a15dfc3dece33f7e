// A stdio server of 2025-11-25 without an SDK, whose tools run as tasks. Its tasks have guessable ids, and it sends a task's
// messages at once instead of on a request for the task's result.
import { createInterface } from "node:readline";

type Values = Record<string, unknown>;

interface Task {
  status: string;
  text: string;
  /** Ids of `tasks/result` requests that wait. */
  waiting: unknown[];
}

const send = (message: object): void =>
  void process.stdout.write(`${JSON.stringify({ jsonrpc: "2.0", ...message })}\n`);
const tasks = new Map<string, Task>();
const seen = { refusals: [] as string[], cancelled: [] as string[] };

const toRelated = (taskId: string) => ({
  _meta: { "io.modelcontextprotocol/related-task": { taskId } },
});
const toState = (taskId: string) => ({
  taskId,
  status: tasks.get(taskId)?.status,
  createdAt: "2026-01-01T00:00:00Z",
  lastUpdatedAt: "2026-01-01T00:00:00Z",
  ttl: 60_000,
});

function sendResult(id: unknown, taskId: string): void {
  const text = tasks.get(taskId)?.text;
  send({ id, result: { content: [{ type: "text", text }], ...toRelated(taskId) } });
}

function end(taskId: string, status: string, text: string): void {
  const task = tasks.get(taskId);
  if (!task || task.status !== "working") return;
  Object.assign(task, { status, text });
  send({ method: "notifications/tasks/status", params: toState(taskId) });
  for (const id of task.waiting) sendResult(id, taskId);
}

/** What a tool does as a task. */
const TASKS: Record<string, (taskId: string, args: Values) => void> = {
  /** Sends a question before the client knows the task. */
  ask: (taskId) => {
    const params = { message: "Who?", requestedSchema: { type: "object", properties: {} } };
    send({
      id: `question ${taskId}`,
      method: "elicitation/create",
      params: { ...params, ...toRelated(taskId) },
    });
  },
  slow: (taskId, { ms }) => {
    setTimeout(() => {
      console.error(`${taskId} has ended`);
      end(taskId, "completed", "done");
    }, Number(ms));
  },
};

function call(id: unknown, { name, arguments: args = {}, task }: Values): void {
  const begin = TASKS[String(name)];
  if (!begin || task === undefined)
    return send({ id, result: { content: [{ type: "text", text: JSON.stringify(seen) }] } });
  const taskId = `task-${tasks.size + 1}`;
  tasks.set(taskId, { status: "working", text: "", waiting: [] });
  begin(taskId, args as Values);
  send({ id, result: { task: toState(taskId) } });
}

function handleTask(id: unknown, method: string, taskId: string): void {
  const task = tasks.get(taskId);
  if (!task) return send({ id, error: { code: -32602, message: "Unknown task" } });
  if (method === "tasks/cancel") {
    seen.cancelled.push(taskId);
    end(taskId, "cancelled", "cancelled");
  }
  if (method !== "tasks/result") return send({ id, result: toState(taskId) });
  if (task.status === "working") task.waiting.push(id);
  else sendResult(id, taskId);
}

function handleResponse(id: string, { result, error }: Values): void {
  const taskId = id.replace("question ", "");
  if (error) seen.refusals.push((error as { message: string }).message);
  end(
    taskId,
    error ? "failed" : "completed",
    JSON.stringify((result as Values | undefined)?.["content"]),
  );
}

createInterface({ input: process.stdin }).on("line", (line) => {
  const message = JSON.parse(line) as Values;
  const { id, method, params = {} } = message;
  const values = params as Values;
  if (id === undefined) return;
  if (typeof method !== "string") return handleResponse(id as string, message);
  if (method === "initialize") {
    const capabilities = {
      tools: {},
      tasks: { list: {}, cancel: {}, requests: { tools: { call: {} } } },
    };
    const serverInfo = { name: "stdio-tasks", version: "1.0.0" };
    return send({ id, result: { protocolVersion: "2025-11-25", capabilities, serverInfo } });
  }
  if (method === "tools/list") {
    const tools = [...Object.keys(TASKS), "seen"].map((name) => ({
      name,
      inputSchema: { type: "object" },
      execution: { taskSupport: name in TASKS ? "required" : "forbidden" },
    }));
    return send({ id, result: { tools } });
  }
  if (method === "tools/call") return call(id, values);
  handleTask(id, method, String(values["taskId"]));
});
