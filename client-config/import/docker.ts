import { z } from "zod";
import { parseText, type ImportedConnection, type ImportedServer } from "./imported-server.ts";

// Catalogs and profiles of Docker's MCP gateway (docker/mcp-gateway, docs/server-entry-spec.md and docs/profiles.md).

const Texts = z.record(z.string(), z.string()).catch({});

/** A server of a catalog, or the snapshot of one in a profile. */
const CatalogEntry = z.object({
  name: z.string().optional(),
  type: z.string().optional(),
  image: z.string().optional(),
  sseEndpoint: z.string().optional(),
  remote: z
    .object({
      url: z.string(),
      transport_type: z.string().optional(),
      headers: Texts.optional(),
    })
    .optional(),
  secrets: z
    .array(z.object({ name: z.string(), env: z.string() }))
    .catch([])
    .optional(),
  env: z
    .array(z.object({ name: z.string(), value: z.string() }))
    .catch([])
    .optional(),
  volumes: z.array(z.string()).catch([]).optional(),
});
type CatalogEntry = z.infer<typeof CatalogEntry>;

/** A server of a profile. */
const ProfileServer = z.object({
  type: z.enum(["image", "registry", "remote"]),
  image: z.string().optional(),
  source: z.string().optional(),
  endpoint: z.string().optional(),
  snapshot: z.object({ server: CatalogEntry }).nullish().catch(null),
});

/** The servers of a profile, or of a catalog with a list. */
export function readProfile(servers: readonly unknown[]): ImportedServer[] {
  return servers.map((value, index) => {
    const parsed = ProfileServer.safeParse(value);
    if (!parsed.success) return toInvalid(`server ${index + 1}`);
    const { type, image, source, endpoint, snapshot } = parsed.data;
    const entry: CatalogEntry = snapshot?.server ?? {};
    const name = entry.name ?? image ?? source ?? endpoint ?? `server ${index + 1}`;
    const url = entry.remote?.url ?? endpoint;
    if (type === "registry" && !entry.remote && !entry.image)
      return {
        name,
        isEnabled: true,
        connection: {
          kind: "none",
          why: `The profile only names an entry of a registry: ${source ?? ""} Look for it in the marketplace.`,
        },
      };
    return toServer(name, {
      ...entry,
      ...(image === undefined ? {} : { image }),
      ...(url === undefined ? {} : { remote: { ...entry.remote, url } }),
    });
  });
}

/** The servers of a catalog, by their names. */
export function readCatalog(registry: Record<string, unknown>): ImportedServer[] {
  return Object.entries(registry).map(([name, value]) => {
    const parsed = CatalogEntry.safeParse(value);
    return parsed.success ? toServer(name, parsed.data) : toInvalid(name);
  });
}

function toInvalid(name: string): ImportedServer {
  return {
    name,
    isEnabled: true,
    connection: { kind: "none", why: "The file’s entry is not valid." },
  };
}

function toServer(name: string, entry: CatalogEntry): ImportedServer {
  return { name, isEnabled: true, connection: toConnection(entry) };
}

function toConnection(entry: CatalogEntry): ImportedConnection {
  const { type, image, remote, sseEndpoint, volumes = [], env = [], secrets = [] } = entry;
  const url = remote?.url ?? sseEndpoint;
  if (url !== undefined)
    return {
      kind: "remote",
      transport: remote?.transport_type === "sse" || !remote ? "sse" : "streamable-http",
      url: parseText(url),
      headers: Object.entries(remote?.headers ?? {}).map(([name, value]) => ({
        name,
        text: parseText(value),
      })),
    };
  if (type === "poci")
    return {
      kind: "none",
      why: "Docker starts a container for each call of it, which is no MCP server.",
    };
  if (image === undefined)
    return { kind: "none", why: "The file has neither an image nor an address for it." };
  return {
    kind: "image",
    image,
    usesHost: volumes.length > 0,
    env: [
      ...secrets.map((secret) => ({ name: secret.env, text: [{ name: secret.name }] })),
      ...env.map(({ name, value }) => ({ name, text: parseText(value) })),
    ],
  };
}
