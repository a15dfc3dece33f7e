import { copyFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { AgentClient, Client, Setup } from "./client.ts";
import { connectInspector, connectMcpRemote, connectSdk } from "./sessions.ts";
import { PACKAGES } from "./versions.ts";

const sdk = (id: string, label: string, packages: readonly string[], mode: string): Client => ({
  kind: "direct",
  id,
  label,
  packages,
  prepare: (folder) => placeProgram(folder, "sdk.mjs"),
  connect: (setup) => connectSdk(setup, mode),
});

const agent = (
  id: string,
  label: string,
  packages: readonly string[],
  env: (setup: Setup) => Record<string, string> = () => ({}),
): AgentClient => ({
  kind: "agent",
  id,
  label,
  packages,
  prepare: (folder) => placeProgram(folder, `${id}.mjs`),
  launch: (setup, prompt) => ({
    command: process.execPath,
    args: [join(setup.folder, `${id}.mjs`), prompt],
    env: {
      CONNECTION: JSON.stringify(setup.connection),
      MODEL_URL: setup.modelUrl,
      ...env(setup),
    },
  }),
});

/** Libraries and programs without a configuration in the dashboard: they get the URL and the token that it shows. */
export const LIBRARIES: readonly Client[] = [
  sdk("sdk-v1", "SDK v1", PACKAGES.sdkV1, "v1"),
  sdk("sdk-v2", "SDK v2, auto", PACKAGES.sdkV2, "auto"),
  sdk("sdk-v2-legacy", "SDK v2, legacy", PACKAGES.sdkV2, "legacy"),
  {
    kind: "direct",
    id: "mcp-remote",
    label: "mcp-remote",
    packages: PACKAGES.mcpRemote,
    connect: connectMcpRemote,
  },
  agent("ai-sdk", "AI SDK", PACKAGES.aiSdk),
  agent("langchain", "LangChain adapters", PACKAGES.langchain),
  agent("openai-agents", "OpenAI Agents", PACKAGES.openaiAgents, ({ modelUrl }) => ({
    OPENAI_BASE_URL: `${modelUrl}/v1`,
    OPENAI_API_KEY: "none",
    OPENAI_AGENTS_DISABLE_TRACING: "1",
  })),
  agent("mastra", "Mastra", PACKAGES.mastra, () => ({ MASTRA_TELEMETRY_DISABLED: "1" })),
  {
    kind: "direct",
    id: "inspector",
    label: "Inspector CLI",
    packages: PACKAGES.inspector,
    connect: connectInspector,
  },
];

/** Puts the program beside the installed packages, because Node resolves imports from the program's folder. */
async function placeProgram(folder: string, program: string): Promise<void> {
  const source = fileURLToPath(new URL(`programs/${program}`, import.meta.url));
  await copyFile(source, join(folder, program));
}
