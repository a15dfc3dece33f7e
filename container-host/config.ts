import { readFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { z } from "zod";
import { HOSTING_CATALOGUE } from "../workers/contract/hosting/catalogue-data.ts";
import { HostingCatalogueEntry } from "../workers/contract/hosting/catalogue-entry.ts";
import { GatewayPublicKey, HostId } from "../workers/contract/hosting/host-protocol.ts";
import { parseAddressPool, type AddressPool } from "./network/addresses.ts";

const AllowedImage = z.strictObject({
  id: z.string().regex(/^sha256:[0-9a-f]{64}$/, "not an image id"),
  /** Reference with a digest, to pull the image from when it is absent. */
  pull: z
    .string()
    .regex(/^[^\s@]+@sha256:[0-9a-f]{64}$/, "name the image by its digest")
    .optional(),
});
/** An image that containers are allowed to run, identified by its content. */
export type AllowedImage = z.infer<typeof AllowedImage>;

/** A schema for JSON text whose content matches `schema`. */
const jsonText = <T extends z.ZodType>(schema: T) =>
  z.string().transform((text, context) => {
    try {
      return schema.parse(JSON.parse(text));
    } catch (error) {
      context.addIssue(error instanceof z.ZodError ? z.prettifyError(error) : "not JSON");
      return z.NEVER;
    }
  });

/** Adds a problem to `context` if the text is no usable range. */
function toAddressPool(cidr: string, context: z.RefinementCtx): AddressPool {
  try {
    return parseAddressPool(cidr);
  } catch {
    // parseAddressPool throws only for a range that it cannot use.
    context.addIssue("give a private IPv4 range of at least /27");
    return z.NEVER;
  }
}

/** Reads a file; adds a problem to `context` if it cannot be read. */
function readText(file: string | undefined, context: z.RefinementCtx): string | undefined {
  try {
    return file ? readFileSync(file, "utf8") : undefined;
  } catch (error) {
    context.addIssue(`cannot read the file: ${error instanceof Error ? error.message : "unknown"}`);
    return z.NEVER;
  }
}

const Environment = z.object({
  MCPNEST_HOST_ID: HostId,
  /** `127.0.0.1:8790`, or `unix:/run/mcpnest/host.sock`. */
  MCPNEST_HOST_LISTEN: z
    .string()
    .regex(/^(127\.0\.0\.1:\d{1,5}|unix:\/.+)$/, "listen on 127.0.0.1:PORT or unix:/PATH")
    .default("127.0.0.1:8790"),
  MCPNEST_HOST_ISSUER: z.string().min(1),
  MCPNEST_HOST_KEYS: jsonText(z.array(GatewayPublicKey).min(1).max(2)),
  MCPNEST_HOST_IMAGES: jsonText(z.record(z.string(), AllowedImage)),
  MCPNEST_HOST_STATE: z.string().default("/var/lib/mcpnest-host"),
  MCPNEST_HOST_ADDRESSES: z.string().default("10.201.0.0/16").transform(toAddressPool),
  /** Servers that start at the same time. */
  MCPNEST_HOST_PARALLEL_STARTS: z.coerce.number().int().min(1).default(availableParallelism()),
  /** Servers that wait for their start before new ones are refused. */
  MCPNEST_HOST_WAITING_STARTS: z.coerce.number().int().min(0).default(100),
  MCPNEST_HOST_CLOCK_SKEW_SECONDS: z.coerce.number().min(0).max(30).default(5),
  /** Private ranges that databases are allowed to be in, separated by commas (CIDR). */
  MCPNEST_HOST_PRIVATE_EGRESS: z
    .string()
    .default("")
    .transform((text) => text.split(",").filter(Boolean))
    .pipe(z.array(z.union([z.cidrv4(), z.cidrv6()]))),
  /** Checks of the host whose refusal the operator accepts, separated by commas (`HostFinding.check`). */
  MCPNEST_HOST_ACCEPTED_CHECKS: z
    .string()
    .default("")
    .transform((text) => new Set(text.split(",").filter(Boolean))),
  /** The npm registry from which versions are installed that the images do not have. */
  MCPNEST_HOST_REGISTRY: z
    .url({ protocol: /^https?$/ })
    .default("https://registry.npmjs.org")
    .transform((url) => url.replace(/\/+$/, "")),
  /** File with a catalogue that replaces the built-in one. */
  MCPNEST_HOST_CATALOGUE: z
    .string()
    .optional()
    .transform(readText)
    .pipe(jsonText(z.array(HostingCatalogueEntry)).optional()),
});

/** The host's configuration. */
export interface HostConfig {
  hostId: string;
  listen: { host: string; port: number } | { path: string };
  /** `iss` of the gateway's tokens. */
  issuer: string;
  keys: GatewayPublicKey[];
  images: Record<string, AllowedImage>;
  stateFolder: string;
  /** URL of the npm registry, without a slash at the end. */
  registry: string;
  pool: AddressPool;
  clockSkewSeconds: number;
  starts: { parallel: number; capacity: number };
  /** CIDRs. */
  privateEgress: string[];
  acceptedChecks: ReadonlySet<string>;
  catalogue: Map<string, HostingCatalogueEntry>;
}

/** Parses the environment; ends the process, with a line for each invalid variable, if it is invalid. */
export function readConfig(environment: NodeJS.ProcessEnv): HostConfig {
  try {
    return parseConfig(environment);
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    process.exit(2);
  }
}

/** Parses the environment; throws an error with a line for each invalid variable. */
export function parseConfig(environment: NodeJS.ProcessEnv): HostConfig {
  const parsed = Environment.safeParse(environment, {
    error: ({ input }) => (input === undefined ? "set it" : undefined),
  });
  if (!parsed.success) {
    const problems = parsed.error.issues.map(
      ({ path, message }) => `${path.join(".")}: ${message}`,
    );
    throw new Error(problems.join("\n"));
  }
  const values = parsed.data;
  const entries = values.MCPNEST_HOST_CATALOGUE ?? HOSTING_CATALOGUE;
  return {
    hostId: values.MCPNEST_HOST_ID,
    listen: parseListen(values.MCPNEST_HOST_LISTEN),
    issuer: values.MCPNEST_HOST_ISSUER,
    keys: values.MCPNEST_HOST_KEYS,
    images: values.MCPNEST_HOST_IMAGES,
    stateFolder: values.MCPNEST_HOST_STATE,
    registry: values.MCPNEST_HOST_REGISTRY,
    pool: values.MCPNEST_HOST_ADDRESSES,
    clockSkewSeconds: values.MCPNEST_HOST_CLOCK_SKEW_SECONDS,
    starts: {
      parallel: values.MCPNEST_HOST_PARALLEL_STARTS,
      capacity: values.MCPNEST_HOST_WAITING_STARTS,
    },
    privateEgress: values.MCPNEST_HOST_PRIVATE_EGRESS,
    acceptedChecks: values.MCPNEST_HOST_ACCEPTED_CHECKS,
    catalogue: new Map(entries.map((entry) => [entry.id, entry])),
  };
}

function parseListen(text: string): HostConfig["listen"] {
  if (text.startsWith("unix:")) return { path: text.slice("unix:".length) };
  const [host = "", port = ""] = text.split(":");
  return { host, port: Number(port) };
}
