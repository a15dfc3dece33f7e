/** A link that installs a server in a client, with its decoded configuration to display beside it. */
export interface DeepLink {
  label: string;
  href: string;
  /** The link's configuration, decoded. */
  decoded: object;
}

/** Name of the environment variable that holds the token on the user's machine. */
export const TOKEN_VARIABLE = "MCPNEST_TOKEN";

/** Cursor install link: the server object as base64 of UTF-8. It refers to the variable, never to the token. */
export function toCursorLink(name: string, url: string): DeepLink {
  const decoded = { url, headers: { Authorization: `Bearer \${env:${TOKEN_VARIABLE}}` } };
  const config = encodeURIComponent(toBase64(JSON.stringify(decoded)));
  return {
    label: "Add to Cursor",
    href: `cursor://anysphere.cursor-deeplink/mcp/install?name=${encodeURIComponent(name)}&config=${config}`,
    decoded,
  };
}

/** VS Code install link: URL-encoded JSON. VS Code prompts for the token when the server starts. */
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

/** VS Code input definition: prompts once for the token, masked, and stores it in the secret storage. */
export const TOKEN_INPUT = {
  type: "promptString",
  id: "mcpnest-token",
  description: "mcpnest token",
  password: true,
};

function toBase64(text: string): string {
  return btoa(String.fromCodePoint(...new TextEncoder().encode(text)));
}
