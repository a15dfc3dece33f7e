import type { ClientId } from "./clients.ts";

/** Operating systems that the instructions differ for. */
export const SYSTEMS = ["macos", "windows", "linux"] as const;
/** One of them. */
export type System = (typeof SYSTEMS)[number];

/** A path on each operating system, as its programs write it. */
export type Paths = Record<System, string>;

/** A path below the home folder, which every system has in the same place. `path`: with slashes. */
function inHome(path: string): Paths {
  const unix = `~/${path}`;
  return { macos: unix, linux: unix, windows: `%USERPROFILE%\\${path.replaceAll("/", "\\")}` };
}

/** A path in the project's folder. */
function inProject(path: string): Paths {
  return { macos: path, linux: path, windows: path.replaceAll("/", "\\") };
}

/** Where a client's file is, and where the same file of a project is; null: the client reads none. */
interface FilePaths {
  paths: Paths;
  project: Paths | null;
}

const inHomeOnly = (path: string) => ({ paths: inHome(path), project: null });
const inBoth = (path: string) => ({ paths: inHome(path), project: inProject(path) });

/** The configuration files of the clients. */
export const CLIENT_PATHS = {
  "claude-code": { paths: inHome(".claude.json"), project: inProject(".mcp.json") },
  "claude-desktop": {
    paths: {
      macos: "~/Library/Application Support/Claude/claude_desktop_config.json",
      windows: "%APPDATA%\\Claude\\claude_desktop_config.json",
      linux: "~/.config/Claude/claude_desktop_config.json",
    },
    project: null,
  },
  cursor: inBoth(".cursor/mcp.json"),
  vscode: {
    paths: {
      macos: "~/Library/Application Support/Code/User/mcp.json",
      windows: "%APPDATA%\\Code\\User\\mcp.json",
      linux: "~/.config/Code/User/mcp.json",
    },
    project: inProject(".vscode/mcp.json"),
  },
  codex: inBoth(".codex/config.toml"),
  "gemini-cli": inBoth(".gemini/settings.json"),
  "copilot-cli": { paths: inHome(".copilot/mcp-config.json"), project: inProject(".mcp.json") },
  opencode: {
    paths: inHome(".config/opencode/opencode.json"),
    project: inProject("opencode.json"),
  },
  goose: {
    paths: {
      macos: "~/.config/goose/config.yaml",
      linux: "~/.config/goose/config.yaml",
      windows: "%APPDATA%\\Block\\goose\\config\\config.yaml",
    },
    project: null,
  },
  windsurf: inHomeOnly(".codeium/windsurf/mcp_config.json"),
  zed: {
    paths: {
      macos: "~/.config/zed/settings.json",
      linux: "~/.config/zed/settings.json",
      windows: "%APPDATA%\\Zed\\settings.json",
    },
    project: null,
  },
  cline: { paths: toClinePaths(), project: null },
  kiro: inBoth(".kiro/settings/mcp.json"),
  continue: inHomeOnly(".continue/config.yaml"),
  "lm-studio": inHomeOnly(".lmstudio/mcp.json"),
} satisfies Record<ClientId, FilePaths>;

function toClinePaths(): Paths {
  const rest = "User/globalStorage/saoudrizwan.claude-dev/settings/cline_mcp_settings.json";
  return {
    macos: `~/Library/Application Support/Code/${rest}`,
    windows: `%APPDATA%\\Code\\${rest.replaceAll("/", "\\")}`,
    linux: `~/.config/Code/${rest}`,
  };
}
