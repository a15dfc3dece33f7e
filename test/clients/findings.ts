/** What the suite does with every client, in column order. */
export const OUTCOMES = {
  connects: "connects",
  lists: "lists",
  calls: "calls both eras",
  restart: "after a restart",
  revoked: "after revocation",
} as const;

/** A column of outcomes. */
export type Outcome = keyof typeof OUTCOMES;

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

/** A measured property. */
export type Property = keyof typeof PROPERTIES;

/** The outcomes and properties of one client. */
export interface Findings {
  outcomes: Record<Outcome, string>;
  properties: Record<Property, string>;
}

/** A client with its findings, or with the reason why it could not be measured. */
export type Row = { label: string; version: string } & (
  | { findings: Findings }
  | { reason: string }
);

/** The outcomes that the gateway must make possible for every client. */
const EXPECTED: Record<Outcome, RegExp> = {
  connects: /^yes$/,
  lists: /^yes$/,
  calls: /^yes$/,
  restart: /^calls on$/,
  revoked: /^refused/,
};

/** The outcomes that are not as expected. */
export function findUnexpected({ outcomes }: Findings): string[] {
  return (Object.keys(EXPECTED) as Outcome[])
    .filter((key) => !EXPECTED[key].test(outcomes[key]))
    .map((key) => `${OUTCOMES[key]}: ${outcomes[key]}`);
}
