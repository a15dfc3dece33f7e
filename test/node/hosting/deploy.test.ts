import { spawnSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { storeVersion } from "../../fixtures/hosted-packages.ts";
import { connect } from "./connect.ts";
import { hostingProblem } from "./hosting-problem.ts";
import { readErrorMessage, withStage } from "./stage.ts";

const TEXT = { encoding: "utf8" } as const;
const SOON = { timeout: 10_000 };

const VERSION = "2030.3.0";
const READ = {
  name: "read_graph",
  description: "Reads the graph.",
  inputSchema: { type: "object", properties: {} },
};
/** Adds what a write to its own files gives to the version that the server says. */
const TRY_TO_WRITE = `
import { writeFileSync } from "node:fs";
try {
  writeFileSync(import.meta.filename, "");
  TOOLS.push({ name: "written", inputSchema: { type: "object" } });
} catch (error) {
  TOOLS.push({ name: error.code, inputSchema: { type: "object" } });
}`;

describe.skipIf(hostingProblem)("deployment through the gateway", () => {
  const on = withStage();

  test("a hosted server is deployed, called through the gateway under its slug, and removed completely at its termination", async () => {
    const { stage } = on;
    const before = [await stage.containers(), await stage.networks()];
    const { gatewayUrl, token } = await stage.workspace("deploys");
    const created = await stage.deploy("deploys", { catalogueId: "memory", slug: "notes" });
    expect(created).toMatchObject({ state: "pending", slug: "notes", profile: "small" });
    const running = await stage.waitFor("deploys", created.id, ({ state }) => state === "running");
    expect(running).toMatchObject({ health: "healthy", hostId: "host-1", reason: null });

    const client = await connect(gatewayUrl, token);
    const { tools } = await client.listTools();
    expect(tools.map(({ name }) => name)).toContain("create_entities");
    const entities = [{ name: "Ada", entityType: "person", observations: ["wrote notes"] }];
    await client.callTool({ name: "create_entities", arguments: { entities } });
    const read = await client.callTool({ name: "read_graph", arguments: {} });
    expect(JSON.stringify(read)).toContain("wrote notes");
    await expect
      .poll(async () => (await stage.manage("GET", "/workspaces/deploys/tool-calls")).items, SOON)
      .toContainEqual(
        expect.objectContaining({ serverSlug: "notes", toolName: "read_graph", status: "ok" }),
      );

    expect((await stage.send("DELETE", `/workspaces/deploys/instances/${created.id}`)).status).toBe(
      204,
    );
    expect([await stage.containers(), await stage.networks()]).toEqual(before);
    expect((await client.listTools()).tools).toEqual([]);
    await client.close();
    const { items } = await stage.manage("GET", "/workspaces/deploys/audit-events");
    const actions = items
      .map(({ action }: { action: string }) => action)
      // Its health changes where a check falls between its states.
      .filter(
        (action: string) => action.startsWith("instance.") && action !== "instance.health_changed",
      );
    expect(actions.toReversed()).toEqual([
      "instance.created",
      "instance.starting",
      "instance.running",
      "instance.terminated",
    ]);
  });

  test("a hosted server is refused without its required credentials, and no instance is created", async () => {
    const { stage } = on;
    await stage.workspace("asks");
    const refusal = async (input: object) => {
      const response = await stage.send("POST", "/workspaces/asks/instances", input);
      return `${response.status} ${await readErrorMessage(response)}`;
    };
    expect(await refusal({ catalogueId: "github" })).toBe(
      "400 credentials.GITHUB_PERSONAL_ACCESS_TOKEN: GitHub needs it (Personal access token).",
    );
    const credentials = { NODE_OPTIONS: "--require /tmp/x" };
    expect(await refusal({ catalogueId: "memory", credentials })).toBe(
      "400 credentials.NODE_OPTIONS: Memory has no such variable.",
    );
    expect(await refusal({ catalogueId: "../memory" })).toMatch(/^400 catalogueId: /);
    expect(await refusal({ catalogueId: "puppeteer", profile: "small" })).toBe(
      "400 profile: Puppeteer (Playwright) needs medium or a larger one.",
    );
    expect((await stage.manage("GET", "/workspaces/asks/instances")).items).toEqual([]);
  });

  test("a hosted server counts towards the limit of the workspace's plan, which the operator sets", async () => {
    const { stage } = on;
    await stage.workspace("limited");
    await stage.manage("PUT", "/workspaces/limited/hosting-plan", {
      plan: "team",
      maxInstances: 1,
    });
    const first = await stage.run("limited", { catalogueId: "memory" });
    const second = { catalogueId: "memory", slug: "another" };
    const refused = await stage.send("POST", "/workspaces/limited/instances", second);
    expect(refused.status).toBe(409);
    expect(await readErrorMessage(refused)).toContain("has its maximum of 1 hosted servers");
    await stage.manage("PUT", "/workspaces/limited/hosting-plan", {
      plan: "enterprise",
      maxInstances: null,
    });
    const listed = await stage.manage("GET", "/workspaces/limited/instances");
    expect(listed).toMatchObject({ limit: 20, items: [{ id: first.id }] });
    const taken = await stage.send("POST", "/workspaces/limited/instances", {
      catalogueId: "memory",
    });
    expect([taken.status, await readErrorMessage(taken)]).toEqual([
      409,
      'slug: there is already a server "memory" in this workspace; choose another.',
    ]);
    await stage.send("DELETE", `/workspaces/limited/instances/${first.id}`);
  });

  test("a hosted server fails with the reason when it cannot start, keeps a readable log and is not listed as a server", async () => {
    const { stage } = on;
    await stage.workspace("fails");
    const credentials = { CONTEXT7_API_KEY: "a-key-that-must-not-leak" };
    const failed = await stage.run("fails", { catalogueId: "context7", credentials });
    expect(failed).toMatchObject({ state: "failed", health: "unknown" });
    expect(failed.reason?.message).toMatch(/the server ended before it was ready/);
    expect((await stage.manage("GET", "/workspaces/fails/servers")).items).toEqual([]);
    const log = await stage.send("GET", `/workspaces/fails/instances/${failed.id}/logs`);
    expect(log.headers.get("content-type")).toBe("text/event-stream");
    const text = await log.text();
    expect(text).toContain('"state":"failed"');
    expect(text).toMatch(/event: log\ndata: .*"stream":"stderr".*the key was refused/);
    expect(text).not.toContain("a-key-that-must-not-leak");
    await stage.send("DELETE", `/workspaces/fails/instances/${failed.id}`);

    const input = { catalogueId: "postgres", credentials: { DATABASE_URL: "no-url" } };
    const refused = await stage.run("fails", input);
    expect(refused.reason).toMatchObject({
      code: "host_refused",
      message: expect.stringContaining("must be a URL with a host name"),
    });
    const homeless = await stage.run("fails", { catalogueId: "puppeteer" });
    expect(homeless.reason?.code).toBe("no_host");
  });

  test("a hosted server leaks its credentials into no record, API response, event, log, engine or host file", async () => {
    const { stage } = on;
    const canary = `canary-${randomBytes(12).toString("hex")}`;
    const { gatewayUrl, token } = await stage.workspace("secretive");
    const credentials = { GITHUB_PERSONAL_ACCESS_TOKEN: canary };
    const { id, state } = await stage.run("secretive", { catalogueId: "github", credentials });
    expect(state).toBe("running");
    const client = await connect(gatewayUrl, token);
    const call = client.callTool({ name: "search_repositories", arguments: { query: "x" } });
    await expect(call).rejects.toThrow("fetch failed");
    await client.close();
    await stage.manage("POST", `/workspaces/secretive/instances/${id}/restart`, {});
    await stage.waitFor("secretive", id, ({ state: now }) => now === "running");

    const paths = ["", `/${id}`, `/${id}/logs?tail=1000`].map((path) => `/instances${path}`);
    const others = ["/servers", "/servers/github", "/audit-events", "/tool-calls", "/health"];
    const responses = [...paths, ...others].map(async (path) =>
      (await stage.send("GET", `/workspaces/secretive${path}`)).text(),
    );
    const [container] = await stage.engine.docker.listContainers({ all: true });
    const inspected = await stage.engine.docker.getContainer(container?.Id ?? "").inspect();
    const texts = [...(await Promise.all(responses)), ...stage.gateway.log, stage.host.output];
    expect(texts.join("\n")).toContain("GITHUB_PERSONAL_ACCESS_TOKEN");
    for (const text of [...texts, JSON.stringify(inspected)]) expect(text).not.toContain(canary);
    for (const folder of [stage.gateway.stateDir, stage.host.stateFolder]) {
      const found = spawnSync("grep", ["-r", "-l", "-a", "-F", canary, folder], TEXT);
      expect([found.stdout, found.status]).toEqual(["", 1]);
    }
    await stage.send("DELETE", `/workspaces/secretive/instances/${id}`);
  });

  test("a hosted server has its running time and bytes counted, and they are kept after its termination", async () => {
    const { stage } = on;
    const { gatewayUrl, token } = await stage.workspace("counted");
    const { id } = await stage.run("counted", { catalogueId: "everything" });
    const client = await connect(gatewayUrl, token);
    await client.callTool({ name: "echo", arguments: { message: "x".repeat(10_000) } });
    await client.close();
    await stage.everyMinute();
    const { usage } = await stage.instance("counted", id);
    expect(usage.requestBytes).toBeGreaterThan(10_000);
    expect(usage.requestBytes).toBeLessThan(20_000);
    // Counted again, the call alone would exceed this.
    await stage.everyMinute();
    expect((await stage.instance("counted", id)).usage.requestBytes).toBeLessThan(20_000);
    await stage.send("DELETE", `/workspaces/counted/instances/${id}`);
    const { items } = await stage.manage("GET", "/workspaces/counted/instance-usage");
    expect(items).toEqual([expect.objectContaining({ instanceId: id, slug: "everything" })]);
    expect(items[0].runningSeconds).toBeGreaterThan(0.1);
  });

  test("another version of its package runs from files that it cannot change, and the image's version comes back", async () => {
    const { stage } = on;
    const { gatewayUrl, token } = await stage.workspace("switches");
    const { id } = await stage.run("switches", { catalogueId: "memory", slug: "notes" });
    const packages = join(stage.engine.folder, "host-1", "state", "packages");
    await storeVersion(packages, {
      version: VERSION,
      tools: [READ],
      begin: TRY_TO_WRITE,
      publishedAt: "2030-03-01T00:00:00Z",
    });
    const path = `/workspaces/switches/instances/${id}`;
    const untilItRuns = async () => {
      await stage.waitFor(
        "switches",
        id,
        ({ state, versions }) => state === "running" && versions?.switching === null,
        60_000,
      );
    };
    const before = await stage.containers();
    const compared = await stage.manage("POST", `${path}/version-comparison`, { version: VERSION });
    const { digest, current } = compared;
    expect(await stage.containers()).toEqual(before);

    await stage.manage("POST", `${path}/version`, {
      version: VERSION,
      contract: "seen",
      seen: digest,
    });
    await untilItRuns();
    const client = await connect(gatewayUrl, token);
    const names = async () => (await client.listTools()).tools.map(({ name }) => name).toSorted();
    await expect.poll(names).toEqual(["EROFS", "read_graph"]);
    const { content } = await client.callTool({ name: "read_graph", arguments: {} });
    expect(content).toEqual([{ type: "text", text: VERSION }]);

    await stage.manage("POST", `${path}/version`, { version: current, contract: "earlier" });
    await untilItRuns();
    await expect.poll(names).toContain("create_entities");
    await client.close();
  });
});
