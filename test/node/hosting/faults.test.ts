import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, onTestFinished, test } from "vitest";
import { startExampleServers } from "../../../scripts/example-servers.ts";
import { connect } from "./connect.ts";
import { hostingProblem } from "./hosting-problem.ts";
import { readErrorMessage, withStage, type Stage } from "./stage.ts";

const echo = (message: string) => ({ name: "hosted_echo", arguments: { message } });

/** Makes a workspace with a hosted server and a remote one, and connects a client. */
async function makeMixed(stage: Stage, slug: string) {
  const examples = await startExampleServers({});
  const [remote] = examples;
  const { gatewayUrl, token } = await stage.workspace(slug);
  const server = { slug: "remote", url: remote?.url, prefix: "remote" };
  await stage.manage("POST", `/workspaces/${slug}/servers`, server);
  const input = { catalogueId: "everything", slug: "hosted", prefix: "hosted" };
  const { id } = await stage.run(slug, input);
  const client = await connect(gatewayUrl, token);
  onTestFinished(async () => {
    await client.close();
    for (const { process: child } of examples) child.kill();
    await stage.send("DELETE", `/workspaces/${slug}/instances/${id}`);
  });
  return { id, client };
}

async function timed(work: Promise<unknown>): Promise<{ text: string; ms: number }> {
  const startedAt = performance.now();
  const result = await work.then(JSON.stringify, String);
  return { text: result, ms: performance.now() - startedAt };
}

describe.skipIf(hostingProblem)("faults of container hosts", () => {
  const on = withStage();

  test("a container host fails only its own calls while it hangs, and works again afterwards", async () => {
    const { stage } = on;
    const { id, client } = await makeMixed(stage, "hangs");
    expect((await timed(client.callTool(echo("before")))).text).toContain("before");
    stage.host.signal("SIGSTOP");
    onTestFinished(() => stage.host.signal("SIGCONT"));
    const [hosted, remote] = await Promise.all([
      timed(client.callTool(echo("lost"))),
      timed(client.callTool({ name: "remote_echo", arguments: { message: "there" } })),
    ]);
    expect(hosted.text).toMatch(/cannot be reached now/);
    expect(remote.text).toContain("there");
    expect(remote.ms).toBeLessThan(hosted.ms);
    await stage.everyMinute();
    expect(await stage.instance("hangs", id)).toMatchObject({
      health: "unhealthy",
      reason: { code: "host_unreachable" },
    });
    stage.host.signal("SIGCONT");
    expect((await timed(client.callTool(echo("again")))).text).toContain("again");
    await stage.everyMinute();
    expect(await stage.instance("hangs", id)).toMatchObject({ health: "healthy", reason: null });
  });

  test("a container host fails a running call at once when it dies, and serves again after its start", async () => {
    const { stage } = on;
    const { client } = await makeMixed(stage, "dies");
    const name = "hosted_trigger-long-running-operation";
    const call = timed(client.callTool({ name, arguments: { duration: 20, steps: 4 } }));
    await sleep(1_000);
    await stage.host.kill();
    const failed = await call;
    expect(failed.text).toMatch(/cannot be reached now/);
    // The call would have taken 20 s.
    expect(failed.ms).toBeLessThan(15_000);
    expect((await timed(client.callTool(echo("gone")))).text).toMatch(/cannot be reached now/);
    await stage.host.start();
    expect((await timed(client.callTool(echo("again")))).text).toContain("again");
  });

  test("a container host refuses the replay of a request", async () => {
    const { stage } = on;
    await stage.manage("POST", "/hosts/host-1/check", {});
    expect(await stage.host.replay()).toContain("token_replayed");
  });

  test("a container host cannot be registered without the gateway's key or with another host's identity", async () => {
    const { stage } = on;
    const stranger = await stage.startHost("host-2");
    onTestFinished(() => stranger.close());
    const register = async (host: object) => {
      const response = await stage.send("POST", "/hosts", host);
      return `${response.status} ${await readErrorMessage(response)}`;
    };
    const { url, publicKey } = stranger;
    expect(await register({ id: "host-3", url, publicKey })).toMatch(
      /^400 .*no valid token of the gateway/,
    );
    const wrong = stage.host.publicKey;
    expect(await register({ id: "host-2", url, publicKey: wrong })).toMatch(
      /^400 .*does not have the key/,
    );
    expect(await register({ id: "host-2", url: "http://example.com", publicKey })).toMatch(
      /^400 url: /,
    );
    await stage.manage("GET", "/hosts").then(({ items }) => expect(items).toHaveLength(1));
  });

  test("a container host is drained by moving its servers to another host, and can then be removed", async () => {
    const { stage } = on;
    const second = await stage.startHost("host-2");
    onTestFinished(() => second.close());
    const { id, client } = await makeMixed(stage, "moves");
    await stage.register(second);
    await stage.manage("PATCH", "/hosts/host-1", { isDraining: true });
    onTestFinished(async () => {
      await stage.manage("PATCH", "/hosts/host-1", { isDraining: false });
      await stage.manage("DELETE", "/hosts/host-2");
    });
    expect((await stage.send("DELETE", "/hosts/host-1")).status).toBe(409);
    await stage.manage("POST", `/workspaces/moves/instances/${id}/restart`, {});
    await stage.waitFor(
      "moves",
      id,
      ({ hostId, state }) => hostId === "host-2" && state === "running",
    );
    expect((await timed(client.callTool(echo("moved")))).text).toContain("moved");
    await expect
      .poll(() => stage.containers(), { timeout: 10_000 })
      .toEqual([expect.stringMatching(`^/mcp-host-2-[0-9a-f]+-${id}$`)]);
    await stage.send("DELETE", `/workspaces/moves/instances/${id}`);
  });

  test("a container host ends instances that the gateway terminated, and gets lost instances deployed again", async () => {
    const { stage } = on;
    const { id, client } = await makeMixed(stage, "drifts");
    const container = await stage.engine.docker.listContainers();
    await stage.host.kill();
    await stage.engine.docker.getContainer(container[0]?.Id ?? "").remove({ force: true });
    await stage.host.start();
    await stage.everyMinute();
    await stage.waitFor(
      "drifts",
      id,
      ({ state, health }) => state === "running" && health === "healthy",
    );
    expect((await timed(client.callTool(echo("anew")))).text).toContain("anew");
    await stage.host.kill();
    expect((await stage.send("DELETE", `/workspaces/drifts/instances/${id}`)).status).toBe(204);
    await stage.host.start();
    expect(await stage.containers()).toHaveLength(1);
    await stage.everyMinute();
    expect(await stage.containers()).toEqual([]);
  });
});
