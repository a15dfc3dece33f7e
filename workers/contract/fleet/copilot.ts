// VS Code and GitHub Copilot: "Enterprise managed settings" and "Choosing how to deploy enterprise-managed settings to
// users" (docs.github.com), and VS Code's policies (code.visualstudio.com/docs/enterprise/policies).
import type { FleetClient, FleetServer } from "../api/fleet-pack.ts";
import { toConfigurationProfile } from "./configuration-profile.ts";
import { toJsonText, toPowerShellScript, toRegistryLines } from "./escaping.ts";
import { INTUNE_SCRIPT, JAMF_PROFILE } from "./places.ts";

/** The list of allowed servers that VS Code, Copilot CLI and Copilot in JetBrains IDEs share. */
export async function toCopilot(slug: string, servers: FleetServer[]): Promise<FleetClient> {
  const list = servers.map(({ url }) => ({ serverUrl: url }));
  // Management systems distribute each setting as a text.
  const values = { allowedMcpServers: toJsonText(list, 0) };
  const purpose = "The list of allowed servers.";
  return {
    id: "copilot",
    label: "VS Code and GitHub Copilot",
    enforces: [
      "VS Code (from 1.130), Copilot CLI and Copilot in JetBrains IDEs start a server only if its address is in the list, whatever its name is. This covers servers of plugins.",
      "Programs on the machine (stdio) do not start, because the list has none.",
      "Lists of several sources apply together: a server must be in each of them.",
    ],
    limits: [
      "The address decides: a listed address starts under any name.",
      "Built-in servers of Copilot, such as GitHub's own, start always.",
      "The Copilot cloud agent reads the list only from the enterprise's .github-private repository: copilot/managed-settings.json.",
      "Agents of other vendors within VS Code, such as Claude and Codex, have other lists.",
    ],
    files: [
      {
        wrapper: "files",
        name: "managed-settings.json",
        purpose,
        where: [
          "macOS: /Library/Application Support/GitHubCopilot/managed-settings.json",
          "Linux: /etc/github-copilot/managed-settings.json",
          "Windows: %ProgramFiles%\\GitHubCopilot\\managed-settings.json",
          "The file must belong to root, and only root can be allowed to write it: Copilot CLI ignores any other file.",
        ],
        content: `${toJsonText({ allowedMcpServers: list })}\n`,
      },
      {
        wrapper: "intune",
        name: "copilot.ps1",
        purpose: `${purpose} Writes it into HKLM\\SOFTWARE\\Policies\\GitHubCopilot; other settings there stay.`,
        where: INTUNE_SCRIPT,
        content: toPowerShellScript(
          toRegistryLines("HKLM:\\SOFTWARE\\Policies\\GitHubCopilot", values),
        ),
      },
      {
        wrapper: "jamf",
        name: "copilot.mobileconfig",
        purpose,
        where: JAMF_PROFILE,
        content: await toConfigurationProfile("com.github.copilot", slug, values),
      },
    ],
  };
}

/** VS Code's own policies: the workspace's registry is where its servers are from. */
export async function toVsCode(slug: string, origin: string): Promise<FleetClient> {
  const values = {
    ChatMCP: "registry",
    McpGalleryServiceUrl: `${origin}/api/registry/${slug}`,
  };
  const purpose = "chat.mcp.access and chat.mcp.gallery.serviceUrl.";
  return {
    id: "vscode",
    label: "VS Code with the registry",
    enforces: [
      "VS Code offers the servers of this workspace's registry, and starts only servers that are in it, with the name and address that they have there.",
    ],
    limits: [
      "VS Code reads the registry without a token: switch “Readable without a token” on.",
      "Older releases of VS Code start servers that are not in the registry (microsoft/vscode, issue 318722). The list for VS Code and GitHub Copilot is stricter; GitHub advises against both at once.",
      "If VS Code cannot read the registry, it starts none of the servers.",
    ],
    files: [
      {
        wrapper: "files",
        name: "policy.json",
        purpose,
        where: ["Linux: /etc/vscode/policy.json", "macOS and Windows have no such file."],
        content: `${toJsonText(values)}\n`,
      },
      {
        wrapper: "intune",
        name: "vscode.ps1",
        purpose: `${purpose} Writes them into HKLM\\SOFTWARE\\Policies\\Microsoft\\VSCode; other policies there stay.`,
        where: INTUNE_SCRIPT,
        content: toPowerShellScript(
          toRegistryLines("HKLM:\\SOFTWARE\\Policies\\Microsoft\\VSCode", values),
        ),
      },
      {
        wrapper: "jamf",
        name: "vscode.mobileconfig",
        purpose,
        where: JAMF_PROFILE,
        content: await toConfigurationProfile("com.microsoft.VSCode", slug, values),
      },
    ],
  };
}
