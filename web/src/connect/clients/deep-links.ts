import type { Connection, DeepLink } from "./client.ts";

/** Cursor install link: the server object as base64 of UTF-8. It refers to the variable, never to the token. */
export function toCursorLink({ name, url, variable, signsIn }: Connection): DeepLink {
  const headers = { Authorization: `Bearer \${env:${variable}}` };
  const decoded = signsIn ? { url } : { url, headers };
  const config = encodeURIComponent(toBase64(JSON.stringify(decoded)));
  return {
    label: "Add to Cursor",
    href: `cursor://anysphere.cursor-deeplink/mcp/install?name=${encodeURIComponent(name)}&config=${config}`,
    decoded,
  };
}

/** VS Code install link: URL-encoded JSON. VS Code prompts for the token when the server starts. */
export function toVsCodeLink(connection: Connection): DeepLink {
  const { name, url, signsIn } = connection;
  const input = toTokenInput(connection);
  const headers = { Authorization: `Bearer \${input:${input.id}}` };
  const server = { name, type: "http", url };
  const decoded = signsIn ? server : { ...server, headers, inputs: [input] };
  return {
    label: "Add to VS Code",
    href: `vscode:mcp/install?${encodeURIComponent(JSON.stringify(decoded))}`,
    decoded,
  };
}

/**
 * VS Code input definition: prompts once for the token, masked, and stores it in the secret storage. Its id names the
 * workspace, so that two workspaces do not share one stored token.
 */
export function toTokenInput({ name }: Pick<Connection, "name">) {
  return {
    type: "promptString",
    id: `mcpnest-${name}`,
    description: `mcpnest token for ${name}`,
    password: true,
  };
}

function toBase64(text: string): string {
  return btoa(String.fromCodePoint(...new TextEncoder().encode(text)));
}
