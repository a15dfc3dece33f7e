import { stat } from "node:fs/promises";
import type { IncomingMessage } from "node:http";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import { Instance, LogLine } from "../../../workers/contract/hosting/host-protocol.ts";
import { engineProblem } from "./engine-problem.ts";
import type { Ids } from "./host-process.ts";
import { withHost } from "./with-host.ts";

describe.skipIf(engineProblem)("a container host's streams", () => {
  const parts = withHost();

  /** Follows an instance's console; `states` and `lines` contain the events so far. */
  async function follow({ workspaceId, instanceId }: Ids, query = "?follow=1") {
    const hangUp = new AbortController();
    const response = await parts.host.client.open({
      method: "GET",
      path: `/v1/instances/${instanceId}/logs${query}`,
      subject: workspaceId,
      signal: hangUp.signal,
    });
    const states: Instance[] = [];
    const lines: LogLine[] = [];
    let hasEnded = false;
    let text = "";
    response.setEncoding("utf8").on("data", (chunk: string) => {
      text += chunk;
      const events = text.split("\n\n");
      text = events.pop() ?? "";
      for (const event of events) {
        const [, name, data = ""] = /^event: (\w+)\ndata: (.*)$/.exec(event) ?? [];
        if (name === "state") states.push(Instance.parse(JSON.parse(data)));
        if (name === "log") lines.push(LogLine.parse(JSON.parse(data)));
      }
    });
    response
      .on("error", () => {})
      .once("close", () => {
        hasEnded = true;
      });
    return {
      states,
      lines,
      hangUp: () => hangUp.abort(),
      get hasEnded() {
        return hasEnded;
      },
    };
  }
  async function waitUntil(condition: () => boolean): Promise<void> {
    for (let waited = 0; !condition(); waited += 20) {
      if (waited > 10_000) throw new Error("waited for 10 s");
      await sleep(20);
    }
  }

  test("the console shows a server's start, its lines as they arrive and its restart", async () => {
    const { host } = parts;
    const deployed = await host.deploy("plain");
    const console = await follow(deployed);
    await waitUntil(() => console.lines.some(({ text }) => text.includes("ready")));
    expect(console.states.at(-1)).toMatchObject({ state: "running", health: "healthy" });
    await host.call(deployed, "say", { text: "a line of now" });
    await waitUntil(() => console.lines.some(({ text }) => text.includes("a line of now")));
    await host.call(deployed, "crash");
    await waitUntil(
      () => console.states.at(-1)?.restarts === 1 && console.states.at(-1)?.state === "running",
    );
    await host.call(deployed, "say", { text: "a line of the next run" });
    await waitUntil(() => console.lines.some(({ text }) => text.includes("the next run")));
    const times = console.lines.map(({ at, text }) => `${at} ${text}`);
    expect(new Set(times).size).toBe(times.length);
    await host.terminate(deployed);
    await waitUntil(() => console.hasEnded);
  });

  test("the console keeps a server's last lines over a new container and a restart of the host, with a mark at each restart", async () => {
    const { host } = parts;
    const deployed = await host.deploy("plain");
    const { workspaceId: subject, instanceId } = deployed;
    const readLines = async () => {
      const console = await follow(deployed, "?tail=100");
      await waitUntil(() => console.hasEnded);
      return (
        console.lines
          .filter(({ stream, text }) => stream === "host" || text.includes("the run"))
          .map(({ stream, text }) => (stream === "host" ? "mark" : text.replace(/.*the run/, "")))
          // The bridge repeats the last lines of a server that ended.
          .filter((text, index, all) => text !== all[index - 1])
      );
    };
    await host.call(deployed, "say", { text: "the run 1" });
    await expect.poll(readLines).toEqual([" 1"]);
    const body = { catalogueId: "plain", profile: "small", variables: {} };
    const path = `/v1/instances/${instanceId}/restart`;
    await host.client.send({ method: "POST", path, subject, body });
    await host.call(deployed, "say", { text: "the run 2" });
    await host.call(deployed, "crash");
    await host.waitFor(deployed, ({ restarts, state }) => restarts === 1 && state === "running");
    await host.call(deployed, "say", { text: "the run 3" });
    const expected = [" 1", "mark", " 2", "mark", " 3"];
    await expect.poll(readLines).toEqual(expected);
    await host.stop("SIGKILL");
    await host.start();
    expect(await readLines()).toEqual(expected);
    const file = join(host.stateFolder, "logs", `${instanceId}.json`);
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    await host.terminate(deployed);
    await expect(stat(file)).rejects.toThrow("ENOENT");
  });

  test("the console of a server that did not start contains its last lines", async () => {
    const deployed = await parts.host.deploy("exits");
    const console = await follow(deployed, "");
    await waitUntil(() => console.hasEnded);
    expect(console.states.at(-1)).toMatchObject({ state: "failed" });
    expect(console.lines.map(({ text }) => text).join()).toContain("the key was not accepted");
  });

  test("the console without follow returns the newest 50 lines, or the requested number", async () => {
    const { host } = parts;
    const deployed = await host.deploy("plain");
    for (let line = 0; line < 60; line += 1) {
      await host.call(deployed, "say", { text: `line ${line}` });
    }
    await sleep(300);
    for (const [query, count] of [
      ["", 50],
      ["?tail=7", 7],
      ["?tail=-1", 50],
    ] as const) {
      const console = await follow(deployed, query);
      await waitUntil(() => console.hasEnded);
      expect(console.lines).toHaveLength(count);
      expect(console.lines.at(-1)?.text).toContain("line 59");
    }
  });

  test("32 calls of a server run concurrently", async () => {
    const { host } = parts;
    const deployed = await host.deploy("plain");
    const startedAt = performance.now();
    const calls = Array.from({ length: 96 }, () => host.call(deployed, "sleep", { ms: 100 }));
    expect(new Set(await Promise.all(calls))).toEqual(new Set(["slept"]));
    // Sequentially they would take 9.6 s.
    expect(performance.now() - startedAt).toBeLessThan(9_000);
  });

  test("a caller that disconnects ends its call and no other", async () => {
    const { host } = parts;
    const deployed = await host.deploy("plain");
    const hangUp = new AbortController();
    const abandoned = host.openCall(deployed, "sleep", { ms: 20_000 }, hangUp.signal);
    const kept = host.call(deployed, "sleep", { ms: 1_500 });
    await sleep(300);
    const connections = () => countConnections(deployed);
    const before = await connections();
    hangUp.abort();
    await expect(abandoned).rejects.toThrow("aborted");
    await sleep(300);
    expect(await connections()).toBe(before - 1);
    expect(await kept).toBe("slept");
  });

  test("a call ends at once with an error when its server ends", async () => {
    const { host } = parts;
    const deployed = await host.deploy("plain");
    const pending = host.openCall(deployed, "sleep", { ms: 20_000 });
    await sleep(200);
    const startedAt = Date.now();
    await host.call(deployed, "crash");
    const response: IncomingMessage | null = await pending.catch(() => null);
    // The call would have taken 20 s.
    expect(Date.now() - startedAt).toBeLessThan(15_000);
    response?.resume();
    // Until the server is ready again, calls are refused with the reason.
    await host.waitFor(deployed, ({ restarts, state }) => restarts === 1 && state === "running");
  });

  test("the usage counts bytes and seconds", async () => {
    const { host } = parts;
    const deployed = await host.deploy("plain");
    const text = "x".repeat(100_000);
    expect(await host.call(deployed, "echo", { text })).toBe(text);
    await sleep(1_000);
    const { usage } = await host.find(deployed);
    expect(usage.requestBytes).toBeGreaterThan(100_000);
    expect(usage.requestBytes).toBeLessThan(101_000);
    expect(usage.responseBytes).toBeGreaterThan(100_000);
    expect(usage.runningSeconds).toBeGreaterThan(1);
    expect(usage.runningSeconds).toBeLessThan(100);
  });

  /** Number of open connections to the instance's bridge. */
  async function countConnections(ids: Ids): Promise<number> {
    const { NetworkSettings } = await (await parts.host.container(ids)).inspect();
    const address = Object.values(NetworkSettings.Networks)[0]?.IPAddress ?? "";
    const filter = ["-Htn", "state", "established", "dst", `${address}:8080`];
    return parts.engine.run("ss", filter).split("\n").filter(Boolean).length;
  }
});
