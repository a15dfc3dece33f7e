import { describe, expect, test } from "vitest";
import { engineProblem } from "./engine-problem.ts";
import { newInstanceId, newWorkspaceId, type Ids } from "./host-process.ts";
import { INTERNET } from "./private-engine.ts";
import { SYSCALLS } from "./syscall-program.ts";
import { withHost } from "./with-host.ts";

describe.skipIf(engineProblem)("confinement of a hosted server", () => {
  const parts = withHost();
  const images = (image: string) => ({
    MCPNEST_HOST_IMAGES: JSON.stringify({ servers: { id: image } }),
  });

  /** An image with the files of the tests' image and this configuration, in the words of a Dockerfile. */
  const makeImage = async (changes: string): Promise<string> => {
    const { docker, imageId } = parts.engine;
    const container = await docker.createContainer({
      Image: imageId,
      Cmd: ["x"],
      StopSignal: "SIGUSR2",
    });
    const { Id } = await container.commit({ changes });
    await container.remove({ v: true });
    return Id;
  };
  const withImage = async (image: string, use: () => Promise<void>) => {
    const { host } = parts;
    await host.stop();
    await host.start(images(image));
    try {
      await use();
    } finally {
      await host.terminateAll();
      await host.stop();
      await host.start();
    }
  };

  test("a hosted server cannot read the memory, environment or files of the bridge, or open its debugger", async () => {
    const { host } = parts;
    const deployed = await host.deploy("plain");
    const access = (await host.call(deployed, "bridgeAccess")) as Record<string, string>;
    expect(Object.keys(access)).toHaveLength(11);
    expect(new Set(Object.values(access))).toEqual(new Set(["EACCES"]));
    expect(await host.call(deployed, "debugBridge")).toBe("ECONNREFUSED");
    expect(await host.call(deployed, "echo", { text: "still here" })).toBe("still here");
  });

  test.skipIf(process.arch !== "x64")(
    "a hosted server cannot use the system calls that inspect other processes, make namespaces or are rarely audited",
    async () => {
      const { host } = parts;
      const deployed = await host.deploy("plain");
      const errors: Record<string, unknown> = {};
      for (const name of Object.keys(SYSCALLS)) {
        errors[name] = await host.call(deployed, "run", { file: `/opt/syscalls/${name}` });
      }
      const [EPERM, ENOSYS] = [1, 38];
      const denied = Object.fromEntries(Object.keys(SYSCALLS).map((name) => [name, EPERM]));
      // sched_yield is the positive control. Libraries use clone instead of a clone3 that does not exist.
      expect(errors).toEqual({ ...denied, sched_yield: 0, clone3: ENOSYS });
    },
  );

  test("an image's labels, environment, entry point, user, folder, signal and health check have no effect", async () => {
    const { host } = parts;
    const image = await makeImage(
      [
        `LABEL mcpnest.forward=${INTERNET}:5432 mcpnest.workspace=ws_000000000000000000000000 mcpnest.variables=yes other=x`,
        "ENV LD_PRELOAD=/opt/evil.so NODE_OPTIONS=--require=/opt/evil.js MCP_ENV=IMAGE IMAGE=shown",
        'ENTRYPOINT ["/bin/sleep","60"]',
        'CMD ["60"]',
        "USER 0:0",
        "WORKDIR /root",
        "EXPOSE 9000",
        'HEALTHCHECK --interval=1s CMD ["/bin/sleep","0"]',
      ].join("\n"),
    );
    await withImage(image, async () => {
      const deployed = await host.deploy("plain");
      expect(deployed.response.state).toBe("running");
      const { Config, State } = await (await host.container(deployed)).inspect();
      expect(Config.Labels).toMatchObject({
        "mcpnest.forward": "",
        "mcpnest.workspace": deployed.workspaceId,
        "mcpnest.variables": "no",
        other: "",
      });
      expect(Config).toMatchObject({
        User: "1000:1000",
        StopSignal: "SIGTERM",
        Healthcheck: { Test: ["NONE"] },
      });
      expect(State.Health).toBeUndefined();
      expect(Config.Env.join("\n")).not.toMatch(/LD_PRELOAD=|evil|IMAGE=/);
      expect(await host.call(deployed, "environment")).not.toHaveProperty("IMAGE");
      expect(await host.call(deployed, "workingFolder")).toBe("/opt/mcp");
      expect(await host.call(deployed, "confinement")).toMatchObject({ uid: 1000 });
      // The forward of the label is not granted, neither now nor by the next process.
      const { NetworkSettings } = await (await host.container(deployed)).inspect();
      const { Gateway } = Object.values(NetworkSettings.Networks)[0] ?? { Gateway: "" };
      const reach = () => host.call(deployed, "greeting", { host: Gateway, port: 3129 });
      expect(await reach()).toBe("closed");
      await host.stop();
      await host.start(images(image));
      expect(await reach()).toBe("closed");
    });
  });

  test("an image that declares a volume is refused, and no container or volume is created", async () => {
    const { engine, host } = parts;
    await withImage(await makeImage("VOLUME /data"), async () => {
      const deployed = await host.deploy("plain");
      expect(deployed.response).toMatchObject({
        state: "failed",
        reason: { code: "image_unavailable" },
      });
      expect(deployed.response.reason.message).toContain("declares a volume");
      expect(await engine.docker.listContainers({ all: true })).toEqual([]);
      const volumes: unknown = (await engine.docker.listVolumes()).Volumes;
      // Null, or an empty list.
      expect(volumes ?? []).toEqual([]);
    });
  });

  test("a container that ends because its server killed the bridge is restarted", async () => {
    const { host } = parts;
    const ids: Ids = { workspaceId: newWorkspaceId(), instanceId: newInstanceId() };
    await host.deploy("plain", { ids });
    await host.call(ids, "killBridge");
    await host.waitFor(ids, ({ state, restarts }) => state === "running" && restarts === 1);
    expect(await host.call(ids, "echo", { text: "again" })).toBe("again");
  });
});
