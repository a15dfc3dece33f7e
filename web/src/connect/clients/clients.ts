import type { Client } from "./client.ts";
import { DESKTOP_CLIENTS } from "./desktop-clients.ts";
import { EDITOR_CLIENTS } from "./editor-clients.ts";
import { TERMINAL_CLIENTS } from "./terminal-clients.ts";

/** The most used clients, which come first. */
const FIRST = ["claude-code", "claude-desktop", "cursor", "vscode", "codex"];

/** The clients that the dashboard has instructions for, in display order. */
export const CLIENTS: readonly Client[] = sortFirst([
  ...TERMINAL_CLIENTS,
  ...EDITOR_CLIENTS,
  ...DESKTOP_CLIENTS,
]);

function sortFirst(clients: Client[]): Client[] {
  const rank = ({ id }: Client) => (FIRST.includes(id) ? FIRST.indexOf(id) : FIRST.length);
  return clients.toSorted((a, b) => rank(a) - rank(b));
}
