import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { exportJWK, generateKeyPair } from "jose";
import { afterAll, beforeAll } from "vitest";
import { manage } from "../../../scripts/management-client.ts";
import { ErrorBody } from "../../../workers/contract/api/resources.ts";
import { HOSTING_CATALOGUE } from "../../../workers/contract/hosting/catalogue-data.ts";
import type { HostingCatalogueEntry } from "../../../workers/contract/hosting/catalogue-entry.ts";
import type { HostedInstance } from "../../../workers/contract/hosting/instances.ts";
import {
  createOpenWorkspace,
  startLocalGateway,
  type LocalGateway,
} from "../../fixtures/local-gateway.ts";
import { PrivateEngine } from "../container-host/private-engine.ts";
import { TunnelledHost } from "./host-process.ts";

const SLOW_START_MS = 120_000;

/** A gateway, a private engine with the deployed images, and a host. */
export class Stage {
  readonly engine: PrivateEngine;
  readonly gateway: LocalGateway;
  readonly host: TunnelledHost;
  readonly #startHost: (id: string) => Promise<TunnelledHost>;

  private constructor(
    engine: PrivateEngine,
    gateway: LocalGateway,
    host: TunnelledHost,
    startHost: (id: string) => Promise<TunnelledHost>,
  ) {
    this.engine = engine;
    this.gateway = gateway;
    this.host = host;
    this.#startHost = startHost;
  }

  static async open(): Promise<Stage> {
    const engine = await PrivateEngine.open();
    const servers = { id: await engine.copyImage("mcpnest-servers") };
    const { privateKey } = await generateKeyPair("EdDSA", { crv: "Ed25519", extractable: true });
    const { x = "", d = "" } = await exportJWK(privateKey);
    const gateway = await startLocalGateway({
      MCPNEST_GATEWAY_KEY: JSON.stringify({ kid: "k1", x, d }),
    });
    const catalogue = join(engine.folder, "catalogue.json");
    await writeFile(catalogue, JSON.stringify(HOSTING_CATALOGUE.map(withFailingEntry)));
    const startHost = (id: string) =>
      TunnelledHost.start(engine, id, {
        MCPNEST_HOST_KEYS: JSON.stringify([{ kid: "k1", x }]),
        MCPNEST_HOST_IMAGES: JSON.stringify({ servers }),
        MCPNEST_HOST_CATALOGUE: catalogue,
      });
    const stage = new Stage(engine, gateway, await startHost("host-1"), startHost);
    await stage.register(stage.host);
    return stage;
  }

  /** Starts another host on the same engine without registering it. */
  startHost(id: string): Promise<TunnelledHost> {
    return this.#startHost(id);
  }

  async register({ id, url, publicKey }: TunnelledHost): Promise<void> {
    await this.manage("POST", "/hosts", { id, url, publicKey });
  }

  // Tests read the response without a type.
  // oxlint-disable-next-line typescript/no-explicit-any
  manage(method: Parameters<typeof manage>[1], path: string, body?: unknown): Promise<any> {
    return manage(this.gateway.api, method, path, body);
  }

  /** Calls the management API; does not throw on an error status. */
  send(method: string, path: string, body?: unknown): Promise<Response> {
    const { apiUrl, operatorKey } = this.gateway.api;
    return fetch(`${apiUrl}${path}`, {
      method,
      headers: { authorization: `Bearer ${operatorKey}`, "content-type": "application/json" },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
  }

  workspace(slug: string) {
    return createOpenWorkspace(this.gateway.api, slug, []);
  }

  deploy(workspace: string, input: object): Promise<HostedInstance> {
    return this.manage("POST", `/workspaces/${workspace}/instances`, input);
  }

  instance(workspace: string, id: string): Promise<HostedInstance> {
    return this.manage("GET", `/workspaces/${workspace}/instances/${id}`);
  }

  /** Polls until the instance matches; throws after the timeout. */
  async waitFor(
    workspace: string,
    id: string,
    matches: (instance: HostedInstance) => boolean,
    timeoutMs = 30_000,
  ): Promise<HostedInstance> {
    const deadline = Date.now() + timeoutMs;
    for (;;) {
      const instance = await this.instance(workspace, id);
      if (matches(instance)) return instance;
      if (Date.now() > deadline) throw new Error(`still ${JSON.stringify(instance)}`);
      await sleep(100);
    }
  }

  /** Deploys and waits until the server is healthy or has failed. */
  async run(workspace: string, input: object): Promise<HostedInstance> {
    const { id } = await this.deploy(workspace, input);
    return this.waitFor(workspace, id, ({ state, health }) => hasSettled(state, health));
  }

  /** Runs the cron of every minute. */
  async everyMinute(): Promise<void> {
    await this.gateway.runCrons(new Date("2026-01-01T00:01:00Z"));
  }

  async containers(): Promise<string[]> {
    const all = await this.engine.docker.listContainers({ all: true });
    return all.map(({ Names }) => Names[0] ?? "");
  }

  async networks(): Promise<string[]> {
    const all = await this.engine.docker.listNetworks();
    return all.map(({ Name }) => Name).filter((name) => name.startsWith("mcp"));
  }

  async close(): Promise<void> {
    await this.host.close();
    await this.gateway.stop();
    await this.engine.close();
  }
}

/** Replaces the command of one entry: it fails at start and prints its key. */
function withFailingEntry(entry: HostingCatalogueEntry): HostingCatalogueEntry {
  if (entry.id !== "context7") return entry;
  const script =
    "console.error('the key was refused: ' + process.env.CONTEXT7_API_KEY); process.exit(1)";
  return { ...entry, command: `node -e "${script}"` };
}

/** The message of an error response. */
export async function readErrorMessage(response: Response): Promise<string> {
  return ErrorBody.parse(await response.json()).error.message;
}

function hasSettled(state: string, health: string): boolean {
  return state === "failed" || (state === "running" && health === "healthy");
}

/** Opens a stage for the tests of the surrounding block. */
export function withStage(): { stage: Stage } {
  let stage: Stage | undefined;
  beforeAll(async () => {
    stage = await Stage.open();
  }, SLOW_START_MS);
  afterAll(() => stage?.close(), SLOW_START_MS);
  return {
    get stage() {
      if (!stage) throw new Error("the stage is not open yet");
      return stage;
    },
  };
}
