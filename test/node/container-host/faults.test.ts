import { execFileSync } from "node:child_process";
import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import { z } from "zod";
import type { Instance } from "../../../workers/contract/hosting/host-protocol.ts";
import { engineProblem } from "./engine-problem.ts";
import { withHost } from "./with-host.ts";

const Forked = z.object({ count: z.int(), outcome: z.string() });
const Filled = z.object({ end: z.string(), count: z.int() });
const isRunning = ({ state }: Instance) => state === "running";

describe.skipIf(engineProblem)("faults of hosted servers", () => {
  const parts = withHost();
  const isBack = (restarts: number) => (instance: Instance) =>
    isRunning(instance) && instance.restarts === restarts;

  test("a failing hosted server restarts after five crashes in a row, with a longer delay each time", async () => {
    const { host } = parts;
    const deployed = await host.deploy("plain");
    for (let restarts = 1; restarts <= 5; restarts += 1) {
      await host.call(deployed, "crash");
      const startedAt = Date.now();
      await host.waitFor(deployed, isBack(restarts), 15_000);
      // 250 ms doubled each time; the delay can begin before the call of `crash` has ended.
      expect(Date.now() - startedAt).toBeGreaterThan(200 * 2 ** (restarts - 1));
      expect(await host.call(deployed, "echo", { text: "back" })).toBe("back");
    }
    // The sixth crash is final.
    await host.call(deployed, "crash");
    const given = await host.waitFor(deployed, ({ state }) => state === "failed");
    expect(given.reason).toMatchObject({ code: "crash_loop" });
    expect(given.reason?.message).toContain("exit code 5");
  });

  test("a failing hosted server fails with crash_loop after repeated crashes, and stays down until its next deployment", async () => {
    const { host } = parts;
    const deployed = await host.deploy("brief");
    const failed = await host.waitFor(deployed, ({ state }) => state === "failed");
    expect(failed).toMatchObject({ reason: { code: "crash_loop" }, restarts: 5 });
    await sleep(1_500);
    expect((await (await host.container(deployed)).inspect()).State.Running).toBe(false);
    const again = await host.deploy("brief", { ids: deployed });
    expect(again.response.state).toBe("running");
  });

  test("a failing hosted server restarts with the reason out_of_memory, and its neighbours keep running", async () => {
    const { host } = parts;
    const neighbour = await host.deploy("plain");
    const deployed = await host.deploy("plain");
    const reasons: unknown[] = [];
    await host.call(deployed, "leak");
    await host.waitFor(deployed, (instance) => {
      reasons.push(instance.reason?.code);
      return isBack(1)(instance);
    });
    expect(reasons).toContain("out_of_memory");
    expect(await host.call(deployed, "echo", { text: "again" })).toBe("again");
    expect(await host.find(neighbour)).toMatchObject({ state: "running", restarts: 0 });
  });

  test("a failing hosted server reaches its process limit and keeps running", async () => {
    const { host } = parts;
    const deployed = await host.deploy("plain");
    const { count, outcome } = Forked.parse(await host.call(deployed, "fork"));
    expect(outcome).toBe("EAGAIN");
    expect(count).toBeLessThan(64);
    expect(await host.call(deployed, "echo", { text: "here" })).toBe("here");
    expect(await host.find(deployed)).toMatchObject({ state: "running", restarts: 0 });
  });

  test("a failing hosted server reaches the limits of /tmp in bytes and in files and keeps running", async () => {
    const { host } = parts;
    const deployed = await host.deploy("plain");
    const files = Filled.parse(await host.call(deployed, "files"));
    expect(files.end).toBe("ENOSPC");
    expect(files.count).toBeLessThan(4096);
    const other = await host.deploy("plain");
    expect(await host.call(other, "fill")).toBe("ENOSPC");
    for (const each of [deployed, other]) {
      expect(await host.call(each, "echo", { text: "here" })).toBe("here");
      expect(await host.find(each)).toMatchObject({ state: "running", restarts: 0 });
    }
  });

  test("a failing hosted server fills a limited part of the disk when it floods its log, and the log stays readable", async () => {
    const { host, engine } = parts;
    const deployed = await host.deploy("plain");
    await host.call(deployed, "flood", { seconds: 5 });
    const { id } = await host.container(deployed);
    const folder = `${engine.folder}/data/containers/${id}`;
    const kibibytes = Number(
      execFileSync("du", ["-sk", folder], { encoding: "utf8" }).split("\t")[0],
    );
    expect(kibibytes).toBeLessThan(31 * 1024);
    const { body } = await host.client.send({
      method: "GET",
      path: `/v1/instances/${deployed.instanceId}/logs`,
      subject: deployed.workspaceId,
    });
    expect(body.match(/^event: log$/gm)?.length).toBeLessThanOrEqual(50);
    expect(await host.call(deployed, "echo", { text: "here" })).toBe("here");
  });

  test("a failing hosted server restarts when its bridge stops responding", async () => {
    const { host } = parts;
    const deployed = await host.deploy("plain");
    void host.call(deployed, "freezeBridge").catch(() => undefined);
    await host.waitFor(deployed, ({ health }) => health === "unhealthy");
    const back = await host.waitFor(deployed, isBack(1), 90_000);
    expect(back.health).toBe("healthy");
  }, 120_000);

  test("a failing hosted server gets a new container when its container was removed", async () => {
    const { host } = parts;
    const deployed = await host.deploy("secret", { variables: { SECRET_KEY: "kept" } });
    const container = await host.container(deployed);
    await container.remove({ force: true });
    await host.waitFor(deployed, (instance) => !isRunning(instance));
    await host.waitFor(deployed, isRunning);
    expect(await host.call(deployed, "environment")).toMatchObject({ SECRET_KEY: "kept" });
  });
});
