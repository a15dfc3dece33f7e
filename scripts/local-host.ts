import { execFile, spawn, type ChildProcess } from "node:child_process";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { promisify } from "node:util";
import Docker from "dockerode";
import { z } from "zod";
import type { GatewayPrivateKey } from "../workers/contract/hosting/host-protocol.ts";
import { PROCESS_WARNING } from "../workers/contract/hosting/hosts.ts";
import { hostLogFile, hostStateDir, readOrCreateHostId } from "./data-folder.ts";
import { LogFile } from "./log-file.ts";
import { findFreePort } from "./ports.ts";
import { root } from "./worker-bundle.ts";

const ENGINE_TIMEOUT_MS = 2_000;
/** A first build downloads packages; on a slow network it takes minutes. */
const BUILD_TIMEOUT_MS = 15 * 60_000;
const IMAGE = "mcpnest-servers";
/** The image with Chromium, which is built only on request: bridge/image/build.sh browser. */
const BROWSER_IMAGE = "mcpnest-browser";
/** The image that checks generated servers. */
const CHECK_IMAGE = "mcpnest-check";

const Ready = z.object({ event: z.literal("host_ready"), publicKey: z.string() });

/** The engine for hosted servers. `reason` of `none`: a sentence that says what to do. */
export type LocalEngine =
  | { kind: "docker" }
  | { kind: "process"; warning: string }
  | { kind: "none"; reason: string };

/** Images that containers are allowed to run, by their names in the catalogue. */
type Images = Record<string, { id: string }>;

/** A running container host. */
export interface LocalHost {
  id: string;
  url: string;
  publicKey: string;
  process: ChildProcess;
}

/** Returns the engine for hosted servers: as `MCPNEST_RUNTIME` says (`process` or `none`), else the Docker engine. */
export async function findEngine(): Promise<LocalEngine> {
  const runtime = process.env["MCPNEST_RUNTIME"];
  if (runtime === "none") return { kind: "none", reason: "MCPNEST_RUNTIME=none disables them." };
  if (runtime && runtime !== "process")
    return { kind: "none", reason: "MCPNEST_RUNTIME must be process, none or unset." };
  if (process.platform !== "linux") return { kind: "none", reason: "They run on Linux only." };
  if (runtime === "process") return { kind: "process", warning: PROCESS_WARNING };
  const processHint =
    "To run them without containers and without isolation, for development only: MCPNEST_RUNTIME=process npm start";
  const engine = new Docker({ timeout: ENGINE_TIMEOUT_MS });
  // A failed ping can only be the engine's failure.
  const responds = await engine.ping().then(
    () => true,
    () => false,
  );
  if (!responds) return { kind: "none", reason: `No Docker engine responds. ${processHint}` };
  if (process.getuid?.() === 0) return { kind: "docker" };
  const reason = `Only root can set the firewall around containers: run sudo npm start. ${processHint}`;
  return { kind: "none", reason };
}

/**
 * Returns the ids of the images, by their names in the catalogue. Builds missing images with the bridge and the servers,
 * and for checks; the one with Chromium is used if it was built. Throws if the image with the bridge cannot be built.
 * Without the one for checks hosted servers run too: `onWarning` gets a sentence that says what is missing and why.
 */
export async function ensureImages(onBuild: () => void, onWarning: (text: string) => void) {
  const isComplete = (await findImage(IMAGE)) !== null;
  if (!isComplete || (await findImage(CHECK_IMAGE)) === null) {
    onBuild();
    const script = join(root, "bridge/image/build.sh");
    const target = isComplete ? "check" : "servers";
    try {
      await promisify(execFile)(script, [target], { timeout: BUILD_TIMEOUT_MS });
    } catch (error) {
      if ((await findImage(IMAGE)) === null) throw error;
      onWarning(
        `The image that checks generated servers could not be built, so they are not checked here. Next start tries again. ${String(error)}`,
      );
    }
  }
  const names = { servers: IMAGE, browser: BROWSER_IMAGE, check: CHECK_IMAGE };
  const images: Images = {};
  for (const [name, image] of Object.entries(names)) {
    const id = await findImage(image);
    if (id !== null) images[name] = { id };
  }
  return images;
}

/** The id of an image; null: it is missing. Another failure of the engine shows at its next use. */
async function findImage(name: string): Promise<string | null> {
  const found = await new Docker()
    .getImage(name)
    .inspect()
    .catch(() => null);
  return found?.Id ?? null;
}

/** Starts a container host on loopback and waits until it is ready. Throws with the log's path if it ends before. */
export async function startLocalHost(
  key: GatewayPrivateKey,
  engine: { kind: "docker"; images: Images } | { kind: "process" },
): Promise<LocalHost> {
  const id = await readOrCreateHostId();
  const port = await findFreePort();
  const program = engine.kind === "docker" ? "main.ts" : "process-main.ts";
  const images = engine.kind === "docker" ? engine.images : {};
  const folder = join(root, "container-host");
  const preload = pathToFileURL(join(folder, "end-with-parent.ts")).href;
  const child = spawn(process.execPath, ["--import", preload, join(folder, program)], {
    env: {
      PATH: process.env["PATH"],
      DOCKER_HOST: process.env["DOCKER_HOST"],
      MCPNEST_HOST_ID: id,
      MCPNEST_HOST_LISTEN: `127.0.0.1:${port}`,
      MCPNEST_HOST_ISSUER: "mcpnest",
      MCPNEST_HOST_KEYS: JSON.stringify([{ kid: key.kid, x: key.x }]),
      MCPNEST_HOST_IMAGES: JSON.stringify(images),
      MCPNEST_HOST_STATE: hostStateDir,
      // The gateway and the host share a clock.
      MCPNEST_HOST_CLOCK_SKEW_SECONDS: "0",
    },
    // A fourth pipe, by which it notices the end of this process.
    stdio: ["ignore", "pipe", "pipe", "pipe"],
  });
  const log = new LogFile(hostLogFile);
  child.stderr?.setEncoding("utf8").on("data", (chunk: string) => log.write(chunk));
  const publicKey = await new Promise<string>((resolve, reject) => {
    let output = "";
    child.once("exit", () =>
      reject(new Error(`The container host ended. Its log: ${hostLogFile}`)),
    );
    child.stdout?.setEncoding("utf8").on("data", (chunk: string) => {
      log.write(chunk);
      output += chunk;
      const ready = output.split("\n").flatMap(parseReady)[0];
      if (ready !== undefined) resolve(ready);
    });
  });
  return { id, url: `http://127.0.0.1:${port}`, publicKey, process: child };
}

function parseReady(line: string): string[] {
  if (!line.includes("host_ready")) return [];
  try {
    const parsed = Ready.safeParse(JSON.parse(line));
    return parsed.success ? [parsed.data.publicKey] : [];
  } catch {
    // An incomplete line; the rest follows.
    return [];
  }
}
