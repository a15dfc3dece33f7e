import type { ChildProcess } from "node:child_process";
import { randomBytes } from "node:crypto";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { HostingCatalogueEntry } from "../../../workers/contract/hosting/catalogue-entry.ts";
import {
  FLEET_SUBJECT,
  HostStatus,
  type Instance,
} from "../../../workers/contract/hosting/host-protocol.ts";
import { HOST_ID, HostClient, ISSUER, makeSigner, readAll, type Signer } from "./host-client.ts";
import { ALLOWED_NAME, type PrivateEngine } from "./private-engine.ts";
import { endProcess, spawnHost } from "./spawn-host.ts";

const entry = (id: string, more: Partial<HostingCatalogueEntry> = {}): HostingCatalogueEntry => ({
  id,
  name: id,
  summary: "A server for tests.",
  package: { name: id, version: "1.0.0" },
  command: "node /opt/fault-server.mjs",
  concurrency: "parallel",
  environment: {},
  variables: [],
  profile: "small",
  image: "servers",
  egress: [],
  replaces: null,
  notice: null,
  ...more,
});
const variable = (key: string, kind: "text" | "password") => ({
  key,
  label: key,
  kind,
  required: key === "SECRET_KEY",
  help: "For tests.",
});

const HOSTING_CATALOGUE = [
  entry("plain"),
  entry("secret", {
    variables: [variable("SECRET_KEY", "password"), variable("REGION", "text")],
    environment: { FIXED: "as-it-is" },
  }),
  entry("online", { egress: [ALLOWED_NAME, "inward.example"] }),
  entry("database", {
    variables: [{ ...variable("DATABASE_URL", "password"), required: true }],
    connectsTo: "DATABASE_URL",
  }),
  entry("exits", { command: "node /opt/fault-server.mjs exit" }),
  entry("brief", { command: "node /opt/fault-server.mjs brief" }),
  entry("absent", { command: "/no/such/program" }),
  entry("wide", { profile: "large" }),
  entry("browsing", { image: "browser" }),
];

export const newInstanceId = () => `ins_${randomBytes(12).toString("hex")}`;
export const newWorkspaceId = () => `ws_${randomBytes(12).toString("hex")}`;

/** A container host's process in the namespaces of a private engine. */
export class HostProcess {
  readonly client: HostClient;
  readonly signer: Signer;
  readonly engine: PrivateEngine;
  /** Its log so far. */
  output = "";
  readonly #folder: string;
  readonly #environment: Record<string, string>;
  #process: ChildProcess | null = null;

  private constructor(
    engine: PrivateEngine,
    signer: Signer,
    folder: string,
    environment: Record<string, string>,
  ) {
    this.engine = engine;
    this.signer = signer;
    this.#folder = folder;
    this.#environment = environment;
    this.client = new HostClient(join(folder, "host.sock"), signer);
  }

  /** `name`: its folder. All hosts have the same id. */
  static async start(
    engine: PrivateEngine,
    name = "host",
    environment: Record<string, string> = {},
  ): Promise<HostProcess> {
    const folder = join(engine.folder, name);
    await mkdir(folder, { recursive: true });
    await writeFile(join(folder, "catalogue.json"), JSON.stringify(HOSTING_CATALOGUE));
    const host = new HostProcess(engine, await makeSigner("k1"), folder, environment);
    await host.start();
    return host;
  }

  get stateFolder(): string {
    return join(this.#folder, "state");
  }

  async start(overrides: Record<string, string> = {}): Promise<void> {
    const environment = {
      MCPNEST_HOST_ID: HOST_ID,
      MCPNEST_HOST_LISTEN: `unix:${join(this.#folder, "host.sock")}`,
      MCPNEST_HOST_ISSUER: ISSUER,
      MCPNEST_HOST_KEYS: JSON.stringify([this.signer.publicKey]),
      MCPNEST_HOST_IMAGES: JSON.stringify({ servers: { id: this.engine.imageId } }),
      MCPNEST_HOST_STATE: this.stateFolder,
      MCPNEST_HOST_CATALOGUE: join(this.#folder, "catalogue.json"),
      ...this.#environment,
      ...overrides,
    };
    const { child, ready } = spawnHost(this.engine, environment, (chunk) => {
      this.output += chunk;
    });
    this.#process = child;
    await ready;
  }

  /** The host's status. */
  async status(): Promise<HostStatus> {
    const request = { method: "GET", path: "/v1/host", subject: FLEET_SUBJECT };
    return HostStatus.parse((await this.client.send(request)).body);
  }

  async stop(signal: "SIGTERM" | "SIGKILL" = "SIGTERM"): Promise<void> {
    await endProcess(this.#process, signal);
  }

  /** Deploys; resolves with the host's response. */
  async deploy(
    catalogueId: string,
    {
      ids: { workspaceId, instanceId } = {
        workspaceId: newWorkspaceId(),
        instanceId: newInstanceId(),
      },
      ...more
    }: DeployOptions = {},
  ): Promise<Deployed> {
    const response = await this.client.send({
      method: "PUT",
      path: `/v1/instances/${instanceId}`,
      subject: workspaceId,
      body: { catalogueId, profile: "small", variables: {}, ...more },
    });
    return { workspaceId, instanceId, status: response.status, response: response.body };
  }

  async find({ workspaceId, instanceId }: Ids): Promise<Instance> {
    const path = `/v1/instances/${instanceId}`;
    return (await this.client.send({ method: "GET", path, subject: workspaceId })).body;
  }

  /** Polls until the instance matches; throws after the timeout. */
  async waitFor(
    ids: Ids,
    matches: (instance: Instance) => boolean,
    timeoutMs = 60_000,
  ): Promise<Instance> {
    const deadline = Date.now() + timeoutMs;
    for (;;) {
      const instance = await this.find(ids);
      if (matches(instance)) return instance;
      if (Date.now() > deadline) throw new Error(`still ${JSON.stringify(instance)}`);
      await sleep(50);
    }
  }

  terminate({ workspaceId, instanceId }: Ids) {
    const path = `/v1/instances/${instanceId}`;
    return this.client.send({ method: "DELETE", path, subject: workspaceId });
  }

  async terminateAll(): Promise<void> {
    const path = "/v1/instances";
    const { body } = await this.client.send({ method: "GET", path, subject: FLEET_SUBJECT });
    for (const { id, workspaceId } of body.instances) {
      await this.terminate({ workspaceId, instanceId: id });
    }
  }

  /** Calls a tool of the fault server through the host; returns its result, or status and text of an error. */
  async call(ids: Ids, name: string, parameters: object = {}): Promise<unknown> {
    const response = await this.openCall(ids, name, parameters);
    const text = await readAll(response);
    const json = text.startsWith("{") ? text : (/^data: (\{.*"result".*)$/m.exec(text)?.[1] ?? "");
    if (response.statusCode !== 200 || json === "") return { status: response.statusCode, text };
    const message = JSON.parse(json);
    return message.result ? JSON.parse(message.result.content[0].text) : message.error;
  }

  openCall(ids: Ids, name: string, parameters: object, signal?: AbortSignal) {
    return this.openRequest(ids, "tools/call", { name, arguments: parameters }, signal);
  }

  /** Sends an MCP request of the modern era through the host. */
  openRequest(
    { workspaceId, instanceId }: Ids,
    method: string,
    params: { name?: string; arguments?: object },
    signal?: AbortSignal,
  ) {
    const _meta = {
      "io.modelcontextprotocol/protocolVersion": "2026-07-28",
      "io.modelcontextprotocol/clientCapabilities": {},
      "io.modelcontextprotocol/clientInfo": { name: "test", version: "1" },
    };
    return this.client.open({
      method: "POST",
      path: `/v1/instances/${instanceId}/mcp`,
      subject: workspaceId,
      body: { jsonrpc: "2.0", id: 1, method, params: { ...params, _meta } },
      headers: {
        "content-type": "application/json",
        accept: "application/json, text/event-stream",
        "mcp-protocol-version": "2026-07-28",
        "mcp-method": method,
        ...(params.name ? { "mcp-name": params.name } : {}),
      },
      ...(signal ? { signal } : {}),
    });
  }

  /** Finds an instance's container by its label. */
  async container({ instanceId }: Ids) {
    const label = [`mcpnest.instance=${instanceId}`];
    const [found] = await this.engine.docker.listContainers({ all: true, filters: { label } });
    if (!found) throw new Error(`${instanceId} has no container`);
    return this.engine.docker.getContainer(found.Id);
  }
}

export interface Ids {
  workspaceId: string;
  instanceId: string;
}

interface DeployOptions {
  /** Default: new ids. */
  ids?: Ids;
  profile?: string;
  variables?: Record<string, string>;
}

interface Deployed extends Ids {
  status: number;
  // An instance or an error; tests read it without a type.
  // oxlint-disable-next-line typescript/no-explicit-any
  response: any;
}
