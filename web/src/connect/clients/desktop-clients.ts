import { CLIENT_PATHS } from "../../../../workers/contract/marketplace/install/paths.ts";
import { everywhere, jsonFile, withCommonTroubles, type Client } from "./client.ts";
import { CLAUDE_AFTERWARDS, CLAUDE_CONNECTOR, CLAUDE_UNREACHABLE } from "./web-clients.ts";

const claudeDesktop: Client = {
  id: "claude-desktop",
  label: "Claude Desktop",
  monogram: "CD",
  frame: "window",
  kind: "app",
  first: "bundle",
  file: jsonFile(CLIENT_PATHS["claude-desktop"].paths, "mcpServers", (url, headers) => ({
    command: "npx",
    ...(headers
      ? {
          // No space after the colon: Claude Desktop splits arguments at spaces.
          args: ["-y", "mcp-remote", url, "--header", "Authorization:${AUTH}"],
          env: { AUTH: headers.Authorization },
        }
      : { args: ["-y", "mcp-remote", url] }),
  })),
  signIn: { first: "address", steps: CLAUDE_CONNECTOR, afterwards: CLAUDE_AFTERWARDS },
  afterwards:
    "Double-click the file, paste the token when Claude asks for it, and switch the extension on.",
  troubles: withCommonTroubles(
    [
      {
        sign: "A double-click does not open Claude",
        remedy:
          "Open Settings > Extensions > Advanced settings > Install Extension, and choose the file.",
        isOfToken: true,
      },
      {
        sign: "Your organization does not allow extensions",
        remedy:
          "Use the configuration file instead. It needs Node.js, because the file takes programs only and mcp-remote connects to the gateway.",
        isOfToken: true,
      },
      {
        sign: "“spawn npx ENOENT”",
        remedy: "The configuration file needs Node.js. Install it, or connect without the file.",
      },
      CLAUDE_UNREACHABLE,
    ],
    "quit Claude completely (also in the tray or menu bar) and start it again",
  ),
  logs: {
    macos: "~/Library/Logs/Claude/mcp*.log",
    windows: "%APPDATA%\\Claude\\logs\\mcp*.log",
    linux: "~/.config/Claude/logs/mcp*.log",
  },
};

const lmStudio: Client = {
  id: "lm-studio",
  label: "LM Studio",
  monogram: "LM",
  frame: "window",
  kind: "app",
  first: "file",
  file: jsonFile(CLIENT_PATHS["lm-studio"].paths, "mcpServers", (url, headers) => ({
    url,
    headers,
  })),
  afterwards: "Open the Program tab on the right, and switch the server on.",
  signIn: {
    first: "file",
    afterwards: "Open the Program tab on the right, and switch the server on: the browser opens.",
  },
  troubles: withCommonTroubles(
    [
      {
        sign: "Answers are slow or cut off",
        remedy: "The tools fill the context of a local model. Choose fewer tools above.",
      },
    ],
    "save it again under Program > Install > Edit mcp.json",
  ),
  logs: everywhere("Developer tab, or run “lms log stream”."),
};

/** Desktop apps that are no editors. */
export const DESKTOP_CLIENTS: readonly Client[] = [claudeDesktop, lmStudio];
