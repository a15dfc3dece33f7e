/** The clients that configurations are written for. */
export const CLIENT_IDS = [
  "claude-code",
  "claude-desktop",
  "cursor",
  "vscode",
  "codex",
  "gemini-cli",
  "copilot-cli",
  "opencode",
  "goose",
  "windsurf",
  "zed",
  "cline",
  "kiro",
  "continue",
  "lm-studio",
] as const;
/** One of them. */
export type ClientId = (typeof CLIENT_IDS)[number];

/** What a client can connect to, from its documentation as of November 2026. */
export interface ClientTraits {
  label: string;
  /** Kinds of remote servers that its configuration can name. All clients can start programs. */
  remotes: readonly ("streamable-http" | "sse")[];
  /** Why a remote server of another kind needs mcp-remote. */
  bridgeReason: string;
}

const BOTH = ["streamable-http", "sse"] as const;
const HTTP_ONLY = ["streamable-http"] as const;

/** Traits of a client that takes both kinds of remote servers, so that it never needs mcp-remote. */
const takesBoth = (label: string): ClientTraits => ({ label, remotes: BOTH, bridgeReason: "" });

const takesHttp = (label: string): ClientTraits => ({
  label,
  remotes: HTTP_ONLY,
  bridgeReason: `${label} does not connect to servers with the old SSE transport, so mcp-remote does. It needs Node.js.`,
});

/** What each client can connect to. */
export const CLIENT_TRAITS: Record<ClientId, ClientTraits> = {
  "claude-code": takesBoth("Claude Code"),
  "claude-desktop": {
    label: "Claude Desktop",
    remotes: [],
    bridgeReason:
      "Claude Desktop’s file takes programs only. Add the address under Settings > Connectors, or use mcp-remote, which needs Node.js.",
  },
  cursor: takesBoth("Cursor"),
  vscode: takesBoth("VS Code"),
  codex: takesHttp("Codex"),
  "gemini-cli": takesBoth("Gemini CLI"),
  "copilot-cli": takesBoth("Copilot CLI"),
  opencode: takesBoth("opencode"),
  goose: takesHttp("Goose"),
  windsurf: takesBoth("Windsurf"),
  zed: takesHttp("Zed"),
  cline: takesBoth("Cline"),
  kiro: takesHttp("Kiro"),
  continue: takesBoth("Continue"),
  "lm-studio": takesHttp("LM Studio"),
};
