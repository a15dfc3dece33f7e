import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import { FLEET_SUBJECT, type Instance } from "../../../workers/contract/hosting/host-protocol.ts";
import { engineProblem } from "./engine-problem.ts";
import { newInstanceId, newWorkspaceId } from "./host-process.ts";
import { withHost } from "./with-host.ts";

describe.skipIf(engineProblem)("a container host's starts", () => {
  const parts = withHost();

  const restart = async (environment: Record<string, string>) => {
    await parts.host.stop();
    await parts.host.start(environment);
  };
  const list = async (): Promise<Instance[]> => {
    const request = { method: "GET", path: "/v1/instances", subject: FLEET_SUBJECT };
    return (await parts.host.client.send(request)).body.instances;
  };
  const isQueued = ({ state, reason }: Instance) =>
    state === "starting" && reason?.code === "queued";
  const isStarting = ({ state, reason }: Instance) =>
    state === "starting" && reason?.code !== "queued";

  test("a host starts as many servers at once as configured, shows which wait, and all end running", async () => {
    const { host } = parts;
    await restart({ MCPNEST_HOST_PARALLEL_STARTS: "2" });
    const all = Promise.all(Array.from({ length: 8 }, () => host.deploy("plain")));
    let mostWaiting = 0;
    let mostStarting = 0;
    const done = new AbortController();
    void all.then(() => done.abort());
    while (!done.signal.aborted) {
      const instances = await list();
      mostWaiting = Math.max(mostWaiting, instances.filter(isQueued).length);
      mostStarting = Math.max(mostStarting, instances.filter(isStarting).length);
      await sleep(10);
    }
    // Each response arrives when its server runs, or after 5 s if it still waits.
    for (const deployed of await all) {
      expect(deployed.status).toBe(200);
      await host.waitFor(deployed, ({ state }) => state === "running");
    }
    expect(mostStarting).toBe(2);
    expect(mostWaiting).toBeGreaterThan(2);
  });

  test("a host whose queue is full refuses further servers for now, and accepts them later", async () => {
    const { host } = parts;
    await restart({ MCPNEST_HOST_PARALLEL_STARTS: "1", MCPNEST_HOST_WAITING_STARTS: "1" });
    const ids = Array.from({ length: 4 }, () => ({
      workspaceId: newWorkspaceId(),
      instanceId: newInstanceId(),
    }));
    const deployed = await Promise.all(ids.map((one) => host.deploy("plain", { ids: one })));
    const refused = deployed.filter(({ status }) => status !== 200);
    expect(refused.length).toBeGreaterThan(0);
    for (const { status, response } of refused)
      expect([status, response.error.code]).toEqual([503, "host_busy"]);
    for (const one of deployed.filter(({ status }) => status === 200))
      await host.waitFor(one, ({ state }) => state === "running");
    for (const one of refused) {
      await host.deploy("plain", { ids: one });
      await host.waitFor(one, ({ state }) => state === "running");
    }
  });

  test("a server that waits for its start can be terminated, and the next ones start", async () => {
    const { host } = parts;
    await restart({ MCPNEST_HOST_PARALLEL_STARTS: "1" });
    const ids = Array.from({ length: 3 }, () => ({
      workspaceId: newWorkspaceId(),
      instanceId: newInstanceId(),
    }));
    const deployments = Promise.all(ids.map((one) => host.deploy("plain", { ids: one })));
    let waiting: Instance | undefined;
    while (!waiting) waiting = (await list()).find(isQueued);
    const { workspaceId, id: instanceId } = waiting;
    expect((await host.terminate({ workspaceId, instanceId })).status).toBe(204);
    await deployments;
    const others = ids.filter((one) => one.instanceId !== instanceId);
    for (const one of others) await host.waitFor(one, ({ state }) => state === "running");
    expect(await list()).toHaveLength(2);
  });
});
