import type { Client, WebClient } from "./client.ts";
import { DESKTOP_CLIENTS } from "./desktop-clients.ts";
import { EDITOR_CLIENTS } from "./editor-clients.ts";
import { TERMINAL_CLIENTS } from "./terminal-clients.ts";
import { WEB_CLIENTS } from "./web-clients.ts";

/** The most used clients, which come first. */
const FIRST = [
  "claude-code",
  "claude-desktop",
  "claude-ai",
  "chatgpt",
  "cursor",
  "vscode",
  "codex",
];

/** The clients with a configuration, in display order. */
export const CLIENTS: readonly Client[] = sortFirst([
  ...TERMINAL_CLIENTS,
  ...EDITOR_CLIENTS,
  ...DESKTOP_CLIENTS,
]);

/** All clients that the dashboard has instructions for, in display order. */
export const ALL_CLIENTS: readonly (Client | WebClient)[] = sortFirst([...CLIENTS, ...WEB_CLIENTS]);

function sortFirst<T extends { id: string }>(clients: T[]): T[] {
  const rank = ({ id }: T) => (FIRST.includes(id) ? FIRST.indexOf(id) : FIRST.length);
  return clients.toSorted((a, b) => rank(a) - rank(b));
}
