import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { connectV1, connectV2, type Gateway } from "../../fixtures/clients.ts";
import {
  createOpenWorkspace,
  startLocalGateway,
  type LocalGateway,
} from "../../fixtures/local-gateway.ts";
import { SERVERS, startBridge } from "./start-bridge.ts";

let gateway: LocalGateway;

beforeAll(async () => {
  gateway = await startLocalGateway();
});

afterAll(() => gateway.stop());

test.each([
  ["a v1 client", connectV1],
  ["a v2 client in auto mode", (workspace: Gateway) => connectV2(workspace, "auto")],
])("%s uses a stdio server through the gateway and a bridge", async (name, connect) => {
  const { url } = await startBridge(SERVERS.everything, { env: { MCP_CONCURRENCY: "parallel" } });
  const slug = name.replaceAll(" ", "-");
  const workspace = await createOpenWorkspace(gateway.api, slug, [
    { slug: "everything", url: `${url}/mcp` },
  ]);
  const client = await connect(workspace);
  onTestFinished(() => client.close());
  expect(await client.toolNames()).toContain("get-sum");
  expect(await client.call("echo", { message: "through" })).toBe("Echo: through");
  const seen: number[] = [];
  const args = { duration: 0.4, steps: 2 };
  await client.call("trigger-long-running-operation", args, (progress) => seen.push(progress));
  expect(seen).toEqual([1, 2]);
});
