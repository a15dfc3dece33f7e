import { z } from "zod";
import { isMap } from "../documents/node.ts";
import { parseText, type ImportedConnection, type ImportedServer } from "./imported-server.ts";

/** More servers than a file of a team has. The others are named in a note. */
export const MAX_IMPORTED = 200;

const Text = z.union([z.string(), z.number(), z.boolean()]).transform(String);
/** A map, because a record of the library leaves `__proto__` out. Null: the value is no text. */
const Texts = z
  .custom<Record<string, unknown>>(isMap)
  .transform(
    (map) =>
      new Map(
        Object.entries(map).map(([name, value]) => [name, Text.safeParse(value).data ?? null]),
      ),
  );

/** A server in the maps of gateways. What one of them does not know is absent. Wrong types of what is not needed are ignored. */
const Entry = z.object({
  type: z.string().optional().catch(undefined),
  command: z.string().nullish(),
  args: z.array(Text).nullish(),
  env: z.union([Texts, z.array(z.string())]).nullish(),
  url: z.string().nullish(),
  headers: Texts.nullish(),
  bearerToken: z.string().nullish(),
  bearer_token: z.string().nullish(),
  openapi: z.unknown().optional(),
  enabled: z.boolean().optional().catch(undefined),
  disabled: z.union([z.boolean(), z.string()]).optional().catch(undefined),
  status: z.string().optional().catch(undefined),
});
type Entry = z.infer<typeof Entry>;

/** Reads one server as MetaMCP, MCPHub, 1mcp and most clients write it. */
export function readEntry(name: string, value: unknown): ImportedServer {
  const parsed = Entry.safeParse(value);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    const place = issue?.path.join(".") ?? "";
    const why = `The file’s entry is not valid${place === "" ? "" : ` at ${place}`}.`;
    return { name, isEnabled: true, connection: { kind: "none", why } };
  }
  const entry = parsed.data;
  const isOff = entry.enabled === false || entry.disabled === true || entry.disabled === "true";
  return {
    name,
    isEnabled: !isOff && entry.status?.toUpperCase() !== "INACTIVE",
    connection: toConnection(entry),
  };
}

function toConnection(entry: Entry): ImportedConnection {
  const type = (entry.type ?? "").toLowerCase().replaceAll(/[^a-z]/g, "");
  if (type === "openapi" || (entry.openapi !== undefined && !entry.url))
    return {
      kind: "none",
      why: "It is a REST API with a description in OpenAPI, which is no MCP server.",
    };
  if (entry.command)
    return {
      kind: "program",
      command: entry.command,
      args: entry.args ?? [],
      env: readEnvironment(entry.env),
    };
  if (!entry.url)
    return { kind: "none", why: "The file has neither an address nor a command for it." };
  const headers = [...(entry.headers ?? [])].flatMap(([name, value]) =>
    value === null ? [] : [{ name, text: parseText(value) }],
  );
  const token = entry.bearerToken ?? entry.bearer_token;
  const hasOwn = headers.some(({ name }) => name.toLowerCase() === "authorization");
  if (token && !hasOwn) headers.push({ name: "Authorization", text: parseText(`Bearer ${token}`) });
  return {
    kind: "remote",
    transport: type === "sse" ? "sse" : "streamable-http",
    url: parseText(entry.url),
    headers,
  };
}

function readEnvironment(env: Entry["env"]) {
  if (Array.isArray(env))
    return env.map((line) => {
      const at = line.indexOf("=");
      const name = at < 0 ? line : line.slice(0, at);
      return { name, text: at < 0 ? [{ name }] : parseText(line.slice(at + 1)) };
    });
  return [...(env ?? [])].map(([name, value]) => ({
    name,
    text: value === null ? [{ name }] : parseText(value),
  }));
}
