import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { z } from "zod";
import { makeSecrets } from "../../scripts/data-folder.ts";
import { startRuntime, type Runtime } from "../../scripts/local-runtime.ts";
import { manage, type ManagementApi } from "../../scripts/management-client.ts";
import { findFreePort } from "../../scripts/ports.ts";
import { buildWorker } from "../../scripts/worker-bundle.ts";
import { FleetPack } from "../../workers/contract/api/fleet-pack.ts";
import { startModel, type Model } from "./model.ts";
import { startRecorder, type Exchange } from "./recorder.ts";
import { startUpstream, type Upstream } from "./upstream.ts";

const Member = z.object({ id: z.string() });
const IssuedToken = z.object({ token: z.string(), record: z.object({ id: z.string() }) });

/** A token of the workspace's member. */
export interface Token {
  clear: string;
  revoke(): Promise<void>;
}

/** Everything that the clients connect to. */
export interface Stage {
  upstream: Upstream;
  model: Model;
  /** All exchanges between clients and gateway so far. */
  exchanges: Exchange[];
  /** The address of a workspace, `suite` or `many`, through the recording proxy. */
  urlOf(workspace: Workspace): string;
  makeToken(workspace: Workspace, label: string): Promise<Token>;
  /** The managed settings for the servers of a workspace, with their addresses through the recording proxy. */
  readFleetPack(workspace: Workspace): Promise<FleetPack>;
  /** Stops the gateway and starts it again with the same storage. */
  restartGateway(): Promise<void>;
  close(): Promise<void>;
}

/** `suite` has a server of each era with prefixes; `many` has one server with 200 tools and no prefix. */
export type Workspace = "suite" | "many";

/** Starts the servers, the gateway, the proxy and the model. */
export async function openStage(): Promise<Stage> {
  const [upstream, model, gatewayPort, bundle, stateDir] = await Promise.all([
    startUpstream(),
    startModel(),
    findFreePort(),
    buildWorker(),
    mkdtemp(join(tmpdir(), "mcpnest-clients-")),
  ]);
  const recorder = await startRecorder(gatewayPort);
  const secrets = makeSecrets();
  const start = () =>
    startRuntime({
      bundle,
      port: gatewayPort,
      stateDir,
      bindings: {
        MCPNEST_OPERATOR_KEY: secrets.operatorKey,
        MCPNEST_MASTER_KEYS: secrets.masterKeys,
        ALLOWED_HOSTS: [gatewayPort, recorder.port]
          .flatMap((port) => [`127.0.0.1:${port}`, `localhost:${port}`])
          .join(),
        CLIENT_ADDRESS_HEADER: "",
        ALLOW_PRIVATE_UPSTREAMS: "true",
      },
      onLog: ({ level, message }) => {
        if (level === "error") console.error(message);
      },
    });
  let runtime: Runtime = await start();
  const api = { apiUrl: `${runtime.url}/api`, operatorKey: secrets.operatorKey };
  const members = {
    suite: await makeWorkspace(api, "suite", {
      old: { url: upstream.urls.old, prefix: "old" },
      new: { url: upstream.urls.new, prefix: "new" },
    }),
    many: await makeWorkspace(api, "many", { many: { url: upstream.urls.many } }),
  };
  return {
    upstream,
    model,
    exchanges: recorder.exchanges,
    urlOf: (workspace) => `http://127.0.0.1:${recorder.port}/api/gw/${workspace}`,
    async makeToken(workspace, label) {
      const path = `/workspaces/${workspace}/tokens`;
      const issued = IssuedToken.parse(
        await manage(api, "POST", path, { label, memberId: members[workspace] }),
      );
      return {
        clear: issued.token,
        revoke: async () => void (await manage(api, "DELETE", `${path}/${issued.record.id}`)),
      };
    },
    async readFleetPack(workspace) {
      const recorded = { ...api, apiUrl: `http://127.0.0.1:${recorder.port}/api` };
      return FleetPack.parse(await manage(recorded, "GET", `/workspaces/${workspace}/fleet-pack`));
    },
    async restartGateway() {
      await runtime.stop();
      runtime = await start();
    },
    async close() {
      await Promise.all([recorder.close(), model.close(), upstream.close()]);
      await runtime.stop();
      await rm(stateDir, { recursive: true });
    },
  };
}

/** Makes a workspace with these servers, and a member with access to all of their tools. Returns the member's id. */
async function makeWorkspace(
  api: ManagementApi,
  slug: Workspace,
  servers: Record<string, { url: string; prefix?: string }>,
): Promise<string> {
  const path = `/workspaces/${slug}`;
  const limits = { perAddressPerMinute: 1_000_000, perTokenPerMinute: null };
  await manage(api, "POST", "/workspaces", { slug, name: slug, limits, defaultAccess: "open" });
  for (const [name, server] of Object.entries(servers)) {
    await manage(api, "POST", `${path}/servers`, { slug: name, ...server });
  }
  const { id } = Member.parse(await manage(api, "POST", `${path}/members`, { name: "Ada" }));
  const rules = Object.keys(servers).map((name) => `${name}:*`);
  await manage(api, "PUT", `${path}/members/${id}/rules`, { rules });
  return id;
}
