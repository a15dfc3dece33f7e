// How each client is given its servers, a plugin with a server in it, and its managed settings.
import { join } from "node:path";
import type { FleetClientId } from "../../../workers/contract/api/fleet-pack.ts";
import type { AgentClient, Launch, Setup } from "../client.ts";
import { COMMAND_LINES } from "../command-lines.ts";
import type { Attempt, Configured } from "./attempts.ts";

/** A client with managed settings. */
export interface ManagedClient {
  id: FleetClientId;
  client: AgentClient;
  /** Files below the home folder: the configuration, and the plugin in `plug`. */
  files(servers: Configured[], program: string): Record<string, string>;
  /** Commands that install the plugin, as arguments of the client. */
  preparation: string[][];
  launch(setup: Setup): Launch;
  settings: Settings[];
}

/** Managed settings: the names of the pack's files, each with its place, and what starts in spite of them. */
export interface Settings {
  files: Record<string, string>;
  starts: Attempt[];
}

const PROMPT = "Call the tool as you are asked to.";
const find = (id: string) => {
  const client = COMMAND_LINES.find((candidate) => candidate.id === id);
  if (!client) throw new Error(`no client ${id}`);
  return client;
};
const toHeaders = ({ token }: Configured) => ({ Authorization: `Bearer ${token}` });
const isOwn = ({ attempt }: Configured) => attempt !== "bundled";
const toHttp = (server: Configured) => ({
  type: "http",
  url: server.url,
  headers: toHeaders(server),
});

const claude = find("claude-code");
const CLAUDE_FOLDER = "/etc/claude-code";
const claudeCode: ManagedClient = {
  id: "claude-code",
  client: claude,
  files: (servers, program) => ({
    ".claude.json": JSON.stringify({
      mcpServers: {
        ...toServers(servers.filter(isOwn), toHttp),
        program: { type: "stdio", command: "sh", args: ["-c", program] },
      },
    }),
    "plug/.claude-plugin/plugin.json": JSON.stringify({ name: "plug", version: "1.0.0" }),
    "plug/.mcp.json": JSON.stringify({
      mcpServers: toServers(
        servers.filter((server) => !isOwn(server)),
        toHttp,
      ),
    }),
  }),
  preparation: [],
  launch: (setup) => {
    const launch = claude.launch(setup, PROMPT);
    return {
      ...launch,
      args: ["--plugin-dir", join(setup.home, "plug"), "mcp", "list"],
      // managed-mcp.json refers to it.
      env: { ...launch.env, [setup.connection.variable]: setup.connection.token },
      files: {},
    };
  },
  settings: [
    {
      files: { "managed-settings.json": `${CLAUDE_FOLDER}/managed-settings.json` },
      starts: ["listed", "otherName"],
    },
    {
      files: {
        "managed-settings.json": `${CLAUDE_FOLDER}/managed-settings.json`,
        "managed-mcp.json": `${CLAUDE_FOLDER}/managed-mcp.json`,
      },
      // Both servers of the workspace, whatever the person has configured.
      starts: ["listed", "otherName"],
    },
  ],
};

const copilot = find("copilot-cli");
const toCopilotHttp = (server: Configured) => ({ ...toHttp(server), tools: ["*"] });
const copilotCli: ManagedClient = {
  id: "copilot",
  client: copilot,
  files: (servers, program) => ({
    ".copilot/mcp-config.json": JSON.stringify({
      mcpServers: {
        ...toServers(servers.filter(isOwn), toCopilotHttp),
        program: { type: "local", command: "sh", args: ["-c", program], tools: ["*"] },
      },
    }),
    "plug/plugin.json": JSON.stringify({ name: "plug", version: "1.0.0", description: "A plugin" }),
    "plug/.mcp.json": JSON.stringify({
      mcpServers: toServers(
        servers.filter((server) => !isOwn(server)),
        toCopilotHttp,
      ),
    }),
  }),
  preparation: [],
  launch: (setup) => {
    const launch = copilot.launch(setup, PROMPT);
    return {
      ...launch,
      args: [...launch.args, "--plugin-dir", join(setup.home, "plug")],
      files: {},
    };
  },
  settings: [
    {
      files: { "managed-settings.json": "/etc/github-copilot/managed-settings.json" },
      starts: ["listed", "otherName"],
    },
  ],
};

const codexCli = find("codex");
const codex: ManagedClient = {
  id: "codex",
  client: codexCli,
  files: (servers, program) => ({
    ".codex/config.toml": [
      ...servers
        .filter(isOwn)
        .map(
          (server) =>
            `[mcp_servers.${server.name}]\nurl = "${server.url}"\nhttp_headers = { Authorization = "${toHeaders(server).Authorization}" }`,
        ),
      `[mcp_servers.program]\ncommand = "sh"\nargs = ["-c", ${JSON.stringify(program)}]`,
      "",
    ].join("\n"),
    "market/.agents/plugins/marketplace.json": JSON.stringify({
      name: "market",
      interface: { displayName: "market" },
      plugins: [
        {
          name: "plug",
          source: { source: "local", path: "./plug" },
          policy: { installation: "AVAILABLE", authentication: "ON_INSTALL" },
          category: "Productivity",
        },
      ],
    }),
    "market/plug/.codex-plugin/plugin.json": JSON.stringify({
      name: "plug",
      version: "1.0.0",
      description: "A plugin",
      mcpServers: "./.mcp.json",
    }),
    "market/plug/.mcp.json": JSON.stringify({
      mcpServers: toServers(
        servers.filter((server) => !isOwn(server)),
        (server) => ({ type: "http", url: server.url, http_headers: toHeaders(server) }),
      ),
    }),
  }),
  preparation: [
    ["plugin", "marketplace", "add", "./market"],
    ["plugin", "add", "plug@market"],
  ],
  launch: (setup) => ({ ...codexCli.launch(setup, PROMPT), files: {} }),
  settings: [
    { files: { "requirements.toml": "/etc/codex/requirements.toml" }, starts: ["listed"] },
  ],
};

function toServers(servers: Configured[], toServer: (server: Configured) => object): object {
  return Object.fromEntries(servers.map((server) => [server.name, toServer(server)]));
}

/** The clients, in the order of the table. */
export const MANAGED_CLIENTS: readonly ManagedClient[] = [claudeCode, copilotCli, codex];
