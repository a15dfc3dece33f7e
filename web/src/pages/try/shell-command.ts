/** Shells that quote differently. */
export type Shell = "posix" | "powershell";

const JSON_TYPE = "Content-Type: application/json";
const ACCEPTED = "Accept: application/json, text/event-stream";
/** A revision in which a single request without a session calls a tool. */
const REVISION = "MCP-Protocol-Version: 2025-11-25";

/** What a command is made of. `variable`: the environment variable from which it reads the token. */
interface CurlCall {
  gatewayUrl: string;
  variable: string;
  toolName: string;
  input: Record<string, unknown>;
}

/** A command that sends a call with curl. */
export function toCurlCommand(shell: Shell, call: CurlCall): string {
  const params = { name: call.toolName, arguments: call.input };
  const body = JSON.stringify({ jsonrpc: "2.0", id: 1, method: "tools/call", params });
  return shell === "posix" ? toPosix(call, body) : toPowerShell(call, body);
}

function toPosix({ gatewayUrl, variable }: CurlCall, body: string): string {
  const quote = (text: string) => `'${text.replaceAll("'", `'\\''`)}'`;
  return [
    `curl -sS ${quote(gatewayUrl)}`,
    `-H "Authorization: Bearer $${variable}"`,
    ...[JSON_TYPE, ACCEPTED, REVISION].map((header) => `-H ${quote(header)}`),
    `--data-raw ${quote(body)}`,
  ].join(" \\\n  ");
}

/**
 * The body is passed through the standard input: PowerShell before 7.3 removes the quotation marks from arguments of
 * programs, and sends no characters beyond ASCII to them.
 */
function toPowerShell({ gatewayUrl, variable }: CurlCall, body: string): string {
  const ascii = body.replaceAll(
    /[\u0080-\uffff]/g,
    (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
  const quote = (text: string) => `'${text.replaceAll("'", "''")}'`;
  const headers = [JSON_TYPE, ACCEPTED, REVISION].map((header) => `-H ${quote(header)}`);
  const token = `-H "Authorization: Bearer $env:${variable}"`;
  const parts = ["curl.exe -sS", quote(gatewayUrl), token, ...headers, "--data-binary '@-'"];
  return `@'\n${ascii}\n'@ | ${parts.join(" ")}`;
}
