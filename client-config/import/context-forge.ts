import { z } from "zod";
import { parseText, type ImportedServer, type ImportReading } from "./imported-server.ts";

// Exports of ContextForge (IBM/mcp-context-forge, docs/manage/export-import.md). Secrets in them are encrypted with a key
// that only its deployment has.

/** The part of an export that says what it has. */
export const ContextForgeExport = z.object({
  entities: z.object({
    gateways: z.array(z.unknown()).catch([]).optional(),
    tools: z.array(z.unknown()).catch([]).optional(),
    servers: z.array(z.unknown()).catch([]).optional(),
    a2a_agents: z.array(z.unknown()).catch([]).optional(),
  }),
});

const Gateway = z.object({
  name: z.string(),
  url: z.string(),
  transport: z.string().nullish().catch(null),
  auth_type: z.string().nullish().catch(null),
  auth_header_key: z.string().nullish().catch(null),
  enabled: z.boolean().optional().catch(undefined),
  is_active: z.boolean().optional().catch(undefined),
});

/** The MCP servers of an export, which it calls gateways. */
export function readContextForge({ entities }: z.infer<typeof ContextForgeExport>): ImportReading {
  const { gateways = [], tools = [], servers = [], a2a_agents: agents = [] } = entities;
  const notes = [
    [tools.length, "REST tools", "which are no MCP servers"],
    [
      servers.length,
      "virtual servers",
      "because rules and tokens choose among the tools of a workspace",
    ],
    [agents.length, "A2A agents", "which are no MCP servers"],
  ] as const;
  return {
    source: "ContextForge",
    servers: gateways.map(readGateway),
    notes: notes.flatMap(([count, what, why]) =>
      count > 0 ? [`Left out: ${what} (${count}), ${why}.`] : [],
    ),
  };
}

function readGateway(value: unknown, index: number): ImportedServer {
  const parsed = Gateway.safeParse(value);
  if (!parsed.success) {
    const why = "The file’s entry has no name or no address.";
    return { name: `gateway ${index + 1}`, isEnabled: true, connection: { kind: "none", why } };
  }
  const { name, url, transport, auth_type: auth, auth_header_key: header } = parsed.data;
  const secret = { name: `${auth ?? ""} credential` };
  const headers =
    auth === "bearer"
      ? [{ name: "Authorization", text: ["Bearer ", { name: "token" }] }]
      : auth === "basic"
        ? [{ name: "Authorization", text: ["Basic ", secret] }]
        : auth === "authheaders" && header
          ? [{ name: header, text: [secret] }]
          : [];
  return {
    name,
    isEnabled: parsed.data.enabled !== false && parsed.data.is_active !== false,
    connection: {
      kind: "remote",
      transport: transport?.toUpperCase() === "SSE" ? "sse" : "streamable-http",
      url: parseText(url),
      headers,
    },
  };
}
