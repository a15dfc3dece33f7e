import { TOKEN_VARIABLE } from "../../connect/deep-links.ts";

/** Shells that quote differently. */
export type Shell = "posix" | "powershell";

const JSON_TYPE = "Content-Type: application/json";
const ACCEPTED = "Accept: application/json, text/event-stream";
/** A revision in which a single request without a session calls a tool. */
const REVISION = "MCP-Protocol-Version: 2025-11-25";

/** A command that sends a call with curl. It reads the token from an environment variable. */
export function toCurlCommand(
  shell: Shell,
  gatewayUrl: string,
  tool: string,
  input: Record<string, unknown>,
): string {
  const params = { name: tool, arguments: input };
  const body = JSON.stringify({ jsonrpc: "2.0", id: 1, method: "tools/call", params });
  return shell === "posix" ? toPosix(gatewayUrl, body) : toPowerShell(gatewayUrl, body);
}

function toPosix(url: string, body: string): string {
  const quote = (text: string) => `'${text.replaceAll("'", `'\\''`)}'`;
  return [
    `curl -sS ${quote(url)}`,
    `-H "Authorization: Bearer $${TOKEN_VARIABLE}"`,
    ...[JSON_TYPE, ACCEPTED, REVISION].map((header) => `-H ${quote(header)}`),
    `--data-raw ${quote(body)}`,
  ].join(" \\\n  ");
}

/**
 * The body is passed through the standard input: PowerShell before 7.3 removes the quotation marks from arguments of
 * programs, and sends no characters beyond ASCII to them.
 */
function toPowerShell(url: string, body: string): string {
  const ascii = body.replaceAll(
    /[\u0080-\uffff]/g,
    (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
  const quote = (text: string) => `'${text.replaceAll("'", "''")}'`;
  const headers = [JSON_TYPE, ACCEPTED, REVISION].map((header) => `-H ${quote(header)}`);
  const token = `-H "Authorization: Bearer $env:${TOKEN_VARIABLE}"`;
  const call = ["curl.exe -sS", quote(url), token, ...headers, "--data-binary '@-'"].join(" ");
  return `@'\n${ascii}\n'@ | ${call}`;
}
