import { randomBytes } from "node:crypto";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { exportJWK, generateKeyPair } from "jose";
import { z } from "zod";
import { GatewayPrivateKey } from "../workers/contract/hosting/host-protocol.ts";
import { root } from "./worker-bundle.ts";
/** The data folder of `npm start`; the variable `MCPNEST_DATA` changes it. */
const dataFolder = process.env["MCPNEST_DATA"] ?? join(root, ".mcpnest");
/** Folder of D1 and the Durable Objects. */
export const stateDir = join(dataFolder, "state");
/** Log of the Worker. */
export const logFile = join(dataFolder, "log");
/** Folder of the container host. */
export const hostStateDir = join(dataFolder, "host");
/** Log of the container host. */
export const hostLogFile = join(dataFolder, "host-log");
const Secrets = z.object({ operatorKey: z.string(), masterKeys: z.string() });
const DevFile = z.object({
  gatewayUrl: z.string(),
  workspace: z.string(),
  token: z.string(),
  apiUrl: z.string(),
  operatorKey: z.string(),
  dashboardUrl: z.string().optional(),
  /** The setup link for the first owner; absent once there is a user. */
  setupUrl: z.string().optional(),
});
const HostId = z.object({ id: z.string() });
const DemoHosting = z.object({ deployed: z.boolean() });
const Ports = z.record(z.string(), z.int());
/** Returns the secrets of this data folder; creates them on the first run. */
export async function readOrCreateSecrets() {
  await mkdir(dataFolder, { recursive: true, mode: 0o700 });
  return readOrCreate("secrets.json", Secrets, makeSecrets);
}
/** Returns the gateway's key of this data folder; creates it on the first run. */
export const readOrCreateGatewayKey = () =>
  readOrCreate("gateway-key.json", GatewayPrivateKey, () => makeGatewayKey("local"));
/**
 * Returns the container host's id of this data folder; creates it on the first run. The id is random, because hosts of
 * other folders can use the same Docker engine, and a host removes containers with its id that it does not know.
 */
export async function readOrCreateHostId() {
  const make = () => ({ id: `local-${randomBytes(4).toString("hex")}` });
  return (await readOrCreate("host.json", HostId, make)).id;
}
/** Whether the demo's hosted servers were deployed before. Then terminated servers are not deployed again. */
export const isDemoDeployed = async () =>
  (await readJson("demo-hosting.json", DemoHosting))?.deployed === true;
/** Records that the demo's hosted servers were deployed. */
export const markDemoDeployed = () => writeJson("demo-hosting.json", { deployed: true });
/** Makes a new operator key and a key ring with one master key. */
export function makeSecrets() {
  return {
    operatorKey: randomBytes(32).toString("hex"),
    masterKeys: JSON.stringify([{ kid: "k1", key: randomBytes(32).toString("base64") }]),
  };
}
/** Makes a new key with which a gateway signs its requests to container hosts. */
export async function makeGatewayKey(kid) {
  const { privateKey } = await generateKeyPair("EdDSA", { crv: "Ed25519", extractable: true });
  const { x = "", d = "" } = await exportJWK(privateKey);
  return { kid, x, d };
}
/** Reads `dev.json`; undefined before the first run. */
export const readDevFile = () => readJson("dev.json", DevFile);
/** Writes `dev.json`. */
export const writeDevFile = (content) => writeJson("dev.json", content);
/** Reads the last ports of the example servers, by slug. */
export const readPorts = async () => (await readJson("example-ports.json", Ports)) ?? {};
/** Writes the ports of the example servers, by slug. */
export const writePorts = (ports) => writeJson("example-ports.json", ports);
/** Reads a file; if it does not exist, makes its content and writes it. */
async function readOrCreate(name, schema, make) {
  const stored = await readJson(name, schema);
  if (stored) return stored;
  const made = await make();
  await writeJson(name, made);
  return made;
}
async function readJson(name, schema) {
  // A file that exists but cannot be read fails the later write.
  const text = await readFile(join(dataFolder, name), "utf8").catch(() => undefined);
  return text === undefined ? undefined : schema.parse(JSON.parse(text));
}
async function writeJson(name, content) {
  await writeFile(join(dataFolder, name), `${JSON.stringify(content, null, 2)}\n`, { mode: 0o600 });
}
