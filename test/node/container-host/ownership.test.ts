import { cp, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { root } from "../../../scripts/worker-bundle.ts";
import { engineProblem } from "./engine-problem.ts";
import { HOST_ID } from "./host-client.ts";
import { HostProcess, newInstanceId, newWorkspaceId, type Ids } from "./host-process.ts";
import { ALLOWED_NAME } from "./private-engine.ts";
import { withHost } from "./with-host.ts";

describe.skipIf(engineProblem)("container hosts that share an engine", () => {
  const parts = withHost();

  /** Starts a host with the same id and another state folder. */
  async function startSecond(name: string, environment: Record<string, string> = {}) {
    const second = await HostProcess.start(parts.engine, name, environment);
    onTestFinished(async () => {
      await second.terminateAll();
      await second.stop();
    });
    return second;
  }
  const containerId = async (host: HostProcess, ids: Ids) => (await host.container(ids)).id;
  const neighbours = async (host: HostProcess) =>
    (await host.status()).findings?.find(({ check }) => check === "neighbours");
  const networks = async () =>
    (await parts.engine.docker.listNetworks()).map(({ Name }) => Name).toSorted();

  test("hosts with the same id and different state folders leave each other's servers and networks alone, and name them", async () => {
    const { host } = parts;
    const ids = { workspaceId: newWorkspaceId(), instanceId: newInstanceId() };
    await host.deploy("plain", { ids });
    expect(await neighbours(host)).toMatchObject({ state: "ok" });
    const first = (await parts.engine.docker.listContainers())[0];
    const second = await startSecond("second");
    // Even with the same ids.
    expect((await second.deploy("plain", { ids })).response.state).toBe("running");
    const name = first?.Names[0]?.slice(1) ?? "";
    expect(await neighbours(second)).toMatchObject({
      state: "warning",
      message: expect.stringContaining(name),
    });
    expect(second.output).toContain(`"event":"container_left_alone","container":"${name}"`);
    const before = await networks();
    for (const one of [host, second]) {
      await one.stop();
      await one.start();
      expect(await one.call(ids, "echo", { text: "mine" })).toBe("mine");
    }
    expect(await networks()).toEqual(before);
    await second.terminate(ids);
    expect(await parts.engine.docker.listContainers()).toMatchObject([{ Id: first?.Id }]);
    expect(await host.call(ids, "echo", { text: "still" })).toBe("still");
  });

  test("hosts with different address pools keep each other's firewall rules", async () => {
    const { host, engine } = parts;
    const online = await host.deploy("online");
    const second = await startSecond("pools", { MCPNEST_HOST_ADDRESSES: "10.202.0.0/16" });
    const other = await second.deploy("online");
    const check = (pool: string) =>
      engine.run(join(root, "container-host/firewall.sh"), ["check", pool]);
    for (const pool of ["10.201.0.0/16", "10.202.0.0/16"]) check(pool);
    for (const [one, ids] of [
      [host, online],
      [second, other],
    ] as const) {
      const text = await one
        .call(ids, "tunnel", { authority: `${ALLOWED_NAME}:443` })
        .catch(String);
      expect(text).toMatch(/^HTTP\/1\.1 (200|502) /);
    }
  });

  test("a host on a copy of a state folder leaves the original's servers alone", async () => {
    const { host, engine } = parts;
    const deployed = await host.deploy("plain");
    const original = await containerId(host, deployed);
    await host.stop();
    const copied = join(engine.folder, "copy", "state");
    await cp(host.stateFolder, copied, { recursive: true });
    const copy = await startSecond("copy");
    expect((await copy.find(deployed)) as unknown).toMatchObject({ error: { code: "not_found" } });
    await copy.stop();
    await copy.start();
    expect(copy.stateFolder).toBe(copied);
    await host.start();
    expect(await containerId(host, deployed)).toBe(original);
    expect(await host.call(deployed, "echo", { text: "kept" })).toBe("kept");
  });

  test("a host takes over containers of a version without owners only if its own state names them", async () => {
    const { host, engine } = parts;
    await host.stop();
    const workspaceId = newWorkspaceId();
    const [known, unknown] = [newInstanceId(), newInstanceId()];
    const common = {
      "mcpnest.managed": "1",
      "mcpnest.host": HOST_ID,
      "mcpnest.workspace": workspaceId,
    };
    const network = `mcp-${HOST_ID}-${workspaceId}`;
    const Subnet = "10.201.200.0/27";
    const IPAM = { Driver: "default", Config: [{ Subnet, Gateway: "10.201.200.1" }] };
    const Options = { "com.docker.network.bridge.name": "mcpolder" };
    const old = { Name: network, Internal: true, Labels: common, IPAM, Options };
    await engine.docker.createNetwork(old);
    for (const [index, instanceId] of [known, unknown].entries()) {
      await engine.docker.createContainer({
        name: `mcp-${HOST_ID}-${instanceId}`,
        Image: engine.imageId,
        Cmd: ["x"],
        HostConfig: { NetworkMode: network },
        NetworkingConfig: {
          EndpointsConfig: {
            [network]: { IPAMConfig: { IPv4Address: `10.201.200.${index + 2}` } },
          },
        },
        Labels: {
          ...common,
          "mcpnest.instance": instanceId,
          "mcpnest.catalogue": "secret",
          "mcpnest.profile": "small",
          "mcpnest.variables": "yes",
        },
      });
    }
    const file = join(host.stateFolder, "state.json");
    const state = JSON.parse(await readFile(file, "utf8"));
    const sums = { runningSeconds: 1, requestBytes: 0, responseBytes: 0, egressBytes: 0 };
    await writeFile(file, JSON.stringify({ ...state, usage: { [known]: sums } }));
    await host.start();
    expect(await host.find({ workspaceId, instanceId: known })).toMatchObject({
      state: "pending",
      reason: { code: "variables_needed" },
    });
    const variables = { SECRET_KEY: "x" };
    const deployed = await host.deploy("secret", {
      ids: { workspaceId, instanceId: known },
      variables,
    });
    expect(deployed.response.state).toBe("running");
    await host.terminate(deployed);
    const left = await engine.docker.listContainers({ all: true });
    expect(left.map(({ Names }) => Names[0])).toEqual([`/mcp-${HOST_ID}-${unknown}`]);
    expect((await neighbours(host))?.message).toContain(`mcp-${HOST_ID}-${unknown} of ${HOST_ID}`);
    await engine.docker.getContainer(left[0]?.Id ?? "").remove();
    await engine.docker.getNetwork(network).remove();
  });
});
