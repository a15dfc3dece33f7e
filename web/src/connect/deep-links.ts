/** A link that has a client install a server, and what stands in it, to be read before it is pressed. */
export interface DeepLink {
  label: string;
  href: string;
  /** The link's configuration, decoded. */
  decoded: object;
}

/** The name of the variable that holds the token on the reader's machine. */
export const TOKEN_VARIABLE = "MCPNEST_TOKEN";

/** Cursor takes the inner server object, as base64 of UTF-8. The token is named, never in the link. */
export function toCursorLink(name: string, url: string): DeepLink {
  const decoded = { url, headers: { Authorization: `Bearer \${env:${TOKEN_VARIABLE}}` } };
  const config = encodeURIComponent(toBase64(JSON.stringify(decoded)));
  return {
    label: "Add to Cursor",
    href: `cursor://anysphere.cursor-deeplink/mcp/install?name=${encodeURIComponent(name)}&config=${config}`,
    decoded,
  };
}

/** VS Code takes URL-encoded JSON and asks for the token itself when the server starts. */
export function toVsCodeLink(name: string, url: string): DeepLink {
  const decoded = {
    name,
    type: "http",
    url,
    headers: { Authorization: "Bearer ${input:mcpnest-token}" },
    inputs: [TOKEN_INPUT],
  };
  return {
    label: "Add to VS Code",
    href: `vscode:mcp/install?${encodeURIComponent(JSON.stringify(decoded))}`,
    decoded,
  };
}

/** How VS Code asks for the token: once, hidden, kept in its secret store. */
export const TOKEN_INPUT = {
  type: "promptString",
  id: "mcpnest-token",
  description: "mcpnest token",
  password: true,
};

function toBase64(text: string): string {
  return btoa(String.fromCodePoint(...new TextEncoder().encode(text)));
}
