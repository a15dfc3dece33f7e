// The clients whose caller chooses the calls: the SDKs, mcp-remote and the Inspector.
import { spawn } from "node:child_process";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StdioClientTransport } from "@modelcontextprotocol/sdk/client/stdio.js";
import { ElicitRequestSchema } from "@modelcontextprotocol/sdk/types.js";
import { z } from "zod";
import type { DirectSession, Setup } from "./client.ts";
import { dashboardConfig } from "./dashboard.ts";
import { isolatedEnv, runToEnd } from "./processes.ts";

const Tools = z.array(z.looseObject({ name: z.string() }));
const ProgramLine = z.object({ value: z.unknown().optional(), failure: z.string().optional() });
const StdioServers = z.object({
  mcpServers: z.record(
    z.string(),
    z.object({
      command: z.string(),
      args: z.array(z.string()),
      env: z.record(z.string(), z.string()),
    }),
  ),
});

/** Starts `programs/sdk.mjs` and sends it one command at a time. */
export function connectSdk(setup: Setup, mode: string): Promise<DirectSession> {
  const child = spawn(process.execPath, [join(setup.folder, "sdk.mjs")], {
    env: {
      ...isolatedEnv(setup.home),
      CONNECTION: JSON.stringify(setup.connection),
      MODE: mode,
    },
    stdio: ["pipe", "pipe", "pipe"],
  });
  let stderr = "";
  child.stderr.on("data", (chunk: Buffer) => (stderr += chunk.toString()));
  const ended = new Promise<void>((resolve) => child.once("close", () => resolve()));
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const ask = async (command: object): Promise<unknown> => {
    child.stdin.write(`${JSON.stringify(command)}\n`);
    const line = await lines.next();
    if (line.done) {
      await ended;
      throw new Error(stderr);
    }
    const { value, failure } = ProgramLine.parse(JSON.parse(line.value));
    if (failure !== undefined) throw new Error(failure);
    return value;
  };
  // A process that has ended does not read; its standard error says why.
  child.stdin.on("error", () => undefined);
  return Promise.resolve({
    listTools: async () => Tools.parse(await ask({ list: true })),
    callTool: async (name) => String(await ask({ call: name })),
    close: () => {
      child.stdin.end();
      return ended;
    },
  });
}

/** Starts mcp-remote as Claude Desktop does, from the dashboard's configuration for it. */
export async function connectMcpRemote(setup: Setup): Promise<DirectSession> {
  const { name } = setup.connection;
  const servers = StdioServers.parse(JSON.parse(dashboardConfig("claude-desktop", setup)));
  const server = servers.mcpServers[name];
  if (!server) throw new Error(`the configuration has no server ${name}`);
  const client = new Client(
    { name: "mcpnest-clients", version: "1.0.0" },
    {
      capabilities: { elicitation: { form: {}, url: {} } },
      listChanged: { tools: { onChanged: () => undefined } },
    },
  );
  client.setRequestHandler(ElicitRequestSchema, () => ({ action: "decline" }));
  // `npx mcp-remote` finds the installed version in the working folder.
  const transport = new StdioClientTransport({
    ...server,
    cwd: setup.folder,
    env: { ...isolatedEnv(setup.home), ...server.env },
    stderr: "pipe",
  });
  let stderr = "";
  transport.stderr?.on("data", (chunk: Buffer) => (stderr += chunk.toString()));
  await client.connect(transport).catch((error: unknown) => {
    throw new Error(`${stderr}\n${String(error)}`);
  });
  return {
    listTools: async () => (await client.listTools()).tools,
    callTool: async (tool) => JSON.stringify(await client.callTool({ name: tool, arguments: {} })),
    close: () => client.close(),
  };
}

/** Runs the Inspector's command line, once for each request. */
export function connectInspector(setup: Setup): Promise<DirectSession> {
  const program = join(setup.folder, "node_modules/.bin/mcp-inspector");
  const { url, token } = setup.connection;
  const inspect = async (...request: string[]): Promise<string> => {
    const header = `Authorization: Bearer ${token}`;
    const args = ["--cli", url, "--transport", "http", "--header", header, ...request];
    const { stdout, stderr, exitCode } = await runToEnd({ command: program, args }, setup.home);
    if (exitCode !== 0) throw new Error(`${stderr}\n${stdout}`);
    return stdout;
  };
  return Promise.resolve({
    listTools: async () =>
      z.object({ tools: Tools }).parse(JSON.parse(await inspect("--method", "tools/list"))).tools,
    callTool: (name) => inspect("--method", "tools/call", "--tool-name", name),
    // Every request is a process.
    close: () => Promise.resolve(),
  });
}
