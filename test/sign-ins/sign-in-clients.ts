import { stripVTControlCharacters } from "node:util";
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StdioClientTransport } from "@modelcontextprotocol/sdk/client/stdio.js";
import { CLIENTS } from "../../web/src/connect/clients/clients.ts";
import type { ClientBase, Setup } from "../clients/client.ts";
import { COMMAND_LINES } from "../clients/command-lines.ts";
import type { Model } from "../clients/model.ts";
import { isolatedEnv, runToEnd } from "../clients/processes.ts";
import { PACKAGES } from "../clients/versions.ts";

/** What a client is given. */
interface Setting {
  /** Folder in which npm installed the client. */
  folder: string;
  /** An empty home folder. */
  home: string;
  /** The connection's name and address. */
  name: string;
  url: string;
  model: Model;
  /** The person opens this address and allows what the client asks for. */
  allow: (address: string) => Promise<void>;
}

/** A client that signs its person in. */
export interface SignInClient extends ClientBase {
  /** From the address alone to a call of the tool `echo`. Returns the answer about the call. */
  run(setting: Setting): Promise<string>;
}

const ECHO = { message: "hello from a client" };

/** The address of the consent page in what a client prints. Before the white space after it, its end can be missing. */
function findAddress(output: string): string | undefined {
  const text = stripVTControlCharacters(output);
  return /http:\/\/\S+\/oauth\/authorize\?[\w%&=.:/+~-]+(?=\s)/.exec(text)?.[0];
}

/** A function for a client's output: the person allows the first address that it contains. */
function makeAllower(allow: Setting["allow"]) {
  let allowed: Promise<void> | undefined;
  let failure: Error | undefined;
  return {
    read: (output: string): void => {
      const address = findAddress(output);
      if (address === undefined || allowed) return;
      allowed = allow(address).catch((error: unknown) => {
        failure = new Error("the person could not allow it", { cause: error });
      });
    },
    /** @throws if the person could not allow it. */
    finished: async (): Promise<void> => {
      await allowed;
      if (failure) throw failure;
    },
  };
}

async function runMcpRemote({ folder, home, url, allow }: Setting): Promise<string> {
  const transport = new StdioClientTransport({
    command: `${folder}/node_modules/.bin/mcp-remote`,
    args: [url],
    cwd: folder,
    env: isolatedEnv(home),
    stderr: "pipe",
  });
  let output = "";
  const allower = makeAllower(allow);
  transport.stderr?.on("data", (chunk: Buffer) => {
    output += chunk.toString();
    allower.read(output);
  });
  const client = new Client({ name: "mcpnest-clients", version: "1.0.0" });
  try {
    await client.connect(transport);
    await allower.finished();
    const result = await client.callTool({ name: "echo", arguments: ECHO });
    return judge(JSON.stringify(result));
  } catch (error) {
    throw new Error(`${String(error)} ${output.slice(-600)}`, { cause: error });
  } finally {
    await client.close();
  }
}

/**
 * The dashboard's file in the client, its command to sign in, which prints the address, then a prompt with the stand-in as
 * the model.
 */
function runAgent(id: string, login: (name: string) => string) {
  return async (setting: Setting): Promise<string> => {
    const { home, name, url, model, allow } = setting;
    const allower = makeAllower(allow);
    const launch = toLaunch(id, setting);
    const command = { command: "sh", args: ["-ec", login(name)], env: launch.env };
    const files = toFiles(id, name, url);
    const { exitCode, stdout, stderr } = await runToEnd({ ...command, files }, home, allower.read);
    await allower.finished();
    if (exitCode !== 0) throw new Error(stderr + stdout);
    const play = model.play([{ tool: "echo", args: ECHO }]);
    const prompted = await runToEnd(launch, home);
    return judge(play.outcomes[0]?.output ?? prompted.stdout + prompted.stderr);
  };
}

function judge(output: string): string {
  if (output.includes(ECHO.message)) return "yes";
  throw new Error(output.replaceAll(/\s+/g, " ").slice(0, 600));
}

/** The file that the dashboard shows for a client from which a person signs in. */
function toFiles(id: string, name: string, url: string): Record<string, string> {
  const client = CLIENTS.find((candidate) => candidate.id === id);
  if (!client) throw new Error(`the dashboard has no configuration for ${id}`);
  const text = client.file.text({ name, url, token: "", variable: "", signsIn: true });
  return { [client.file.paths.linux.slice("~/".length)]: text };
}

/** How the client runs a prompt, without the files of the suite: its own commands have written its configuration. */
function toLaunch(id: string, { folder, home, name, url, model }: Setting) {
  const agent = COMMAND_LINES.find((candidate) => candidate.id === id);
  if (!agent) throw new Error(`${id} is not among the clients`);
  const connection = { name, url, token: "", variable: "" };
  const setup: Setup = { folder, home, connection, modelUrl: model.url };
  const { files: _files, ...launch } = agent.launch(setup, "Call the tool.");
  const path = `${folder}/node_modules/.bin:${process.env["PATH"] ?? ""}`;
  return { ...launch, env: { ...launch.env, PATH: path } };
}

/** The clients, in the order of the table. */
export const SIGN_IN_CLIENTS: readonly SignInClient[] = [
  { id: "mcp-remote", label: "mcp-remote", packages: PACKAGES.mcpRemote, run: runMcpRemote },
  {
    id: "claude-code",
    label: "Claude Code",
    packages: PACKAGES.claudeCode,
    scripts: ["@anthropic-ai/claude-code"],
    // It wants a terminal.
    run: runAgent("claude-code", (name) => `script -qec "claude mcp login ${name}" /dev/null`),
  },
  {
    id: "codex",
    label: "Codex",
    packages: PACKAGES.codex,
    run: runAgent("codex", (name) => `codex mcp login ${name}`),
  },
];
