import { z } from "zod";
import { manage, type ManagementApi } from "../../scripts/management-client.ts";
import { createOpenWorkspace } from "../fixtures/local-gateway.ts";
import { compareSnapshots, type GatewayView } from "./compare.ts";
import type { SdkReport, ServerReport } from "./report.ts";
import type { LocalCall, RealServer } from "./servers.ts";
import { takeSnapshot, type RenameForCall, type Sdk } from "./snapshot.ts";
import { startServer, type StartedServer, type Target } from "./start-server.ts";

/** Prefix of every exposed name. */
const PREFIX = "real";
const SDKS: Sdk[] = ["v1", "v2"];

const AddedServer = z.object({
  server: z.object({ era: z.string().nullable() }),
  check: z.object({ error: z.object({ message: z.string() }).nullable() }).nullable(),
});
const Tools = z.object({ items: z.array(z.object({ name: z.string(), exposedName: z.string() })) });
const Catalogue = z.object({ warnings: z.array(z.string()) });

/** Starts a server, compares it directly and through a separate workspace with both SDKs, and stops it. */
export async function compareServer(
  server: RealServer,
  api: ManagementApi,
  chromium: string,
): Promise<ServerReport> {
  const report: ServerReport = { server, era: null, warnings: [], sdks: {}, failure: null };
  let started: StartedServer | undefined;
  try {
    started = await startServer(server, chromium);
    const calls = started.fill(server.calls ?? []);
    const { target, view, era } = await addServer(server, started, api);
    Object.assign(report, { era, warnings: view.warnings });
    for (const sdk of SDKS)
      report.sdks[sdk] = await compareSdk(sdk, started.direct, { target, view, calls });
  } catch (error) {
    report.failure = error instanceof Error ? error.message : String(error);
  } finally {
    await started?.stop();
  }
  return report;
}

async function compareSdk(
  sdk: Sdk,
  directTarget: Target,
  { target, view, calls }: { target: Target; view: GatewayView; calls: LocalCall[] },
): Promise<SdkReport> {
  const direct = await takeSnapshot(sdk, directTarget, calls);
  const through = await takeSnapshot(sdk, target, calls, view.exposeName);
  const differences = compareSnapshots(direct, through, calls.map(toLabel), view);
  return { direct, through, differences };
}

/** Adds the server to a workspace that has no other; throws if the gateway cannot use it. */
async function addServer(
  { name }: RealServer,
  { url, headers }: StartedServer,
  api: ManagementApi,
): Promise<{ target: Target; view: GatewayView; era: string }> {
  const { gatewayUrl, token } = await createOpenWorkspace(api, name, []);
  const path = `/workspaces/${name}/servers`;
  const body = { slug: name, url, prefix: PREFIX, credentials: headers };
  const { server, check } = AddedServer.parse(await manage(api, "POST", path, body));
  const problem = check?.error?.message ?? "it was not checked";
  if (server.era === null) throw new Error(`the gateway cannot use the server: ${problem}`);
  const target: Target = {
    transport: "streamable-http",
    url: gatewayUrl,
    headers: { authorization: `Bearer ${token}` },
  };
  // The first list waits until the gateway has fetched the server's lists.
  await takeSnapshot("v1", target, []);
  const { items } = Tools.parse(await manage(api, "GET", `${path}/${name}/tools`));
  const catalogue = await manage(api, "GET", `${path}/${name}/tool-catalogue`);
  const changed = new Map(items.map((tool) => [tool.name, tool.exposedName]));
  const exposeName: RenameForCall = (list, own) =>
    (list === "tools" ? changed.get(own) : undefined) ?? `${PREFIX}_${own}`;
  return {
    target,
    view: { exposeName, warnings: Catalogue.parse(catalogue).warnings },
    era: server.era,
  };
}

function toLabel(call: LocalCall, index: number): string {
  const name = "tool" in call ? call.tool : "prompt" in call ? call.prompt : call.resource;
  return `${index + 1} ${name}`;
}
