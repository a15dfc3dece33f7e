// Claude Code: "Control MCP server access for your organization" and "Deploy managed settings" (code.claude.com/docs).
import type { FleetClient, FleetFile, FleetServer } from "../api/fleet-pack.ts";
import { toConfigurationProfile } from "./configuration-profile.ts";
import {
  toFileLines,
  toJsonText,
  toPowerShellScript,
  toRegistryLines,
  toShellScript,
} from "./escaping.ts";
import { JAMF_PROFILE, JAMF_SCRIPT, INTUNE_SCRIPT } from "./places.ts";

const MAC_FOLDER = "/Library/Application Support/ClaudeCode";

/** What a value of the registry can have so that the script replaces it: this pack's settings and no others. */
const REGISTRY_GUARD = [
  "$old = (Get-ItemProperty -LiteralPath $key -Name 'Settings' -ErrorAction SilentlyContinue).Settings",
  "$others = if ($old) { ($old | ConvertFrom-Json).PSObject.Properties.Name | Where-Object { $_ -notin 'allowManagedMcpServersOnly', 'allowedMcpServers' } }",
  "if ($others) { throw 'Other settings of Claude Code are managed here. Add allowManagedMcpServersOnly and allowedMcpServers to them.' }",
];

/** The settings of Claude Code: the list of allowed servers, and a fixed set of servers for everyone. */
export async function toClaudeCode(
  slug: string,
  servers: FleetServer[],
  variable: string,
): Promise<FleetClient> {
  return {
    id: "claude-code",
    label: "Claude Code",
    enforces: ENFORCES,
    limits: [...LIMITS, toTokenSentence(variable)],
    files: [...(await toListFiles(slug, servers)), ...toFixedFiles(servers, variable)],
  };
}

async function toListFiles(slug: string, servers: FleetServer[]): Promise<FleetFile[]> {
  const settings = {
    allowManagedMcpServersOnly: true,
    allowedMcpServers: servers.map(({ url }) => ({ serverUrl: url })),
  };
  const purpose = "The list of allowed servers.";
  return [
    {
      wrapper: "files",
      name: "managed-settings.json",
      purpose,
      where: toPlaces("managed-settings.json"),
      content: `${toJsonText(settings)}\n`,
    },
    {
      wrapper: "intune",
      name: "claude-code.ps1",
      purpose: `${purpose} Writes it into HKLM\\SOFTWARE\\Policies\\ClaudeCode; stops if other settings are there.`,
      where: INTUNE_SCRIPT,
      content: toPowerShellScript(
        toRegistryLines(
          "HKLM:\\SOFTWARE\\Policies\\ClaudeCode",
          { Settings: toJsonText(settings, 0) },
          REGISTRY_GUARD,
        ),
      ),
    },
    {
      wrapper: "jamf",
      name: "claude-code.mobileconfig",
      purpose,
      where: JAMF_PROFILE,
      content: await toConfigurationProfile("com.anthropic.claudecode", slug, settings),
    },
  ];
}

function toFixedFiles(servers: FleetServer[], variable: string): FleetFile[] {
  const text = toJsonText({ mcpServers: toFixedServers(servers, variable) });
  const purpose = "Optional: gives everyone exactly these servers; people cannot add one.";
  return [
    {
      wrapper: "files",
      name: "managed-mcp.json",
      purpose,
      where: toPlaces("managed-mcp.json"),
      content: `${text}\n`,
    },
    {
      wrapper: "intune",
      name: "claude-code-servers.ps1",
      purpose: `${purpose} Writes managed-mcp.json into Program Files\\ClaudeCode.`,
      where: INTUNE_SCRIPT,
      content: toPowerShellScript(
        // A 32-bit PowerShell has another folder in ProgramFiles.
        toFileLines({
          variable: "ProgramW6432",
          folder: "ClaudeCode",
          name: "managed-mcp.json",
          text,
        }),
      ),
    },
    {
      wrapper: "jamf",
      name: "claude-code-servers.sh",
      purpose: `${purpose} Writes managed-mcp.json into ${MAC_FOLDER}.`,
      where: JAMF_SCRIPT,
      content: toShellScript(MAC_FOLDER, "managed-mcp.json", text),
    },
  ];
}

/** The servers one by one: the workspace's address, the first one, has the same tools again. */
function toFixedServers(servers: FleetServer[], variable: string): object {
  const headers = { Authorization: `Bearer \${${variable}}` };
  return Object.fromEntries(
    servers.slice(1).map(({ name, url }) => [name, { type: "http", url, headers }]),
  );
}

function toPlaces(name: string): string[] {
  return [
    `macOS: ${MAC_FOLDER}/${name}`,
    `Linux and WSL: /etc/claude-code/${name}`,
    `Windows: C:\\Program Files\\ClaudeCode\\${name}`,
  ];
}

const ENFORCES = [
  "Claude Code starts a server only if its address is in the list, whatever its name is. This covers servers of users, projects and plugins, and those of --mcp-config.",
  "Programs on the machine (stdio) do not start, because the list has none.",
  "Users and projects cannot extend the list.",
];

const LIMITS = [
  "The address decides: a listed address starts under any name.",
  "Built-in servers of Claude Code, such as Claude in Chrome and the IDE's, are not covered, and neither are connectors that the Claude desktop app gives to its sessions.",
  "Claude Code uses one source of managed settings. Settings of the claude.ai admin console replace a profile and the registry, and these replace the file.",
  "With managed-mcp.json, a member sees a server of which the rules allow nothing as one that fails to connect.",
];

function toTokenSentence(variable: string): string {
  return `No file contains a token. With managed-mcp.json, each person sets the variable ${variable} to their own token.`;
}
