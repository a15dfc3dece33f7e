// The agents that are command-line programs.
import { join } from "node:path";
import type { AgentClient, Setup } from "./client.ts";
import { dashboardConfig, dashboardFile } from "./dashboard.ts";
import { PACKAGES } from "./versions.ts";

const binary = ({ folder }: Setup, name: string) => join(folder, "node_modules/.bin", name);

/** The dashboard's configuration in the dashboard's file. */
const configured = (id: string, setup: Setup) => ({
  [dashboardFile(id)]: dashboardConfig(id, setup),
});

const claudeCode: AgentClient = {
  kind: "agent",
  id: "claude-code",
  label: "Claude Code",
  packages: PACKAGES.claudeCode,
  // It puts the program for this platform in its place.
  scripts: ["@anthropic-ai/claude-code"],
  status: ["mcp", "list"],
  launch: (setup, prompt) => ({
    command: binary(setup, "claude"),
    args: [
      "-p",
      prompt,
      "--allowedTools",
      `mcp__${setup.connection.name}`,
      "--output-format",
      "text",
    ],
    files: configured("claude-code", setup),
    env: {
      ANTHROPIC_BASE_URL: setup.modelUrl,
      ANTHROPIC_API_KEY: "none",
      // The default with Anthropic's address.
      ENABLE_TOOL_SEARCH: "true",
      CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: "1",
      DISABLE_AUTOUPDATER: "1",
      DISABLE_TELEMETRY: "1",
      DISABLE_ERROR_REPORTING: "1",
    },
  }),
};

/** Codex treats tools as its list of models says: newer models call them from JavaScript. */
const codex = (id: string, model: string): AgentClient => ({
  kind: "agent",
  id,
  label: `Codex, ${model}`,
  packages: PACKAGES.codex,
  launch: (setup, prompt) => ({
    command: binary(setup, "codex"),
    args: [
      "exec",
      "--skip-git-repo-check",
      ...codexSettings(model, setup).flatMap((line) => ["-c", line]),
      prompt,
    ],
    files: configured("codex", setup),
  }),
});

/** Settings beside the file, so that the file is the dashboard's. A user would approve the calls. */
const codexSettings = (model: string, { connection, modelUrl }: Setup) => [
  `mcp_servers.${connection.name}.default_tools_approval_mode="approve"`,
  `model="${model}"`,
  'model_provider="standin"',
  `model_providers.standin={name="standin",base_url="${modelUrl}/v1",wire_api="responses"}`,
  'approval_policy="never"',
  "analytics.enabled=false",
  "check_for_update_on_startup=false",
];

const geminiCli: AgentClient = {
  kind: "agent",
  id: "gemini-cli",
  label: "Gemini CLI",
  packages: PACKAGES.geminiCli,
  status: ["mcp", "list"],
  launch: (setup, prompt) => ({
    command: binary(setup, "gemini"),
    args: ["--approval-mode", "yolo", "--model", "gemini-2.5-pro", "-p", prompt],
    files: {
      ...configured("gemini-cli", setup),
      // The project's settings, so that the file for all projects is the dashboard's.
      "project/.gemini/settings.json": JSON.stringify({
        privacy: { usageStatisticsEnabled: false },
        telemetry: { enabled: false },
        general: { enableAutoUpdate: false, disableAutoUpdate: true },
        security: { auth: { selectedType: "gemini-api-key" } },
      }),
    },
    env: {
      GEMINI_API_KEY: "none",
      GOOGLE_GEMINI_BASE_URL: setup.modelUrl,
      GEMINI_CLI_TRUST_WORKSPACE: "true",
    },
    cwd: join(setup.home, "project"),
  }),
};

const copilotCli: AgentClient = {
  kind: "agent",
  id: "copilot-cli",
  label: "Copilot CLI",
  packages: PACKAGES.copilotCli,
  launch: (setup, prompt) => ({
    command: binary(setup, "copilot"),
    args: ["-p", prompt, "--allow-all-tools", "--no-auto-update", "--no-ask-user"],
    files: configured("copilot-cli", setup),
    env: {
      COPILOT_OFFLINE: "true",
      COPILOT_PROVIDER_BASE_URL: setup.modelUrl,
      COPILOT_PROVIDER_TYPE: "anthropic",
      COPILOT_PROVIDER_API_KEY: "none",
      COPILOT_MODEL: "claude-sonnet-4.5",
      COPILOT_AUTO_UPDATE: "false",
    },
  }),
};

const opencode: AgentClient = {
  kind: "agent",
  id: "opencode",
  label: "opencode",
  packages: PACKAGES.opencode,
  // It puts the program for this platform in its place.
  scripts: ["opencode-ai"],
  status: ["mcp", "list"],
  launch: (setup, prompt) => ({
    command: binary(setup, "opencode"),
    args: ["run", "--model", "standin/stand-in", prompt],
    files: {
      ...configured("opencode", setup),
      // The project's settings, so that the file for all projects is the dashboard's.
      "project/opencode.json": JSON.stringify({
        autoupdate: false,
        share: "disabled",
        provider: {
          standin: {
            npm: "@ai-sdk/openai-compatible",
            options: { baseURL: `${setup.modelUrl}/v1`, apiKey: "none" },
            models: { "stand-in": { tool_call: true } },
          },
        },
      }),
    },
    env: {
      OPENCODE_DISABLE_AUTOUPDATE: "1",
      OPENCODE_DISABLE_MODELS_FETCH: "1",
      OPENCODE_DISABLE_LSP_DOWNLOAD: "1",
    },
    cwd: join(setup.home, "project"),
  }),
};

/** The clients, in the order of the tables. */
export const COMMAND_LINES: readonly AgentClient[] = [
  claudeCode,
  codex("codex", "gpt-6.2-sol"),
  codex("codex-direct", "gpt-5.5"),
  geminiCli,
  copilotCli,
  opencode,
];
