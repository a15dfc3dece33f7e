import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { manage } from "../../scripts/management-client.ts";
import type { HostedInstance } from "../../workers/contract/hosting/instances.ts";
import { makeGatewayKey, startNpmRegistry, startProcessHost } from "../fixtures/hosted-packages.ts";
import {
  createOpenWorkspace,
  startLocalGateway,
  type LocalGateway,
} from "../fixtures/local-gateway.ts";
import { connect } from "./hosting/connect.ts";

const TIMEOUT_MS = 120_000;
const READ = {
  name: "read_graph",
  description: "Reads the graph.",
  inputSchema: { type: "object", properties: {} },
  annotations: { readOnlyHint: true },
};
const TURNED = { ...READ, description: "Reads and repairs the graph.", annotations: {} };
const DROP = { name: "drop_graph", inputSchema: { type: "object" } };
const WEAK = `
import { existsSync, writeFileSync } from "node:fs";
if (existsSync("started")) { console.error("cannot start twice"); process.exit(1); }
writeFileSync("started", "");`;
const VERSIONS = [
  { version: "2030.10.0", publishedAt: "2030-10-01T00:00:00Z", tools: [TURNED, DROP] },
  { version: "2030.2.0", publishedAt: "2030-02-01T00:00:00Z", tools: [READ] },
  {
    version: "2030.10.0-beta.1",
    publishedAt: "2030-09-01T00:00:00Z",
    tools: [READ],
    deprecated: "Use 2030.10.0.",
  },
  {
    version: "2030.11.0",
    publishedAt: "2030-11-01T00:00:00Z",
    tools: [READ],
    begin: "process.exit(1);",
  },
  { version: "2030.12.0", publishedAt: "2030-12-01T00:00:00Z", tools: [READ, DROP], begin: WEAK },
];

describe.skipIf(process.platform !== "linux")("versions of a hosted server", () => {
  let gateway: LocalGateway;
  let registry: Awaited<ReturnType<typeof startNpmRegistry>>;
  let host: { stop(): Promise<void> } | undefined;
  let client: Awaited<ReturnType<typeof connect>> | undefined;
  let path: string;

  // Tests read the response without a type.
  // oxlint-disable-next-line typescript/no-explicit-any
  const call = (method: "GET" | "POST", route: string, body?: unknown): Promise<any> =>
    manage(gateway.api, method, route, body);
  const instance = (): Promise<HostedInstance> => call("GET", path);
  // `expect.poll` is for tests only, and the set-up waits too.
  const untilRunning = () =>
    vi.waitFor(async () => expect((await instance()).state).toBe("running"), {
      timeout: 60_000,
      interval: 200,
    });
  const connected = () => {
    if (!client) throw new Error("the client is not connected yet");
    return client;
  };
  const listed = async () =>
    (await connected().listTools()).tools.map(({ name }) => name).toSorted();
  const descriptionOf = async (name: string) =>
    (await connected().listTools()).tools.find((tool) => tool.name === name)?.description;
  const runningVersion = async () => {
    const { content } = await connected().callTool({ name: "read_graph", arguments: {} });
    return (content as { text: string }[])[0]?.text;
  };
  const switchTo = async (body: object) => {
    await call("POST", `${path}/version`, body);
    await untilRunning();
  };

  beforeAll(async () => {
    const { binding, publicKey } = await makeGatewayKey();
    [gateway, registry] = await Promise.all([
      startLocalGateway({ MCPNEST_GATEWAY_KEY: binding }),
      startNpmRegistry(VERSIONS),
    ]);
    host = await startProcessHost(gateway.api, publicKey, registry.url);
    const open = await createOpenWorkspace(gateway.api, "versions", []);
    const created = await call("POST", "/workspaces/versions/instances", { catalogueId: "memory" });
    path = `/workspaces/versions/instances/${created.id}`;
    await untilRunning();
    await switchTo({ version: "2030.2.0", contract: "keep" });
    client = await connect(open.gatewayUrl, open.token);
  }, TIMEOUT_MS);

  afterAll(async () => {
    await client?.close();
    await host?.stop();
    await registry.stop();
    await gateway.stop();
  });

  test("the versions of the registry are offered, the newest first, with what they are", async () => {
    const { versions, ...rest } = await call("GET", `${path}/versions`);
    expect(rest).toMatchObject({ current: "2030.2.0", problem: null });
    expect(versions.map(({ version }: { version: string }) => version)).toEqual([
      "2030.12.0",
      "2030.11.0",
      "2030.10.0",
      "2030.10.0-beta.1",
      "2030.2.0",
    ]);
    expect(versions[3]).toEqual({
      version: "2030.10.0-beta.1",
      publishedAt: Date.parse("2030-09-01T00:00:00Z"),
      isPrerelease: true,
      deprecated: "Use 2030.10.0.",
    });
    expect(versions[1].publishedAt).toBe(Date.parse("2030-11-01T00:00:00Z"));
  });

  test("while the registry is down, that is said, and a version can be named that the host has", async () => {
    registry.setDown(true);
    const { versions, problem } = await call("GET", `${path}/versions`);
    expect([versions, problem]).toEqual([[], expect.stringContaining("does not respond")]);
    await expect(
      call("POST", `${path}/version-comparison`, { version: "2030.10.0" }),
    ).rejects.toThrow("could not be installed");
    registry.setDown(false);
  });

  test(
    "a version is compared, switched to with what it shows approved, and back with one step",
    async () => {
      // What the image's version showed was the first look.
      const state = await call("GET", "/workspaces/versions/servers/memory/contract");
      await call("POST", "/workspaces/versions/servers/memory/contract/approve", {
        changes: state.changes.map(({ kind, key, digest }: Record<string, unknown>) => ({
          kind,
          key,
          digest,
        })),
      });
      expect(await listed()).toEqual(["read_graph"]);
      const comparison = await call("POST", `${path}/version-comparison`, { version: "2030.10.0" });
      expect(comparison).toMatchObject({ version: "2030.10.0", current: "2030.2.0", same: 0 });
      expect(
        comparison.changes.map((one: Record<string, unknown>) => [one["key"], one["severity"]]),
      ).toEqual([
        ["read_graph", "critical"],
        ["drop_graph", "medium"],
      ]);
      // Nothing but the comparison has happened.
      expect([await listed(), await runningVersion()]).toEqual([["read_graph"], "2030.2.0"]);
      await expect(
        call("POST", `${path}/version`, {
          version: "2030.10.0",
          contract: "seen",
          seen: "0".repeat(64),
        }),
      ).rejects.toThrow("shows something else");
      await switchTo({ version: "2030.10.0", contract: "seen", seen: comparison.digest });
      await expect.poll(listed).toEqual(["drop_graph", "read_graph"]);
      expect(await runningVersion()).toBe("2030.10.0");
      expect(await descriptionOf("read_graph")).toBe(TURNED.description);

      await switchTo({ version: "2030.2.0", contract: "earlier" });
      await expect.poll(listed).toEqual(["read_graph"]);
      expect(await runningVersion()).toBe("2030.2.0");
      expect(await descriptionOf("read_graph")).toBe(READ.description);
      // The server is read again when it runs.
      await expect
        .poll(
          async () => (await call("GET", "/workspaces/versions/servers/memory/contract")).changes,
        )
        .toEqual([]);
    },
    TIMEOUT_MS,
  );

  test(
    "without an approval, clients keep what is approved, and what is new is held",
    async () => {
      await switchTo({ version: "2030.10.0" });
      await expect
        .poll(async () => {
          const { changes } = await call("GET", "/workspaces/versions/servers/memory/contract");
          return changes.map((one: Record<string, unknown>) => [one["key"], one["state"]]);
        })
        .toEqual([
          ["read_graph", "held"],
          ["drop_graph", "held"],
        ]);
      expect(await descriptionOf("read_graph")).toBe(READ.description);
      expect(await listed()).toEqual(["read_graph"]);
      await switchTo({ version: "2030.2.0", contract: "earlier" });
    },
    TIMEOUT_MS,
  );

  test(
    "a version that does not start, or only once, leaves the one before in place, and the admin sees why",
    async () => {
      await expect(call("POST", `${path}/version`, { version: "2030.11.0" })).rejects.toThrow(
        /2030\.11\.0 did not start.*The server runs on with version 2030\.2\.0/,
      );
      expect(await runningVersion()).toBe("2030.2.0");
      await call("POST", `${path}/version`, { version: "2030.12.0" });
      await expect
        .poll(async () => (await instance()).versions?.failed?.version, { timeout: 60_000 })
        .toBe("2030.12.0");
      await untilRunning();
      expect((await instance()).versions).toMatchObject({ current: "2030.2.0", switching: null });
      await expect.poll(runningVersion).toBe("2030.2.0");
      const { items } = await call("GET", "/workspaces/versions/audit-events");
      const actions = items.map(({ action }: { action: string }) => action);
      expect(actions).toContain("instance.version_put_back");
      expect(actions).toContain("instance.version_switched");
      await expect(call("POST", `${path}/version`, { version: "2030.77.0" })).rejects.toThrow(
        "is not in the npm registry",
      );
    },
    TIMEOUT_MS,
  );
});
