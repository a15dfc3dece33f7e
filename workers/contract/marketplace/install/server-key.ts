/** Longest name, so that tool names stay short: clients put it before them. */
const MAX_LENGTH = 25;
/** Names that say nothing without their namespace. */
const GENERIC = /^(mcp|server|mcp-server|mcp-remote|remote|api|app)$/;

/**
 * The name of a server in a client, from the entry's name: `io.github.acme/weather_mcp` becomes `weather-mcp`, and
 * `com.acme/mcp` becomes `acme-mcp`. It has a-z, 0-9 and dashes within.
 */
export function toServerKey(name: string): string {
  const [namespace = "", own = ""] = name.split("/");
  const word = toWord(own);
  const owner = toWord(namespace.split(".").at(-1) ?? "");
  const key = word === "" || GENERIC.test(word) ? toWord(`${owner}-${word}`) : word;
  return key.slice(0, MAX_LENGTH).replace(/-+$/, "") || "server";
}

function toWord(text: string): string {
  return text
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, "-")
    .replaceAll(/^-+|-+$/g, "");
}
