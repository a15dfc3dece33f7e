import { readFileSync } from "node:fs";
import { z } from "zod";
import { HOSTING_CATALOGUE } from "../workers/contract/hosting/catalogue-data.ts";
import { HostingCatalogueEntry } from "../workers/contract/hosting/catalogue-entry.ts";
import { GatewayKey, HostId } from "../workers/contract/hosting/host-protocol.ts";
import { parseAddressPool, type AddressPool } from "./network/addresses.ts";

const AllowedImage = z.strictObject({
  id: z.string().regex(/^sha256:[0-9a-f]{64}$/, "not an image id"),
  /** Where it can be pulled from when it is absent: a reference with a digest. */
  pull: z
    .string()
    .regex(/^[^\s@]+@sha256:[0-9a-f]{64}$/, "name the image by its digest")
    .optional(),
});
/** An image that containers may run, by its content. */
export type AllowedImage = z.infer<typeof AllowedImage>;

const json = <T extends z.ZodType>(schema: T) =>
  z.string().transform((text, context) => {
    try {
      return schema.parse(JSON.parse(text));
    } catch (error) {
      context.addIssue(error instanceof z.ZodError ? z.prettifyError(error) : "not JSON");
      return z.NEVER;
    }
  });

const Environment = z.object({
  MCPNEST_HOST_ID: HostId,
  /** `127.0.0.1:8790`, or `unix:/run/mcpnest/host.sock`. */
  MCPNEST_HOST_LISTEN: z
    .string()
    .regex(/^(127\.0\.0\.1:\d{1,5}|unix:\/.+)$/, "listen on 127.0.0.1:PORT or unix:/PATH")
    .default("127.0.0.1:8790"),
  MCPNEST_HOST_ISSUER: z.string().min(1),
  MCPNEST_HOST_KEYS: json(z.array(GatewayKey).min(1).max(2)),
  MCPNEST_HOST_IMAGES: json(z.record(z.string(), AllowedImage)),
  MCPNEST_HOST_STATE: z.string().default("/var/lib/mcpnest-host"),
  MCPNEST_HOST_ADDRESSES: z.string().default("10.201.0.0/16").transform(parseAddressPool),
  MCPNEST_HOST_CLOCK_SKEW_SECONDS: z.coerce.number().min(0).max(30).default(5),
  /** Private ranges that servers may reach where their entry lets them: a database in the host's own network. */
  MCPNEST_HOST_PRIVATE_EGRESS: z
    .string()
    .default("")
    .transform((text) => text.split(",").filter(Boolean))
    .pipe(z.array(z.union([z.cidrv4(), z.cidrv6()]))),
  MCPNEST_HOST_CATALOGUE: z.string().optional(),
});

/** How this host was set up. */
export interface Config {
  hostId: string;
  listen: { host: string; port: number } | { path: string };
  issuer: string;
  keys: GatewayKey[];
  images: Record<string, AllowedImage>;
  stateFolder: string;
  pool: AddressPool;
  clockSkewSeconds: number;
  privateEgress: string[];
  catalogue: Map<string, HostingCatalogueEntry>;
}

/** Reads the environment; throws with a line for each variable that is wrong. */
export function parseConfig(environment: NodeJS.ProcessEnv): Config {
  const parsed = Environment.safeParse(environment);
  if (!parsed.success) throw new Error(z.prettifyError(parsed.error));
  const env = parsed.data;
  const file = env.MCPNEST_HOST_CATALOGUE;
  const entries = file
    ? z.array(HostingCatalogueEntry).parse(JSON.parse(readFileSync(file, "utf8")))
    : HOSTING_CATALOGUE;
  return {
    hostId: env.MCPNEST_HOST_ID,
    listen: parseListen(env.MCPNEST_HOST_LISTEN),
    issuer: env.MCPNEST_HOST_ISSUER,
    keys: env.MCPNEST_HOST_KEYS,
    images: env.MCPNEST_HOST_IMAGES,
    stateFolder: env.MCPNEST_HOST_STATE,
    pool: env.MCPNEST_HOST_ADDRESSES,
    clockSkewSeconds: env.MCPNEST_HOST_CLOCK_SKEW_SECONDS,
    privateEgress: env.MCPNEST_HOST_PRIVATE_EGRESS,
    catalogue: new Map(entries.map((entry) => [entry.id, entry])),
  };
}

function parseListen(text: string): Config["listen"] {
  if (text.startsWith("unix:")) return { path: text.slice("unix:".length) };
  const [host = "", port = ""] = text.split(":");
  return { host, port: Number(port) };
}
