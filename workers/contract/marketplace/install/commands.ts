import type { ClientId } from "./clients.ts";
import type { Bundle, ShellCommands } from "./configuration.ts";
import { toInputs, toServerObject } from "./json-clients.ts";
import { isPlainLine, toCommands, toPosixQuoted, toPowerShellQuoted } from "./quoting.ts";
import { findBearer } from "./text-clients.ts";
import type { FilledSetup, Filler } from "./values.ts";

/** The command that adds a server to a client; null: the client has none for it. */
export function toClientCommands(
  client: ClientId,
  key: string,
  setup: FilledSetup,
  filler: Filler,
): ShellCommands | null {
  const words = toWords(client, key, setup, filler);
  return words === null ? null : toCommands(words);
}

function toWords(
  client: ClientId,
  key: string,
  setup: FilledSetup,
  { referenced }: Filler,
): string[] | null {
  switch (client) {
    case "claude-code":
      return ["claude", "mcp", "add", "--scope", "user", ...toClaudeWords(key, setup)];
    case "codex":
      return toCodexWords(key, setup, referenced.size > 0);
    case "gemini-cli":
      return ["gemini", "mcp", "add", key, ...toGeminiWords(setup)];
    case "vscode": {
      // The command cannot define what VS Code asks for.
      if (toInputs(referenced.values(), key).length > 0) return null;
      return [
        "code",
        "--add-mcp",
        JSON.stringify({ name: key, ...toServerObject("vscode", setup) }),
      ];
    }
    default:
      return null;
  }
}

/** `--env` and `--header` take all words that follow, up to the next option. */
function toClaudeWords(key: string, setup: FilledSetup): string[] {
  if (setup.kind === "program") {
    const env = setup.env.flatMap(({ name, text }) => ["--env", `${name}=${text}`]);
    return [key, ...env, "--", setup.command, ...setup.options, ...setup.args];
  }
  const headers = setup.headers.flatMap(({ name, text }) => ["--header", `${name}: ${text}`]);
  return ["--transport", toTransport(setup), key, setup.url, ...headers];
}

function toGeminiWords(setup: FilledSetup): string[] {
  const scope = ["--scope", "user"];
  if (setup.kind === "program") {
    const env = setup.env.flatMap(({ name, text }) => ["--env", `${name}=${text}`]);
    return [setup.command, ...scope, ...env, "--", ...setup.options, ...setup.args];
  }
  const headers = setup.headers.flatMap(({ name, text }) => ["--header", `${name}: ${text}`]);
  return [setup.url, ...scope, "--transport", toTransport(setup), ...headers];
}

/** Codex's command takes a token by its variable's name, and nothing else that is not given. */
function toCodexWords(key: string, setup: FilledSetup, hasOpen: boolean): string[] | null {
  const add = ["codex", "mcp", "add", key];
  if (setup.kind === "program") {
    if (hasOpen) return null;
    const env = setup.env.flatMap(({ name, text }) => ["--env", `${name}=${text}`]);
    return [...add, ...env, "--", setup.command, ...setup.options, ...setup.args];
  }
  const bearer = findBearer(setup);
  if (setup.headers.length > (bearer === null ? 0 : 1)) return null;
  return [
    ...add,
    "--url",
    setup.url,
    ...(bearer === null ? [] : ["--bearer-token-env-var", bearer]),
  ];
}

function toTransport({ type }: FilledSetup & { kind: "address" }): string {
  return type === "sse" ? "sse" : "http";
}

/** A bundle, and the commands that download it and compare its hash. */
export function toBundle(key: string, url: string, sha256: string): Bundle {
  const file = `${key}.mcpb`;
  const isSafe = isPlainLine(url);
  return {
    url,
    sha256,
    commands: {
      posix: isSafe
        ? `curl -fLo ${file} ${toPosixQuoted(url)} && echo '${sha256}  ${file}' | shasum -a 256 -c -`
        : null,
      powershell: isSafe
        ? `Invoke-WebRequest ${toPowerShellQuoted(url)} -OutFile ${file}; (Get-FileHash ${file}).Hash -eq '${sha256}'`
        : null,
    },
  };
}
