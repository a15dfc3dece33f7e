/** What the suite does with every client, in column order. */
export const OUTCOMES = {
  connects: "connects",
  lists: "lists",
  calls: "calls both eras",
  restart: "after a restart",
  revoked: "after revocation",
} as const;

/** The measured properties, in column order. */
export const PROPERTIES = {
  revision: "revision",
  clientInfo: "clientInfo",
  userAgent: "User-Agent",
  resultForm: "form of a result",
  deferral: "deferred schemas",
  listChanged: "list_changed",
  streams: "stream",
  urlElicitation: "URL elicitation",
  apps: "MCP Apps",
  names: "names and counts",
  instructions: "instructions",
  unauthorized: "401",
} as const;

/** The outcomes and properties of one client. */
export interface Findings {
  outcomes: Record<keyof typeof OUTCOMES, string>;
  properties: Record<keyof typeof PROPERTIES, string>;
}

/** A client with its findings, or with the reason why it has none. */
export type Row = { label: string; version: string } & (
  | { findings: Findings }
  | { reason: string }
);
