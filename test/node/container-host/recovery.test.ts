import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import { FLEET_SUBJECT, type Instance } from "../../../workers/contract/hosting/host-protocol.ts";
import { engineProblem } from "./engine-problem.ts";
import { HOST_ID } from "./host-client.ts";
import { newInstanceId, newWorkspaceId, type Ids } from "./host-process.ts";
import { withHost } from "./with-host.ts";

const SECRET = { variables: { SECRET_KEY: "kept in memory" } };
const isRunning = ({ state }: Instance) => state === "running";

describe.skipIf(engineProblem)("recovery of hosted servers", () => {
  const parts = withHost();
  const mainProcess = async (ids: Ids) =>
    (await (await parts.host.container(ids)).inspect()).State.Pid;

  test.each(["SIGTERM", "SIGKILL"] as const)(
    "a container host keeps the same processes running after the engine ends (%s)",
    async (signal) => {
      const { host, engine } = parts;
      const deployed = await host.deploy("secret", SECRET);
      const pid = await mainProcess(deployed);
      await engine.stop(signal);
      expect(await host.call(deployed, "echo", { text: "meanwhile" })).toBe("meanwhile");
      const request = { method: "GET", path: "/v1/host", subject: FLEET_SUBJECT };
      expect((await host.client.send(request)).body.engineVersion).toBeNull();
      const refused = await host.deploy("plain");
      expect(refused.response).toMatchObject({ state: "failed", reason: { code: "engine_error" } });
      await engine.start();
      expect(await mainProcess(deployed)).toBe(pid);
      expect(await host.find(deployed)).toMatchObject({ state: "running", restarts: 0 });
      expect((await host.deploy("plain")).response.state).toBe("running");
      // The host still watches it.
      await host.call(deployed, "crash");
      await host.waitFor(deployed, (instance) => isRunning(instance) && instance.restarts === 1);
    },
  );

  test("a container host restarts servers with their variables after an engine that stopped its containers", async () => {
    const { host, engine } = parts;
    await engine.stop("SIGTERM");
    await engine.start({ liveRestore: false });
    const deployed = await host.deploy("secret", SECRET);
    await engine.stop("SIGTERM");
    await host.waitFor(deployed, (instance) => !isRunning(instance));
    await engine.start();
    await host.waitFor(deployed, isRunning);
    expect(await host.call(deployed, "environment")).toMatchObject({ SECRET_KEY: "[redacted]" });
  });

  test.each(["SIGTERM", "SIGKILL"] as const)(
    "a container host takes running servers over after the host ends (%s)",
    async (signal) => {
      const { host } = parts;
      const plain = await host.deploy("plain");
      const secret = await host.deploy("secret", SECRET);
      const processes = [await mainProcess(plain), await mainProcess(secret)];
      const before = (await host.find(plain)).usage;
      await host.stop(signal);
      await host.start();
      expect([await mainProcess(plain), await mainProcess(secret)]).toEqual(processes);
      for (const ids of [plain, secret]) {
        expect(await host.find(ids)).toMatchObject({ state: "running", health: "healthy" });
        expect(await host.call(ids, "echo", { text: "same" })).toBe("same");
      }
      // A graceful end saves the usage; a crash can lose the last 15 s.
      const { runningSeconds } = (await host.find(plain)).usage;
      const kept = signal === "SIGTERM" ? before.runningSeconds : 0;
      expect(runningSeconds).toBeGreaterThanOrEqual(kept);
      // A server without variables is restarted; one with variables waits for them.
      await host.call(plain, "crash");
      await host.waitFor(plain, (instance) => isRunning(instance) && instance.restarts === 1);
      await host.call(secret, "crash");
      const waiting = await host.waitFor(secret, ({ state }) => state === "pending");
      expect(waiting.reason).toMatchObject({ code: "variables_needed" });
      expect((await host.deploy("secret", { ids: secret, ...SECRET })).response.state).toBe(
        "running",
      );
      expect(await host.call(secret, "environment")).toMatchObject({ SECRET_KEY: "[redacted]" });
    },
  );

  test("a container host gives a running server its variables back by an identical deployment after the host ends", async () => {
    const { host } = parts;
    const deployed = await host.deploy("secret", SECRET);
    const pid = await mainProcess(deployed);
    await host.stop("SIGKILL");
    await host.start();
    expect((await host.deploy("secret", { ids: deployed, ...SECRET })).response.state).toBe(
      "running",
    );
    expect(await mainProcess(deployed)).toBe(pid);
    await host.call(deployed, "crash");
    await host.waitFor(deployed, (instance) => isRunning(instance) && instance.restarts === 1);
    expect(await host.call(deployed, "environment")).toMatchObject({ SECRET_KEY: "[redacted]" });
  });

  test("a container host finishes a start that the host's end interrupted, with the profile's CPU share", async () => {
    const { host } = parts;
    const ids = { workspaceId: newWorkspaceId(), instanceId: newInstanceId() };
    const cut = host.deploy("plain", { ids }).catch(() => "cut");
    const hasStarted = async () => (await (await host.container(ids)).inspect()).State.Running;
    while (!(await hasStarted().catch(() => false))) await sleep(5);
    await host.stop("SIGKILL");
    expect(await cut).toBe("cut");
    await host.start();
    await host.waitFor(ids, isRunning, 20_000);
    expect(await host.call(ids, "echo", { text: "after all" })).toBe("after all");
    const { HostConfig } = await (await host.container(ids)).inspect();
    expect(HostConfig.NanoCpus).toBe(0.25e9);
  });

  test("a container host sets the firewall before any server starts after the machine's crash", async () => {
    const { host, engine } = parts;
    const plain = await host.deploy("plain");
    const secret = await host.deploy("secret", SECRET);
    await host.stop("SIGKILL");
    await engine.losePower();
    await engine.start();
    // The engine itself starts none of them.
    expect(await engine.docker.listContainers()).toEqual([]);
    expect(engine.run("iptables", ["-S"])).not.toContain("MCPNEST-INPUT -i mcp+ -j DROP");
    await host.start();
    expect(engine.run("iptables", ["-S"])).toContain("MCPNEST-INPUT -i mcp+ -j DROP");
    await host.waitFor(plain, isRunning);
    expect(await host.call(plain, "echo", { text: "up" })).toBe("up");
    expect(await host.find(secret)).toMatchObject({
      state: "pending",
      reason: { code: "variables_needed" },
    });
    expect((await host.deploy("secret", { ids: secret, ...SECRET })).response.state).toBe(
      "running",
    );
  });

  test("a container host removes unknown containers with its owner's label and keeps those of other owners", async () => {
    const { host, engine } = parts;
    const { docker, imageId: Image } = engine;
    await host.stop();
    const { owner } = JSON.parse(await readFile(join(host.stateFolder, "owner.json"), "utf8"));
    const Labels = { "mcpnest.managed": "1", "mcpnest.host": HOST_ID, "mcpnest.owner": owner };
    await docker.createContainer({ name: "stray", Image, Cmd: ["x"], Labels });
    await docker.createNetwork({ Name: "stray", Labels: { ...Labels, "mcpnest.workspace": "ws" } });
    const other = { ...Labels, "mcpnest.owner": "0123456789abcdef" };
    const foreign = await docker.createContainer({
      name: "foreign",
      Image,
      Cmd: ["x"],
      Labels: other,
    });
    await host.start();
    const names = (await docker.listContainers({ all: true })).map(({ Names }) => Names[0]);
    expect(names).toEqual(["/foreign"]);
    await foreign.remove();
  });

  test("a container host completes a termination at the second request when the engine was down at the first", async () => {
    const { host, engine } = parts;
    const deployed = await host.deploy("plain");
    await engine.stop("SIGKILL");
    const refused = await host.terminate(deployed);
    expect([refused.status, refused.body.error.code]).toEqual([503, "engine_unavailable"]);
    await engine.start();
    expect((await host.terminate(deployed)).status).toBe(204);
    expect(await engine.docker.listContainers({ all: true })).toEqual([]);
    expect((await host.terminate({ ...deployed, instanceId: newInstanceId() })).status).toBe(404);
  });
});
