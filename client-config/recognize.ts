import { CLIENT_IDS, type ClientId } from "../workers/contract/marketplace/install/clients.ts";
import { CLIENT_PATHS } from "../workers/contract/marketplace/install/paths.ts";
import { needsBridge } from "./bridge.ts";
import type { ConfigurationDocument } from "./documents/document.ts";
import type { Language } from "./documents/node.ts";
import { isMap } from "./documents/node.ts";
import { FORMATS } from "./formats/format.ts";
import type { ConfiguredServer, Path } from "./model.ts";
import { readServer } from "./read-server.ts";
import { findValue, listEntries } from "./values.ts";

/** Servers of a file that are looked at to recognize its client. */
const LOOKED_AT = 50;
/** References in the syntax of some client. In the texts of another one they are text. */
const ANY_REFERENCE = /\$\{(?:env|input|file):|\{(?:env|file):|\$\{\{|\$\{[A-Za-z_]\w*(?::-|\})/;

/** Clients that a file fits equally, in the order in which they are presumed. */
const BY_LIKELIHOOD: readonly ClientId[] = [
  "claude-desktop",
  "cursor",
  "claude-code",
  "vscode",
  "windsurf",
  ...CLIENT_IDS,
];

/** Settings beside the servers that only one client has. */
const OTHER_SETTINGS: Partial<Record<ClientId, readonly string[]>> = {
  "claude-desktop": ["globalShortcut", "preferences", "isUsingBuiltInNodeForMcp"],
  "claude-code": ["numStartups", "projects", "oauthAccount", "userID", "hasCompletedOnboarding"],
  "gemini-cli": [
    "selectedAuthType",
    "security",
    "general",
    "ui",
    "theme",
    "mcp",
    "contextFileName",
  ],
  vscode: ["inputs"],
  opencode: ["$schema", "provider", "model", "agent"],
  goose: ["GOOSE_PROVIDER", "GOOSE_MODEL"],
  continue: ["models", "rules", "schema"],
};

/** The language of a text, by the file's name or its first characters. */
export function guessLanguage(text: string, fileName?: string): Language {
  const extension = /\.(\w+)$/.exec(fileName ?? "")?.[1]?.toLowerCase();
  if (extension === "json" || extension === "jsonc") return "json";
  if (extension === "toml") return "toml";
  if (extension === "yaml" || extension === "yml") return "yaml";
  const start = text.slice(0, 10_000).replace(/^\uFEFF/, "");
  const lines = start.split("\n").map((line) => line.trim());
  const first = lines.find((line) => line !== "" && !/^(?:#|\/\/|\/\*|\*)/.test(line)) ?? "";
  if (/^\[+[\w."'\- ]+\]+\s*(?:#.*)?$/.test(first) || /^[\w."'-]+\s*=/.test(first)) return "toml";
  // A page of a website is no configuration, and the least of all one in YAML.
  return first === "" || /^(?:[{["/<]|null$|[\d.]+$)/.test(first) ? "json" : "yaml";
}

/** Where a client's servers are in a file, or else where another client's are; null: there are none. */
export function findRoot(value: unknown, client: ClientId): Path | null {
  return findOwnRoot(value, client) ?? findForeignRoot(value);
}

function findOwnRoot(value: unknown, client: ClientId): Path | null {
  // `mcp.servers` of VS Code is also a server named “servers” of opencode.
  const found = FORMATS[client].roots.find((root) => isHolder(findValue(value, root)));
  return found ?? null;
}

function findForeignRoot(value: unknown): Path | null {
  const roots = CLIENT_IDS.flatMap((client) => FORMATS[client].roots);
  return roots.find((root) => isHolder(findValue(value, root))) ?? null;
}

function isHolder(value: unknown): boolean {
  return isMap(value) || Array.isArray(value);
}

/** The client of a file, by its content and its name. */
export function chooseClient(
  { value, language }: ConfigurationDocument,
  fileName?: string,
): { client: ClientId; candidates: ClientId[] } {
  const fitting = [...new Set(BY_LIKELIHOOD)]
    .filter((client) => FORMATS[client].language === language && findOwnRoot(value, client))
    .map((client) => ({ client, misfits: countMisfits(value, client) }));
  const least = Math.min(...fitting.map(({ misfits }) => misfits));
  const candidates = fitting.flatMap(({ client, misfits }) => (misfits === least ? [client] : []));
  const named = listNamed(fileName).filter((client) => FORMATS[client].language === language);
  const sorted = fitting.toSorted((a, b) => a.misfits - b.misfits).map(({ client }) => client);
  const client =
    candidates.find((candidate) => named.includes(candidate)) ??
    sorted.find((candidate) => named.includes(candidate)) ??
    (named.length === 1 ? named[0] : undefined) ??
    candidates[0] ??
    presume(language);
  return { client, candidates };
}

function presume(language: Language): ClientId {
  if (language === "toml") return "codex";
  return language === "yaml" ? "goose" : "claude-desktop";
}

/** The clients whose file has this name, with its folder if that is given. */
function listNamed(fileName: string | undefined): ClientId[] {
  if (fileName === undefined) return [];
  const given = toParts(fileName);
  return CLIENT_IDS.filter((client) => {
    const { paths, project } = CLIENT_PATHS[client];
    return [paths, project].some((systems) =>
      Object.values(systems ?? {}).some((path) => {
        const own = toParts(path);
        const count = Math.min(2, own.length, given.length);
        return own.slice(-count).join("/") === given.slice(-count).join("/");
      }),
    );
  });
}

function toParts(path: string): string[] {
  return path.split(/[\\/]/).filter((part) => part !== "" && part !== ".");
}

/** How much of a file a client would not understand. */
function countMisfits(value: unknown, client: ClientId): number {
  const root = findOwnRoot(value, client) ?? [];
  const entries = listEntries(value, root).slice(0, LOOKED_AT);
  const settings = isMap(value) ? Object.keys(value) : [];
  const own = settings.filter((name) => OTHER_SETTINGS[client]?.includes(name)).length;
  const shape = Array.isArray(findValue(value, root)) === FORMATS[client].isList ? 0 : 10;
  const misfits = entries.map(({ name, members, path }) => {
    const server = readServer(client, name, members, path);
    return server ? countServerMisfits(server, members, client) : 3;
  });
  return misfits.reduce((sum, count) => sum + count, shape - 2 * own);
}

function countServerMisfits(
  { connection, own }: ConfiguredServer,
  members: Record<string, unknown>,
  client: ClientId,
): number {
  const format = FORMATS[client];
  const values =
    connection.kind === "program"
      ? [...connection.args, ...connection.env.map(({ value }) => value)]
      : [connection.url, ...connection.headers.map(({ value }) => value)];
  const foreign = values.filter(({ template }) =>
    template.some((part) => typeof part === "string" && ANY_REFERENCE.test(part)),
  ).length;
  const kind = connection.kind === "program" ? "program" : connection.transport;
  const lacksType = format.typed.includes(kind) && !Object.hasOwn(members, "type") ? 1 : 0;
  const isAddress = format.urls.some(({ field }) => Object.hasOwn(members, field));
  const cannotConnect =
    connection.kind === "remote" && isAddress && needsBridge(client, connection.transport) ? 2 : 0;
  const [first, second] = format.urls;
  const isSecondChoice =
    first && second && first.transport === null && Object.hasOwn(members, second.field);
  return Object.keys(own).length + foreign + lacksType + cannotConnect + (isSecondChoice ? 1 : 0);
}
