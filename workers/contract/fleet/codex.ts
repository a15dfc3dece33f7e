// Codex: "Managed configuration" (developers.openai.com/codex/enterprise/managed-configuration).
import type { FleetClient, FleetServer } from "../api/fleet-pack.ts";
import { toConfigurationProfile } from "./configuration-profile.ts";
import { toFileLines, toPowerShellScript, toTomlText } from "./escaping.ts";
import { INTUNE_SCRIPT, JAMF_PROFILE } from "./places.ts";

/** By its first line, the script knows a file that it has written. */
const FIRST_LINE = "# MCP servers that Codex is allowed, from mcpnest";

/**
 * Codex applies the list of servers to those of users and projects alone: servers of plugins start in spite of it, until a
 * list for plugins exists. An empty one for any name allows none.
 */
const NO_PLUGIN_SERVERS = '[plugins."mcpnest@none".mcp_servers]';

/** The requirements of Codex. */
export async function toCodex(slug: string, servers: FleetServer[]): Promise<FleetClient> {
  const tables = servers.map(
    ({ name, url }) => `[mcp_servers.${toTomlText(name)}.identity]\nurl = ${toTomlText(url)}\n`,
  );
  const text = [FIRST_LINE, "", ...tables, NO_PLUGIN_SERVERS, ""].join("\n");
  const purpose = "The list of allowed servers.";
  return {
    id: "codex",
    label: "Codex",
    enforces: [
      "Codex starts a server only if both its name and its address are in the list. It shows every other server as disabled by the requirements.",
      "Programs on the machine (stdio) and MCP servers of plugins do not start.",
    ],
    limits: [
      "A listed address under another name does not start: people add servers under the names of this list.",
      "Apps (connectors) of a ChatGPT account are not covered. The requirement apps = false in the table features turns them off.",
      "Requirements of a ChatGPT Business or Enterprise workspace come before a profile, which comes before the file.",
    ],
    files: [
      {
        wrapper: "files",
        name: "requirements.toml",
        purpose,
        where: [
          "macOS and Linux: /etc/codex/requirements.toml",
          "Windows: %ProgramData%\\OpenAI\\Codex\\requirements.toml",
        ],
        content: text,
      },
      {
        wrapper: "intune",
        name: "codex.ps1",
        purpose: `${purpose} Writes requirements.toml into %ProgramData%\\OpenAI\\Codex; stops if a file that it has not written is there.`,
        where: INTUNE_SCRIPT,
        content: toPowerShellScript(
          toFileLines(
            {
              variable: "ProgramData",
              folder: "OpenAI\\Codex",
              name: "requirements.toml",
              text,
            },
            [
              `if ((Test-Path -LiteralPath $path) -and ((Get-Content -LiteralPath $path -TotalCount 1) -ne '${FIRST_LINE}')) { throw 'Other requirements of Codex are managed here. Add the tables mcp_servers and plugins to them.' }`,
            ],
          ),
        ),
      },
      {
        wrapper: "jamf",
        name: "codex.mobileconfig",
        purpose: `${purpose} Codex takes the file requirements.toml in Base64.`,
        where: JAMF_PROFILE,
        content: await toConfigurationProfile("com.openai.codex", slug, {
          requirements_toml_base64: btoa(text),
        }),
      },
    ],
  };
}
