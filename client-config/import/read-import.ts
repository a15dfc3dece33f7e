import { CLIENT_TRAITS } from "../../workers/contract/marketplace/install/clients.ts";
import { openDocument } from "../documents/document.ts";
import { isMap } from "../documents/node.ts";
import { MAX_TEXT_LENGTH, TOO_LARGE } from "../limits.ts";
import type { ConfiguredServer, Value } from "../model.ts";
import { readConfiguration, type Reading } from "../read.ts";
import { guessLanguage } from "../recognize.ts";
import { findValue } from "../values.ts";
import { ContextForgeExport, readContextForge } from "./context-forge.ts";
import { readCatalog, readProfile } from "./docker.ts";
import type { ImportedServer, ImportedText, ImportReading } from "./imported-server.ts";
import { MAX_IMPORTED, readEntry } from "./server-map.ts";

/**
 * Reads what a team has: the file of a client, or the export of Docker’s MCP gateway, MetaMCP, MCPHub, 1mcp or
 * ContextForge. Which one it is, its content says. Never throws, and fetches nothing.
 */
export function readImport(text: string, fileName?: string): ImportReading {
  if (text.length > MAX_TEXT_LENGTH)
    return { source: "no known file", servers: [], notes: [TOO_LARGE] };
  const { document, findings } = openDocument(text, guessLanguage(text, fileName));
  const problems = findings.map(({ message }) => message);
  const reading = document.root === null ? null : readGateway(document.value);
  const { servers, source, notes } = reading ?? readClient(text, fileName);
  const left = servers.length - MAX_IMPORTED;
  return {
    source,
    servers: servers.slice(0, MAX_IMPORTED),
    notes: [
      ...problems,
      ...notes,
      ...(left > 0 ? [`The file has ${left} more servers. Import them from a second file.`] : []),
    ],
  };
}

/** The export of a gateway; null: it is none. */
function readGateway(value: unknown): ImportReading | null {
  const forge = ContextForgeExport.safeParse(value);
  if (forge.success) return readContextForge(forge.data);
  if (Array.isArray(value)) return readList(value);
  if (!isMap(value)) return null;
  const { registry, servers, mcpServers, data } = value;
  if (isMap(registry))
    return { source: "Docker MCP catalog", servers: readCatalog(registry), notes: [] };
  if (Array.isArray(servers) && servers.some((one) => isMap(one) && isDockerType(one["type"])))
    return { source: "Docker MCP profile", servers: readProfile(servers), notes: [] };
  if (
    typeof value["name"] === "string" &&
    ["server", "remote", "poci"].includes(String(value["type"]))
  )
    return {
      source: "Docker MCP server",
      servers: readCatalog({ [value["name"]]: value }),
      notes: [],
    };
  if (Array.isArray(servers)) return readList(servers);
  if (Array.isArray(data)) return readList(data);
  if (!isMap(mcpServers)) return null;
  const source = findMapSource(value, mcpServers);
  if (source === null) return null;
  const templates = isMap(value["mcpTemplates"]) ? Object.keys(value["mcpTemplates"]) : [];
  return {
    source,
    servers: Object.entries(mcpServers).map(([name, entry]) => readEntry(name, entry)),
    notes: templates.map((name) => `Left out: the template ${name}, which each client fills in.`),
  };
}

function isDockerType(type: unknown): boolean {
  return type === "image" || type === "registry" || type === "remote";
}

/** Lists of servers with their names in them, as the API of MetaMCP has them. */
function readList(values: readonly unknown[]): ImportReading | null {
  const servers = values.flatMap((value): ImportedServer[] =>
    isMap(value) && typeof value["name"] === "string" ? [readEntry(value["name"], value)] : [],
  );
  return servers.length > 0 ? { source: "MetaMCP", servers, notes: [] } : null;
}

/** Which gateway a map of servers is from; null: it can be that of a client. */
function findMapSource(
  file: Record<string, unknown>,
  servers: Record<string, unknown>,
): string | null {
  const entries = Object.values(servers).filter(isMap);
  const has = (test: (entry: Record<string, unknown>) => boolean) => entries.some(test);
  const { $schema: schema } = file;
  if (
    "mcpTemplates" in file ||
    (typeof schema === "string" && schema.includes("1mcp")) ||
    has((entry) => Array.isArray(entry["tags"]) || Array.isArray(entry["env"]))
  )
    return "1mcp";
  if (
    "users" in file ||
    "systemConfig" in file ||
    "groups" in file ||
    has((entry) => "openapi" in entry)
  )
    return "MCPHub";
  if (has(({ type, bearerToken }) => isMetaType(type) || typeof bearerToken === "string"))
    return "MetaMCP";
  return null;
}

function isMetaType(type: unknown): boolean {
  return ["STDIO", "SSE", "STREAMABLE_HTTP", "streamable_http"].includes(String(type));
}

function readClient(text: string, fileName: string | undefined): ImportReading {
  const reading = readConfiguration(text, undefined, fileName);
  const { client, candidates, configuration } = reading;
  if (candidates.length === 0)
    return {
      source: "no known file",
      servers: [],
      notes: ["No servers were found. It is neither a client’s file nor an export that is known."],
    };
  return {
    source: CLIENT_TRAITS[client].label,
    servers: [
      ...configuration.servers.map(toImported),
      ...listUnread(reading).map(([name, why]): ImportedServer => ({
        name,
        isEnabled: true,
        connection: { kind: "none", why },
      })),
    ],
    notes: [],
  };
}

/** The servers of a file that are none, each with the reason. */
function listUnread({ configuration, document, root }: Reading): [name: string, why: string][] {
  if (root === null) return [];
  const read = new Set(configuration.servers.map(({ path }) => path.at(-1)));
  const holder = findValue(document.value, root);
  const entries = Array.isArray(holder)
    ? holder.map((value: unknown, index) => [index, value] as const)
    : Object.entries(isMap(holder) ? holder : {});
  return entries
    .filter(([key]) => !read.has(key))
    .map(([key, value]) => {
      const name = isMap(value) && typeof value["name"] === "string" ? value["name"] : String(key);
      return [
        name,
        isMap(value)
          ? "The file has neither an address nor a command as a text for it."
          : "The file’s entry is no map of settings.",
      ];
    });
}

function toImported({ name, isEnabled, connection }: ConfiguredServer): ImportedServer {
  if (connection.kind === "remote") {
    const { kind, transport, url, headers } = connection;
    const own = headers.map((header) => ({ name: header.name, text: toText(header.value) }));
    return { name, isEnabled, connection: { kind, transport, url: toText(url), headers: own } };
  }
  const { kind, command, args, env } = connection;
  return {
    name,
    isEnabled,
    connection: {
      kind,
      command: command.raw,
      args: args.map(({ raw }) => raw),
      env: env.map((variable) => ({ name: variable.name, text: toText(variable.value) })),
    },
  };
}

function toText({ template }: Value): ImportedText {
  return template.map((part) => (typeof part === "string" ? part : { name: part.name }));
}
