import { CLIENT_PATHS } from "../../../../workers/contract/marketplace/install/paths.ts";
import {
  everywhere,
  jsonFile,
  toBearer,
  toShellVariable,
  withCommonTroubles,
  type Client,
  type Connection,
} from "./client.ts";

const toHttpServer = (url: string, headers: object | undefined) => ({ type: "http", url, headers });

const claudeCode: Client = {
  id: "claude-code",
  label: "Claude Code",
  monogram: "CC",
  frame: "terminal",
  kind: "terminal",
  first: "command",
  command: toClaudeCommand,
  signIn: {
    first: "command",
    command: toClaudeCommand,
    afterwards:
      "Start Claude Code, type /mcp, choose the server, and choose Authenticate: Claude Code opens the browser.",
  },
  file: jsonFile(CLIENT_PATHS["claude-code"].paths, "mcpServers", toHttpServer),
  shared: jsonFile(
    CLIENT_PATHS["claude-code"].project,
    "mcpServers",
    toHttpServer,
    toShellVariable,
  ),
  afterwards: "Start Claude Code, and ask it to use one of the tools.",
  troubles: withCommonTroubles(
    [
      {
        sign: "“MCP server … already exists”",
        remedy:
          "Run “claude mcp remove --scope user” with the server’s name, then the command again.",
      },
      {
        sign: "“claude: command not found”",
        remedy: "Install Claude Code, or open a new terminal after the installation.",
      },
    ],
    "start Claude Code again",
  ),
  logs: everywhere(
    "Run “claude mcp list”, or /mcp in a session. “claude --debug” prints each step.",
  ),
};

function toClaudeCommand(to: Connection): string {
  return `claude mcp add --scope user --transport http ${to.name} ${to.url}${toHeaderOption(to)}`;
}

/** The option of a command that adds a server; nothing for a client from which a person signs in. */
function toHeaderOption(to: Connection): string {
  return to.signsIn ? "" : ` --header "Authorization: ${toBearer(to)}"`;
}

const codex: Client = {
  id: "codex",
  label: "Codex",
  monogram: "Cx",
  frame: "terminal",
  kind: "terminal",
  first: "file",
  file: {
    paths: CLIENT_PATHS.codex.paths,
    language: "toml",
    // Codex reads neither `headers` nor a token in the configuration by another name.
    text: (to) => toCodexServer(to, `http_headers = { Authorization = "${toBearer(to)}" }`),
  },
  shared: {
    paths: CLIENT_PATHS.codex.project,
    language: "toml",
    text: (to) => toCodexServer(to, `bearer_token_env_var = "${to.variable}"`),
  },
  signIn: {
    first: "command",
    command: ({ name, url }) => `codex mcp add ${name} --url ${url}\ncodex mcp login ${name}`,
    afterwards:
      "The second command opens the browser. Start Codex again then; the Codex extension reads the same file.",
  },
  afterwards: "Start Codex again; the Codex extension reads the same file.",
  troubles: withCommonTroubles(
    [
      {
        sign: "“startup timed out”",
        remedy:
          "The servers behind the gateway did not answer in 10 seconds. Add startup_timeout_sec = 30 below the URL.",
      },
      {
        sign: "The project’s file has no effect",
        remedy:
          "Codex reads it only in a trusted project. Trust the project, or use your own file.",
      },
    ],
    "start Codex again",
  ),
  logs: everywhere("Run “codex mcp list”, or /mcp in a session. Logs are in ~/.codex/log."),
};

/** `credential`: the line with the token, which a client from which a person signs in does not have. */
function toCodexServer({ name, url, signsIn }: Connection, credential: string): string {
  const lines = [`[mcp_servers.${name}]`, `url = "${url}"`, ...(signsIn ? [] : [credential])];
  return lines.join("\n");
}

const geminiCli: Client = {
  id: "gemini-cli",
  label: "Gemini CLI",
  monogram: "Ge",
  frame: "terminal",
  kind: "terminal",
  first: "command",
  command: toGeminiCommand,
  signIn: {
    first: "command",
    command: toGeminiCommand,
    afterwards:
      "Start Gemini CLI: it opens the browser. If it does not, type /mcp auth and the server’s name.",
  },
  file: jsonFile(CLIENT_PATHS["gemini-cli"].paths, "mcpServers", (httpUrl, headers) => ({
    httpUrl,
    headers,
  })),
  afterwards: "Start Gemini CLI, and ask it to use one of the tools.",
  troubles: withCommonTroubles(
    [
      {
        sign: "“Disconnected” in a folder that is not trusted",
        remedy: "Gemini CLI starts no servers there. Trust the folder with /permissions.",
      },
    ],
    "start Gemini CLI again",
  ),
  logs: everywhere(
    "Run “gemini mcp list”, or /mcp in a session. “gemini --debug” prints each step.",
  ),
};

function toGeminiCommand(to: Connection): string {
  return `gemini mcp add ${to.name} ${to.url} --scope user --transport http${toHeaderOption(to)}`;
}

const copilotCli: Client = {
  id: "copilot-cli",
  label: "Copilot CLI",
  monogram: "Co",
  frame: "terminal",
  kind: "terminal",
  first: "file",
  file: jsonFile(CLIENT_PATHS["copilot-cli"].paths, "mcpServers", toCopilotServer),
  shared: jsonFile(
    CLIENT_PATHS["copilot-cli"].project,
    "mcpServers",
    toCopilotServer,
    toShellVariable,
  ),
  afterwards: "Start Copilot CLI, and ask it to use one of the tools.",
  signIn: { first: "file", afterwards: "Start Copilot CLI: it opens the browser." },
  troubles: withCommonTroubles([], "start Copilot CLI again"),
  logs: everywhere("Run /mcp show in a session. Logs are in ~/.copilot/logs."),
};

function toCopilotServer(url: string, headers: object | undefined) {
  return { type: "http", url, headers, tools: ["*"] };
}

const opencode: Client = {
  id: "opencode",
  label: "opencode",
  monogram: "oc",
  frame: "terminal",
  kind: "terminal",
  first: "file",
  file: jsonFile(CLIENT_PATHS.opencode.paths, "mcp", toOpencodeServer),
  shared: jsonFile(
    CLIENT_PATHS.opencode.project,
    "mcp",
    toOpencodeServer,
    ({ variable }) => `Bearer {env:${variable}}`,
  ),
  afterwards: "Start opencode, and ask it to use one of the tools.",
  signIn: {
    first: "file",
    afterwards:
      "Start opencode: it opens the browser. If it does not, run “opencode mcp auth” with the server’s name.",
  },
  troubles: withCommonTroubles([], "start opencode again"),
  logs: everywhere("Run “opencode mcp list”. Logs are in ~/.local/share/opencode/log."),
};

function toOpencodeServer(url: string, headers: object | undefined) {
  return { type: "remote", url, enabled: true, headers };
}

const goose: Client = {
  id: "goose",
  label: "Goose",
  monogram: "Go",
  frame: "terminal",
  kind: "terminal",
  first: "file",
  file: {
    paths: CLIENT_PATHS.goose.paths,
    language: "yaml",
    text: (to) =>
      [
        "extensions:",
        `  "${to.name}":`,
        `    name: "${to.name}"`,
        "    type: streamable_http",
        "    enabled: true",
        `    uri: "${to.url}"`,
        ...(to.signsIn ? [] : ["    headers:", `      Authorization: "${toBearer(to)}"`]),
        "    envs: {}",
        "    env_keys: []",
        "    timeout: 300",
      ].join("\n"),
  },
  afterwards: "Start Goose again; the app and the command line read the same file.",
  signIn: {
    first: "file",
    afterwards:
      "Start Goose again: it opens the browser. The app and the command line read the same file.",
  },
  troubles: withCommonTroubles(
    [
      {
        sign: "Goose starts without any extension",
        remedy:
          "The file has two lists “extensions”. Add the lines below the first one, with the same indentation.",
      },
    ],
    "start Goose again",
  ),
  logs: {
    macos: "~/.local/state/goose/logs",
    linux: "~/.local/state/goose/logs",
    windows: "%APPDATA%\\Block\\goose\\data\\logs",
  },
};

/** Clients that run in a terminal. */
export const TERMINAL_CLIENTS: readonly Client[] = [
  claudeCode,
  codex,
  geminiCli,
  copilotCli,
  opencode,
  goose,
];
