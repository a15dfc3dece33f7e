import { toConnectionName } from "../workers/contract/connection-name.ts";
import type { DevFile } from "./data-folder.ts";

/** Returns the text that `npm start` prints: addresses, the token, and commands to connect a client. */
export function formatConnectLines(dev: DevFile, isFirstRun: boolean): string {
  const authorization = `Authorization: Bearer ${dev.token}`;
  const name = toConnectionName(dev.workspace);
  const entry = { url: dev.gatewayUrl, headers: { Authorization: `Bearer ${dev.token}` } };
  const token = isFirstRun
    ? dev.token
    : [
        dev.token,
        "  (created on the first run; to create another one:)",
        `  curl -s ${dev.apiUrl}/workspaces/${dev.workspace}/tokens -H 'Authorization: Bearer ${dev.operatorKey}' -H 'Content-Type: application/json' -d '{"label":"my token"}'`,
      ].join("\n");
  const setUp = dev.setupUrl
    ? `
Create your account with a passkey (the link works once, within three days):
  ${dev.setupUrl}
`
    : "";
  return `
Dashboard  ${dev.dashboardUrl}
${setUp}
Gateway  ${dev.gatewayUrl}
Token    ${token}

List the tools:
  curl -s ${dev.gatewayUrl} -H '${authorization}' -H 'Content-Type: application/json' -H 'Accept: application/json, text/event-stream' -d '{"jsonrpc":"2.0","id":1,"method":"tools/list"}'

Claude Code:
  claude mcp add --transport http ${name} ${dev.gatewayUrl} --header "${authorization}"

Cursor, in .cursor/mcp.json:
  ${JSON.stringify({ mcpServers: { [name]: entry } })}

VS Code, in .vscode/mcp.json:
  ${JSON.stringify({ servers: { [name]: { type: "http", ...entry } } })}

Stop with Ctrl-C.
`;
}
