import { CLIENT_TRAITS, type ClientId } from "../marketplace/install/clients.ts";

/** A tool of a server, with the estimated tokens of its definition. */
export interface KnownTool {
  name: string;
  tokens: number;
}

/** A server whose tools are known; `tools` null: they are not. */
export interface CheckedServer {
  key: string;
  /** Its name in the client without a number for a collision. */
  wantedKey: string;
  tools: readonly KnownTool[] | null;
}

/** What several servers are together. */
export interface CompositionCheck {
  /** Servers that have another name than they would alone. */
  renamed: { key: string; wanted: string }[];
  /** Tools that several servers have, with the names of these. */
  sharedTools: { name: string; keys: string[] }[];
  /** Tools of the servers whose tools are known. */
  tools: number;
  /** Estimated tokens of their definitions. */
  tokens: number;
  /** Servers whose tools are not known. */
  unknown: string[];
}

/** Most tools that a client gives to its model, where its documentation says so (November 2026). */
const TOOL_LIMITS: Partial<Record<ClientId, number>> = { windsurf: 100 };
/** From here on, definitions of tools leave a model little room, and it chooses worse among them. */
const MANY_TOKENS = 40_000;
/** A usual estimate for English text and JSON. */
const CHARS_PER_TOKEN = 4;

/** The estimated tokens of a definition: four characters are a token. */
export function estimateTokens(definition: unknown): number {
  return Math.ceil(JSON.stringify(definition ?? null).length / CHARS_PER_TOKEN);
}

/** Finds what collides, and adds up tools and tokens. */
export function checkComposition(servers: readonly CheckedServer[]): CompositionCheck {
  const owners = new Map<string, string[]>();
  for (const { key, tools } of servers)
    for (const { name } of tools ?? []) owners.set(name, [...(owners.get(name) ?? []), key]);
  const known = servers.flatMap(({ tools }) => tools ?? []);
  return {
    renamed: servers
      .filter(({ key, wantedKey }) => key !== wantedKey)
      .map(({ key, wantedKey }) => ({ key, wanted: wantedKey })),
    sharedTools: [...owners]
      .filter(([, keys]) => keys.length > 1)
      .map(([name, keys]) => ({ name, keys })),
    tools: known.length,
    tokens: known.reduce((sum, { tokens }) => sum + tokens, 0),
    unknown: servers.filter(({ tools }) => tools === null).map(({ key }) => key),
  };
}

/** What speaks against so many tools, in sentences. */
export function listSizeWarnings({ tools, tokens, unknown }: CompositionCheck): string[] {
  const atLeast = unknown.length > 0 ? "at least " : "";
  const limits = Object.entries(TOOL_LIMITS).filter(([, limit]) => tools > limit);
  return [
    ...limits.map(
      ([client, limit]) =>
        `${CLIENT_TRAITS[client as ClientId].label} takes at most ${limit} tools, and these are ${atLeast}${tools}.`,
    ),
    ...(tokens > MANY_TOKENS
      ? [
          `The definitions of the tools take ${atLeast}${tokens} tokens of each conversation. Models choose worse among so many.`,
        ]
      : []),
  ];
}
