// npm run first-minute: measures the path from an invitation to the first call of Claude Code, with Chromium. The
// installation of Claude Code is the only step that uses the network.
import { fileURLToPath } from "node:url";
import { manage } from "../../scripts/management-client.ts";
import type { AgentClient } from "../clients/client.ts";
import { COMMAND_LINES } from "../clients/command-lines.ts";
import { install, toFolder } from "../clients/install.ts";
import { isIsolated, runIsolated } from "../clients/isolation.ts";
import { startModel, type Model } from "../clients/model.ts";
import { runToEnd, withHome } from "../clients/processes.ts";
import { startEverythingUpstream } from "../fixtures/everything-upstream.mjs";
import { launchChromium, openBrowserUser } from "../node/dashboard/chromium.ts";
import { join, makeSetupLink, serveDashboard } from "../node/dashboard/served-dashboard.ts";
import { walkFirstMinute, type Part } from "./walk.ts";

const WORKSPACE = "acme";
const TOOL = "echo";

const client = COMMAND_LINES.find(({ id }) => id === "claude-code");
if (!client) throw new Error("Claude Code is not among the clients");
if (isIsolated()) {
  print(await measure(client));
} else {
  await install(client);
  process.exitCode = runIsolated([fileURLToPath(import.meta.url)]);
}

async function measure(agent: AgentClient): Promise<Part[]> {
  const [dashboard, upstream, model, browser] = await Promise.all([
    serveDashboard(),
    startEverythingUpstream("streamableHttp"),
    startModel(),
    launchChromium(),
  ]);
  try {
    await manage(dashboard.api, "POST", "/workspaces", {
      slug: WORKSPACE,
      name: "Acme",
      defaultAccess: "open",
    });
    const server = { slug: "everything", url: upstream.url };
    await manage(dashboard.api, "POST", `/workspaces/${WORKSPACE}/servers`, server);
    const owner = await openBrowserUser(browser, dashboard.baseUrl);
    await join(owner, await makeSetupLink(dashboard.api, WORKSPACE), "Ada");
    const member = await openBrowserUser(browser, dashboard.baseUrl);
    return await walkFirstMinute({
      owner,
      member,
      workspace: WORKSPACE,
      runClient: (copied) => withHome((home) => runClaudeCode(agent, copied, home, model)),
    });
  } finally {
    await browser.close();
    upstream.close();
    await Promise.all([model.close(), dashboard.stop()]);
  }
}

/** Runs the copied command, then Claude Code with the stand-in as its model, which calls one tool. */
async function runClaudeCode(
  agent: AgentClient,
  copied: string,
  home: string,
  model: Model,
): Promise<void> {
  const folder = toFolder(agent);
  const connection = { name: WORKSPACE, url: "", token: "", variable: "" };
  // Without the files of the suite: the command writes the configuration.
  const { files: _files, ...launch } = agent.launch(
    { folder, home, connection, modelUrl: model.url },
    "Call the tool.",
  );
  const path = { PATH: `${folder}/node_modules/.bin:${process.env["PATH"] ?? ""}` };
  const env = { ...launch.env, ...path };
  const added = await runToEnd({ command: "sh", args: ["-c", copied], env }, home);
  if (added.exitCode !== 0) throw new Error(`the command failed: ${added.stderr}`);
  const play = model.play([{ tool: TOOL, args: { message: "hello" } }]);
  const { stdout, stderr } = await runToEnd({ ...launch, env }, home);
  if (!play.outcomes[0]?.output?.includes("hello"))
    throw new Error(`Claude Code did not call the tool: ${stdout}${stderr}`);
}

function print(parts: Part[]): void {
  const [invitation, ...rest] = parts;
  for (const { name, seconds, clicks } of parts)
    console.log(
      `${seconds.toFixed(1).padStart(6)} s  ${String(clicks).padStart(2)} clicks  ${name}`,
    );
  const seconds = rest.reduce((sum, part) => sum + part.seconds, 0);
  const clicks = rest.reduce((sum, part) => sum + part.clicks, 0);
  const before = invitation?.seconds.toFixed(1);
  console.log(
    `\nThe member needs ${clicks} clicks and ${seconds.toFixed(1)} s; the invitation took ${before} s.`,
  );
}
