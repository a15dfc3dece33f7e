import type { ClientId } from "../../workers/contract/marketplace/install/clients.ts";
import { JSON_CLIENTS } from "../../workers/contract/marketplace/install/json-clients.ts";
import type { Language } from "../documents/node.ts";

/** How a client's file says one kind of server. The first `type` is the written one. */
interface Types {
  program: readonly string[];
  "streamable-http": readonly string[];
  sse: readonly string[];
}

/** How a client's file says what a server is. A null field: the client has none. */
export interface ClientFormat {
  language: Language;
  /** Where the servers are. The first is written. */
  roots: readonly (readonly string[])[];
  /** Whether the servers are a list, with their names in `name`. */
  isList: boolean;
  /** `args` null: they are items of `command`, behind the program. */
  command: string;
  args: string | null;
  env: string;
  workingDirectory: string | null;
  envFile: string | null;
  types: Types;
  /** Servers whose type is written. Others are known by their members. */
  typed: readonly ("program" | "streamable-http" | "sse")[];
  /** Fields of an address; `transport` null: the type says it, or the client tries. The first fitting one is written. */
  urls: readonly { field: string; transport: "streamable-http" | "sse" | null }[];
  /** The transport of an address of which the file does not say it; null: the client tries both. */
  presumed: "streamable-http" | "sse" | null;
  headers: readonly string[];
  /** The switch of a server. `on`: its value for a server that is in use. */
  enabled: { field: string; on: boolean; isWritten: boolean } | null;
  /** `isWhole`: no fractions of the unit. */
  timeout: { field: string; unitMs: number; isWhole: boolean } | null;
  approved: { field: string; form: "list" | "list-or-star" | "switch" } | null;
  /** `all`: the list that is every tool. `["*"]` is always written, an empty list never. */
  included: { field: string; all: "star" | "empty" | null } | null;
  excluded: string | null;
}

const NO_TYPES: Types = { program: [], "streamable-http": [], sse: [] };
const USUAL_TYPES: Types = { program: ["stdio"], "streamable-http": ["http"], sse: ["sse"] };
const URL = [{ field: "url", transport: null }] as const;
const REMOTES = ["streamable-http", "sse"] as const;
const ALL = ["program", ...REMOTES] as const;

const USUAL: ClientFormat = {
  language: "json",
  roots: [["mcpServers"]],
  isList: false,
  command: "command",
  args: "args",
  env: "env",
  workingDirectory: null,
  envFile: null,
  types: NO_TYPES,
  typed: [],
  urls: URL,
  presumed: "streamable-http",
  headers: ["headers"],
  enabled: null,
  timeout: null,
  approved: null,
  included: null,
  excluded: null,
};

const disabled = { field: "disabled", on: false, isWritten: false };
const roots = (client: keyof typeof JSON_CLIENTS) => [[JSON_CLIENTS[client].root]];

/** How each client's file says it, from the clients' documentation as of November 2026. */
export const FORMATS: Record<ClientId, ClientFormat> = {
  "claude-code": {
    ...USUAL,
    types: { ...USUAL_TYPES, "streamable-http": ["http", "streamable-http"] },
    typed: REMOTES,
    presumed: null,
  },
  // Its file takes programs only; an address is read so that a finding can say so.
  "claude-desktop": { ...USUAL, presumed: null },
  cursor: {
    ...USUAL,
    envFile: "envFile",
    types: { ...USUAL_TYPES, "streamable-http": ["http", "streamable-http"] },
    typed: ["sse"],
    presumed: null,
  },
  vscode: {
    ...USUAL,
    // The second one is in `settings.json`, where VS Code had them first.
    roots: [...roots("vscode"), ["mcp", "servers"]],
    workingDirectory: "cwd",
    envFile: "envFile",
    types: USUAL_TYPES,
    typed: ALL,
    presumed: null,
  },
  codex: {
    ...USUAL,
    language: "toml",
    roots: [["mcp_servers"]],
    workingDirectory: "cwd",
    headers: ["http_headers"],
    enabled: { field: "enabled", on: true, isWritten: false },
    timeout: { field: "tool_timeout_sec", unitMs: 1000, isWhole: false },
    included: { field: "enabled_tools", all: null },
    excluded: "disabled_tools",
  },
  "gemini-cli": {
    ...USUAL,
    workingDirectory: "cwd",
    types: { ...USUAL_TYPES, program: [] },
    urls: [
      { field: "httpUrl", transport: "streamable-http" },
      { field: "url", transport: null },
    ],
    presumed: "sse",
    timeout: { field: "timeout", unitMs: 1, isWhole: false },
    approved: { field: "trust", form: "switch" },
    included: { field: "includeTools", all: null },
    excluded: "excludeTools",
  },
  "copilot-cli": {
    ...USUAL,
    workingDirectory: "cwd",
    types: { ...USUAL_TYPES, program: ["local", "stdio"] },
    typed: ALL,
    included: { field: "tools", all: "star" },
  },
  opencode: {
    ...USUAL,
    roots: roots("opencode"),
    args: null,
    env: "environment",
    types: { program: ["local"], "streamable-http": ["remote"], sse: ["remote"] },
    typed: ALL,
    presumed: null,
    enabled: { field: "enabled", on: true, isWritten: true },
  },
  goose: {
    ...USUAL,
    language: "yaml",
    roots: [["extensions"]],
    command: "cmd",
    env: "envs",
    types: { program: ["stdio"], "streamable-http": ["streamable_http"], sse: ["sse"] },
    typed: ALL,
    urls: [{ field: "uri", transport: null }],
    enabled: { field: "enabled", on: true, isWritten: true },
    timeout: { field: "timeout", unitMs: 1000, isWhole: true },
    included: { field: "available_tools", all: "empty" },
  },
  windsurf: {
    ...USUAL,
    urls: [
      { field: "serverUrl", transport: null },
      { field: "url", transport: null },
    ],
    presumed: null,
    enabled: disabled,
    excluded: "disabledTools",
  },
  zed: {
    ...USUAL,
    roots: roots("zed"),
    enabled: { field: "enabled", on: true, isWritten: false },
  },
  cline: {
    ...USUAL,
    workingDirectory: "cwd",
    types: { program: ["stdio"], "streamable-http": ["streamableHttp"], sse: ["sse"] },
    typed: REMOTES,
    presumed: "sse",
    enabled: { ...disabled, isWritten: true },
    timeout: { field: "timeout", unitMs: 1000, isWhole: true },
    approved: { field: "autoApprove", form: "list" },
  },
  kiro: {
    ...USUAL,
    enabled: disabled,
    timeout: { field: "timeout", unitMs: 1, isWhole: false },
    approved: { field: "autoApprove", form: "list-or-star" },
    excluded: "disabledTools",
  },
  continue: {
    ...USUAL,
    language: "yaml",
    isList: true,
    workingDirectory: "cwd",
    types: {
      program: ["stdio"],
      "streamable-http": ["streamable-http"],
      sse: ["sse"],
    },
    typed: ALL,
    presumed: null,
    headers: ["requestOptions", "headers"],
  },
  "lm-studio": USUAL,
};
