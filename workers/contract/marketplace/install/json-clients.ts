import { escapeLine } from "../../text/hidden-characters.ts";
import type { ClientId } from "./clients.ts";
import type { InstallVariable } from "./configuration.ts";
import { toInputId, type FilledSetup, type FilledSlot } from "./values.ts";

type Program = FilledSetup & { kind: "program" };
type Address = FilledSetup & { kind: "address" };

/** A client whose file is JSON with servers by name. */
interface JsonClient {
  /** The key of the servers. */
  root: string;
  toProgram: (program: Program) => object;
  toAddress: (address: Address) => object;
}

/** The clients whose files are JSON. */
export type JsonClientId = Exclude<ClientId, "codex" | "goose" | "continue">;

const toProgram = ({ command, options, args, env }: Program) => ({
  command,
  args: [...options, ...args],
  ...toMap("env", env),
});
const toAddress = ({ url, headers }: Address) => ({ url, ...toMap("headers", headers) });
const toTypedAddress = ({ type, ...address }: Address) => ({
  type: type === "sse" ? "sse" : "http",
  ...toAddress({ type, ...address }),
});

const USUAL: JsonClient = { root: "mcpServers", toProgram, toAddress };

/** How each of them writes a server. */
export const JSON_CLIENTS: Record<JsonClientId, JsonClient> = {
  "claude-code": { ...USUAL, toAddress: toTypedAddress },
  "claude-desktop": USUAL,
  cursor: USUAL,
  vscode: {
    root: "servers",
    toProgram: (program) => ({ type: "stdio", ...toProgram(program) }),
    toAddress: toTypedAddress,
  },
  "gemini-cli": {
    ...USUAL,
    toAddress: ({ type, url, headers }) => ({
      [type === "sse" ? "url" : "httpUrl"]: url,
      ...toMap("headers", headers),
    }),
  },
  "copilot-cli": {
    ...USUAL,
    toProgram: (program) => ({ type: "local", ...toProgram(program), tools: ["*"] }),
    toAddress: (address) => ({ ...toTypedAddress(address), tools: ["*"] }),
  },
  opencode: {
    root: "mcp",
    toProgram: ({ command, options, args, env }) => ({
      type: "local",
      command: [command, ...options, ...args],
      enabled: true,
      ...toMap("environment", env),
    }),
    toAddress: (address) => ({ type: "remote", ...toAddress(address), enabled: true }),
  },
  windsurf: {
    ...USUAL,
    toAddress: ({ url, headers }) => ({ serverUrl: url, ...toMap("headers", headers) }),
  },
  zed: { ...USUAL, root: "context_servers" },
  cline: {
    ...USUAL,
    toProgram: (program) => ({ ...toProgram(program), disabled: false }),
    toAddress: ({ type, ...address }) => ({
      type: type === "sse" ? "sse" : "streamableHttp",
      ...toAddress({ type, ...address }),
      disabled: false,
    }),
  },
  kiro: USUAL,
  "lm-studio": USUAL,
};

/** The object that describes a server in a client's file. */
export function toServerObject(client: JsonClientId, setup: FilledSetup): object {
  const { toProgram, toAddress } = JSON_CLIENTS[client];
  return setup.kind === "program" ? toProgram(setup) : toAddress(setup);
}

/** What VS Code asks the person for when it starts the server; it keeps the answers in its secret storage. */
export function toInputs(variables: Iterable<InstallVariable>, key: string): object[] {
  return Array.from(variables, (variable) => {
    const { description, name, isSecret, choices, default: preset } = variable;
    return {
      type: choices.length > 0 ? "pickString" : "promptString",
      id: toInputId(variable, key),
      description: escapeLine(description ?? name),
      ...(choices.length > 0 ? { options: choices } : isSecret && { password: true }),
      ...(preset !== null && { default: preset }),
    };
  });
}

/** Left out where it is empty. */
function toMap(field: string, slots: FilledSlot[]): Record<string, Record<string, string>> {
  if (slots.length === 0) return {};
  return { [field]: Object.fromEntries(slots.map(({ name, text }) => [name, text])) };
}
