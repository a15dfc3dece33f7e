import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { manage } from "../../scripts/management-client.ts";
import { CountedGateway } from "../cost/counted-gateway.ts";
import { toPrice, type Month } from "../cost/price.ts";
import {
  makeWorkspace,
  measureIsolatedCalls,
  measureListening,
  measureWarmCalls,
} from "../cost/scenarios.ts";
import { startUpstream } from "../cost/upstream.ts";
import { DashboardUser } from "../fixtures/dashboard-user.ts";
import { makeGrant } from "../fixtures/grant.ts";
import { createOpenWorkspace } from "../fixtures/local-gateway.ts";
import { startProtectedUpstream } from "../fixtures/protected-upstream.ts";

let gateways: [CountedGateway, CountedGateway];
let upstream: Awaited<ReturnType<typeof startUpstream>>;

beforeAll(async () => {
  upstream = await startUpstream();
  gateways = [await CountedGateway.start(), await CountedGateway.start()];
});

afterAll(async () => {
  for (const gateway of gateways) await gateway.stop();
  upstream.close();
});

/** Each test has another gateway, because both wait for most of their time. */
describe.concurrent("what is counted", () => {
  test(
    "a call that wakes its workspace costs three requests to objects and six rows of D1",
    {
      timeout: 180_000,
    },
    async () => {
      const [gateway] = gateways;
      const workspace = await makeWorkspace(gateway, "isolated", upstream.url);
      const counts = await measureIsolatedCalls(gateway, workspace, 1);
      expect(counts.objectRequests).toBeLessThanOrEqual(3);
      expect(counts.databaseRowsWritten).toBeLessThanOrEqual(6);
      expect(counts.queueOperations).toBe(3);
      // 500 tools are stored: none is written again.
      expect(counts.objectRowsWritten).toBeLessThan(40);
    },
  );

  test("clients that listen keep no workspace awake", { timeout: 180_000 }, async () => {
    const [, gateway] = gateways;
    const workspaces = [];
    for (let n = 0; n < 3; n++)
      workspaces.push(await makeWorkspace(gateway, `listening-${n}`, upstream.url));
    const hour = await measureListening(gateway, workspaces, 20_000);
    // Awake for a tenth of the time, an object costs a tenth of $4.10 a month.
    expect(hour.awakeMs).toBeLessThan(360_000);
  });
});

test("a call with an OAuth token, or to a server with a sign-in, reads nothing of D1 and asks one object, as one without", async () => {
  const slug = "signed-in";
  const guarded = await startProtectedUpstream();
  const [gateway] = gateways;
  const { api } = gateway;
  try {
    const servers = [
      { slug: "plain", url: `${upstream.url}/plain`, prefix: "plain" },
      { slug: "guarded", url: `${guarded.url}/guarded/mcp`, prefix: "guarded" },
    ];
    const workspace = await createOpenWorkspace(api, slug, servers);
    const client = { id: "client", secret: "secret" };
    await manage(api, "PUT", `/workspaces/${slug}/servers/guarded/connection`, { client });
    const { origin } = new URL(api.apiUrl.replace("127.0.0.1", "localhost"));
    const token = await makeGrant(origin, await DashboardUser.join(api, slug), slug);
    const granted = { gatewayUrl: `${origin}/mcp/${slug}`, token };
    const expectNoRead = async (from: typeof workspace, tool: string) => {
      const counts = await measureWarmCalls(gateway, from, tool, 60);
      expect(Math.round(counts.objectRequests)).toBe(1);
      expect(Math.round(counts.databaseQueries)).toBe(0);
      // Those of the audit log, for each call without a sign-in, too. On a busy machine it is stored more often.
      const read = [counts.objectRowsRead];
      while (Math.min(...read) >= 4.5 && read.length < 4)
        read.push((await measureWarmCalls(gateway, from, tool, 60)).objectRowsRead);
      expect(Math.round(Math.min(...read))).toBeLessThanOrEqual(4);
    };
    await expectNoRead(workspace, "plain_tool_0");
    await expectNoRead(granted, "plain_tool_0");
    await expectNoRead(workspace, "guarded_secret");
  } finally {
    await guarded.close();
  }
});

test("a month's price is the plan's base and what exceeds the included amounts", () => {
  const nothing: Month = {
    workerRequests: 0,
    workerCpuMs: 0,
    objectRequests: 0,
    objectGbSeconds: 0,
    objectRowsRead: 0,
    objectRowsWritten: 0,
    databaseRowsRead: 0,
    databaseRowsWritten: 0,
    queueOperations: 0,
  };
  expect(toPrice(nothing)).toBe(5);
  expect(toPrice({ ...nothing, objectGbSeconds: 400_000, databaseRowsWritten: 50e6 })).toBe(5);
  const more = { objectGbSeconds: 678_400, objectRequests: 5e6, queueOperations: 3e6 };
  expect(toPrice({ ...nothing, ...more })).toBeCloseTo(5 + 3.48 + 0.6 + 0.8, 2);
});
