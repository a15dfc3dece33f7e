import { randomBytes } from "node:crypto";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { exportJWK, generateKeyPair } from "jose";
import { z } from "zod";
import { root } from "./worker-bundle.ts";

/** Where `npm start` keeps its data; `MCPNEST_DATA` moves it. */
const dataFolder = process.env["MCPNEST_DATA"] ?? join(root, ".mcpnest");
export const stateDir = join(dataFolder, "state");
export const logFile = join(dataFolder, "log");
export const hostStateDir = join(dataFolder, "host");
export const hostLogFile = join(dataFolder, "host-log");

const Secrets = z.object({ operatorKey: z.string(), masterKeys: z.string() });
export type Secrets = z.infer<typeof Secrets>;

const DevFile = z.object({
  gatewayUrl: z.string(),
  workspace: z.string(),
  token: z.string(),
  apiUrl: z.string(),
  operatorKey: z.string(),
  /** The dashboard. */
  dashboardUrl: z.string().optional(),
  /** Makes whoever opens it the first owner; while nobody can sign in. */
  setupUrl: z.string().optional(),
});
/** `dev.json`: what a script needs to use the running gateway. */
export type DevFile = z.infer<typeof DevFile>;

const GatewayKey = z.object({ kid: z.string(), x: z.string(), d: z.string() });
/** The gateway's Ed25519 key for its requests to container hosts. */
export type GatewayKey = z.infer<typeof GatewayKey>;

const DemoHosting = z.object({ deployed: z.boolean() });

const Ports = z.record(z.string(), z.int());

/** The keys of this data folder, made on the first run. */
export async function openSecrets(): Promise<Secrets> {
  await mkdir(dataFolder, { recursive: true, mode: 0o700 });
  const stored = await readJson("secrets.json", Secrets);
  if (stored) return stored;
  const secrets = makeSecrets();
  await writeJson("secrets.json", secrets);
  return secrets;
}

/** The gateway's key of this data folder, made on the first run. */
export async function openGatewayKey(): Promise<GatewayKey> {
  const stored = await readJson("gateway-key.json", GatewayKey);
  if (stored) return stored;
  const { privateKey } = await generateKeyPair("EdDSA", { crv: "Ed25519", extractable: true });
  const { x = "", d = "" } = await exportJWK(privateKey);
  const key = { kid: "local", x, d };
  await writeJson("gateway-key.json", key);
  return key;
}

/** Whether the demo's hosted servers were deployed once: those that somebody has terminated stay so. */
export const isDemoDeployed = async () =>
  (await readJson("demo-hosting.json", DemoHosting))?.deployed === true;
export const markDemoDeployed = () => writeJson("demo-hosting.json", { deployed: true });

/** A new operator key and a ring of one master key. */
export function makeSecrets(): Secrets {
  return {
    operatorKey: randomBytes(32).toString("hex"),
    masterKeys: JSON.stringify([{ kid: "k1", key: randomBytes(32).toString("base64") }]),
  };
}

export const readDevFile = () => readJson("dev.json", DevFile);
export const writeDevFile = (content: DevFile) => writeJson("dev.json", content);
export const readPorts = async () => (await readJson("example-ports.json", Ports)) ?? {};
export const writePorts = (ports: z.infer<typeof Ports>) => writeJson("example-ports.json", ports);

async function readJson<T>(name: string, schema: z.ZodType<T>): Promise<T | undefined> {
  const text = await readFile(join(dataFolder, name), "utf8").catch(() => undefined);
  return text === undefined ? undefined : schema.parse(JSON.parse(text));
}

async function writeJson(name: string, content: unknown): Promise<void> {
  await writeFile(join(dataFolder, name), `${JSON.stringify(content, null, 2)}\n`, { mode: 0o600 });
}
