/** The day on which the versions below were the newest. */
export const PINNED_ON = "2026-11-28";

/** The packages of each client, the client first. The others are what its documentation tells to install with it. */
export const PACKAGES = {
  sdkV1: ["@modelcontextprotocol/sdk@1.32.2"],
  sdkV2: ["@modelcontextprotocol/client@2.4.0"],
  mcpRemote: ["mcp-remote@0.15.1"],
  aiSdk: ["@ai-sdk/mcp@2.0.99", "ai@7.0.173", "@ai-sdk/openai-compatible@3.0.92", "zod@4.6.7"],
  langchain: [
    "@langchain/mcp-adapters@1.1.4",
    "langchain@1.5.14",
    "@langchain/core@1.4.0",
    "@langchain/langgraph@1.7.3",
    "@langchain/openai@1.6.0",
  ],
  openaiAgents: ["@openai/agents@0.20.0", "zod@4.6.7"],
  mastra: [
    "@mastra/mcp@2.0.0",
    "@mastra/core@1.71.0",
    "@ai-sdk/openai-compatible@3.0.92",
    "zod@4.6.7",
  ],
  inspector: ["@modelcontextprotocol/inspector@2.12.0"],
  claudeCode: ["@anthropic-ai/claude-code@2.1.332"],
  codex: ["@openai/codex@0.171.0"],
  geminiCli: ["@google/gemini-cli@0.61.0"],
  copilotCli: ["@github/copilot@1.0.102"],
  opencode: ["opencode-ai@1.18.33"],
} as const;
