import { spawn, type ChildProcess } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { findFreePort } from "../../../scripts/ports.ts";
import { root } from "../../../scripts/worker-bundle.ts";
import { PrivateEngine } from "../container-host/private-engine.ts";
import { descendantsOf, isAlive } from "../support/npm-start.ts";
import { hostingProblem } from "./hosting-problem.ts";

const program = join(root, "scripts/start.ts");
const LIST = '{"jsonrpc":"2.0","id":1,"method":"tools/list"}';
const READ =
  '{"jsonrpc":"2.0","id":2,"method":"tools/call","params":{"name":"memory_read_graph","arguments":{}}}';

/** Runs `npm start` until it reports on hosted servers; returns its output and a stop function. */
async function start(run: () => ChildProcess): Promise<{ output: string; stop(): Promise<void> }> {
  const child = run();
  let output = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding("utf8").on("data", (chunk: string) => {
      output += chunk;
    });
  }
  const stop = async () => {
    const ended = new Promise((resolve) => child.once("exit", resolve));
    if (child.exitCode === null && child.kill("SIGTERM")) await ended;
  };
  onTestFinished(stop);
  while (!/Hosted servers are (on|off)/.test(output)) {
    if (child.exitCode !== null) throw new Error(`npm start ended:\n${output}`);
    await sleep(50);
  }
  return { output, stop };
}

async function makeFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "mcpnest-hosting-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

/** Arguments of curl that list the tools of the demo workspace. */
async function listArguments(folder: string): Promise<string[]> {
  const { gatewayUrl, token } = JSON.parse(await readFile(join(folder, "dev.json"), "utf8"));
  const accept = "Accept: application/json, text/event-stream";
  const headers = [`Authorization: Bearer ${token}`, "Content-Type: application/json", accept];
  return ["-s", gatewayUrl, "-d", LIST, ...headers.flatMap((header) => ["-H", header])];
}

describe("npm start without a container engine", () => {
  test("npm start reports that hosted servers are off and how to enable them, and serves everything else", async () => {
    const folder = await makeFolder();
    const env = {
      ...process.env,
      PORT: String(await findFreePort()),
      MCPNEST_DATA: folder,
      DOCKER_HOST: "unix:///nowhere/docker.sock",
    };
    const { output } = await start(() => spawn(process.execPath, [program], { env }));
    expect(output).toMatch(
      /Hosted servers are off\. No Docker engine responds\. .*MCPNEST_RUNTIME=process/,
    );
    expect(output).toContain("Stop with Ctrl-C");
  });

  test.skipIf(process.platform !== "linux")(
    "npm start runs hosted servers as plain processes with MCPNEST_RUNTIME=process, and warns at each start and in the API",
    async () => {
      const folder = await makeFolder();
      const port = await findFreePort();
      const env = {
        ...process.env,
        PORT: String(port),
        MCPNEST_DATA: folder,
        MCPNEST_RUNTIME: "process",
      };
      const run = () => spawn(process.execPath, [program], { env });
      const first = await start(run);
      expect(first.output).toMatch(
        /Warning: .*without containers.*\n.*memory running, filesystem running/,
      );
      await first.stop();

      const second = await start(run);
      expect(second.output).toContain("Warning: ");
      const { operatorKey, apiUrl } = JSON.parse(await readFile(join(folder, "dev.json"), "utf8"));
      const headers = { authorization: `Bearer ${operatorKey}` };
      const read = async (path: string) => (await fetch(`${apiUrl}${path}`, { headers })).json();
      expect(await read("/hosting-catalogue")).toMatchObject({
        warning: expect.stringContaining("plain processes"),
      });
      await expect
        .poll(() => read("/workspaces/demo/instances"), { timeout: 15_000 })
        .toMatchObject({ items: [{ state: "running" }, { state: "running" }] });
    },
  );

  test.skipIf(process.platform !== "linux")(
    "when npm start is killed, the gateway, the container host, the bridges and the hosted servers end by themselves",
    async () => {
      const env = {
        ...process.env,
        PORT: String(await findFreePort()),
        MCPNEST_DATA: await makeFolder(),
        MCPNEST_RUNTIME: "process",
      };
      const child = spawn(process.execPath, [program], { env });
      await start(() => child);
      const started = descendantsOf(child.pid ?? 0);
      // Two example servers, workerd, the host, and two bridges with a server each.
      expect(started.length).toBeGreaterThanOrEqual(8);
      onTestFinished(() => started.filter(isAlive).forEach((pid) => process.kill(pid, "SIGKILL")));
      child.kill("SIGKILL");
      await expect.poll(() => started.filter(isAlive)).toEqual([]);
    },
    60_000,
  );
});

describe.skipIf(hostingProblem)("npm start beside a Docker engine", () => {
  let engine: PrivateEngine | undefined;
  beforeAll(async () => {
    engine = await PrivateEngine.open();
    await engine.copyImage("mcpnest-servers");
  }, 120_000);
  afterAll(() => engine?.close(), 60_000);

  test("npm start runs two hosted servers in the demo workspace, which keep running during its restart", async () => {
    const folder = await makeFolder();
    const env = {
      ...process.env,
      PORT: "8787",
      MCPNEST_DATA: folder,
      DOCKER_HOST: `unix://${engine?.socket}`,
      // The engine has no image for checks, and cannot build it.
      BASE_IMAGE: "127.0.0.1:1/base:1",
    };
    const run = (variables = env) => {
      if (!engine) throw new Error("the engine is not open yet");
      return engine.spawn(process.execPath, [program], variables);
    };
    const first = await start(run);
    expect(first.output).toContain(
      'The workspace "demo" has two: memory running, filesystem running.',
    );
    expect(first.output).toContain("checks generated servers could not be built");
    const tools = engine?.run("curl", await listArguments(folder));
    for (const name of ["memory_read_graph", "files_list_directory"]) expect(tools).toContain(name);
    const before = (await engine?.docker.listContainers())?.map(({ Id }) => Id);
    expect(before).toHaveLength(2);
    await first.stop();

    await start(run);
    expect((await engine?.docker.listContainers())?.map(({ Id }) => Id)).toEqual(before);
    // Another folder on the same engine has another host, which leaves these containers alone.
    const other = { ...env, PORT: "8788", MCPNEST_DATA: await makeFolder() };
    await start(() => run(other));
    const all = (await engine?.docker.listContainers())?.map(({ Id }) => Id);
    expect(all).toEqual(expect.arrayContaining(before ?? []));
    expect(all).toHaveLength(4);
    const again = (await listArguments(folder)).map((text) => (text === LIST ? READ : text));
    await expect
      .poll(() => engine?.run("curl", again), { timeout: 15_000 })
      .toContain('\\"entities\\"');
  }, 150_000);
});
