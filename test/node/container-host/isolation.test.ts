import { execFileSync, type ChildProcess } from "node:child_process";
import { createHash } from "node:crypto";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { root } from "../../../scripts/worker-bundle.ts";
import { engineProblem } from "./engine-problem.ts";
import { newInstanceId, newWorkspaceId, type Ids } from "./host-process.ts";
import { ALLOWED_NAME, HOST_OUTSIDE, INTERNET, METADATA } from "./private-engine.ts";
import { withHost } from "./with-host.ts";

/** A TCP server that sends a greeting, then echoes. */
const GREETER = (address: string, port: number) => `
  require("node:net").createServer((socket) => {
    socket.on("error", () => {});
    socket.write("hello from ${address}:${port}");
    socket.pipe(socket);
  }).listen(${port}, "${address}")`;
const HOST_PORT = 7000;

describe.skipIf(engineProblem)("networks of hosted servers", () => {
  const parts = withHost();
  const greeters: ChildProcess[] = [];

  beforeAll(async () => {
    const { engine } = parts;
    for (const [address, port] of [
      ["0.0.0.0", HOST_PORT],
      ["127.0.0.1", HOST_PORT + 1],
    ] as const) {
      greeters.push(engine.spawn(process.execPath, ["-e", GREETER(address, port)]));
    }
    for (const [address, port] of [
      [INTERNET, 443],
      [INTERNET, 80],
      [INTERNET, 5432],
      [INTERNET, 25],
      [METADATA, 80],
    ] as const) {
      greeters.push(engine.spawnOutside(process.execPath, ["-e", GREETER(address, port)]));
    }
    await sleep(700);
  });
  afterAll(() => greeters.forEach((greeter) => greeter.kill("SIGKILL")));

  const addressOf = async (deployed: Ids) => {
    const { NetworkSettings } = await (await parts.host.container(deployed)).inspect();
    return Object.values(NetworkSettings.Networks)[0] ?? { IPAddress: "", Gateway: "" };
  };
  /** The result of a TCP connection from the engine's namespace or from the neighbour's. */
  const reaches = (
    run: (command: string, args: string[]) => string,
    host: string,
    port: number,
  ) => {
    const program = `const s = require("node:net").connect({ host: "${host}", port: ${port} });
      s.setTimeout(1500, () => { console.log("timeout"); s.destroy(); });
      s.on("connect", () => { console.log("open"); s.destroy(); });
      s.on("error", (error) => console.log(error.code));`;
    return run(process.execPath, ["-e", program]).trim();
  };

  test("a hosted server's network does not reach the host, other containers or the internet", async () => {
    const { host, engine } = parts;
    const workspaceId = newWorkspaceId();
    const [one, two, other] = await Promise.all([
      host.deploy("plain", { ids: { workspaceId, instanceId: newInstanceId() } }),
      host.deploy("plain", { ids: { workspaceId, instanceId: newInstanceId() } }),
      host.deploy("plain"),
    ]);
    const own = await addressOf(one);
    const sibling = await addressOf(two);
    const foreign = await addressOf(other);
    expect(new Set([own.IPAddress, sibling.IPAddress, foreign.IPAddress]).size).toBe(3);
    expect(sibling.Gateway).toBe(own.Gateway);
    const docker0 = /inet (\S+)\//.exec(engine.run("ip", ["addr", "show", "docker0"]))?.[1] ?? "";

    const outcome = (address: string, port: number) =>
      host.call(one, "connect", { host: address, port });
    // Positive control: the fault server can connect to its own bridge.
    expect(await outcome("127.0.0.1", 8080)).toBe("open");
    const targets = {
      "its workspace's other container": [sibling.IPAddress, 8080],
      "another workspace's container": [foreign.IPAddress, 8080],
      "a host service at its own gateway": [own.Gateway, HOST_PORT],
      "a host service at another gateway": [foreign.Gateway, HOST_PORT],
      "a host service at docker0": [docker0, HOST_PORT],
      "a host service at the host's address": [HOST_OUTSIDE, HOST_PORT],
      "a host service on loopback": ["127.0.0.1", HOST_PORT + 1],
      "a host service on loopback, at the gateway": [own.Gateway, HOST_PORT + 1],
      "the internet": [INTERNET, 443],
      mail: [INTERNET, 25],
      "the cloud's metadata": [METADATA, 80],
    } as const;
    const outcomes = await Promise.all(
      Object.entries(targets).map(async ([name, [address, port]]) => [
        name,
        await outcome(address, port),
      ]),
    );
    expect(outcomes.filter(([, result]) => result === "open")).toEqual([]);

    // Opposite direction: the host reaches its containers, a neighbour with a route does not.
    const inside = engine.run.bind(engine);
    const outside = engine.runOutside.bind(engine);
    expect(reaches(inside, own.IPAddress, 8080)).toBe("open");
    expect(reaches(outside, HOST_OUTSIDE, HOST_PORT)).toBe("open");
    expect(reaches(outside, own.IPAddress, 8080)).not.toBe("open");
    expect(reaches(outside, own.Gateway, 3128)).not.toBe("open");
  });

  test("a hosted server's network is isolated by the firewall rules: without them host services and neighbours can connect", async () => {
    const { host, engine } = parts;
    const deployed = await host.deploy("plain");
    const { Gateway } = await addressOf(deployed);
    const reach = () => host.call(deployed, "connect", { host: Gateway, port: HOST_PORT });
    expect(await reach()).toBe("timeout");
    engine.run(join(root, "container-host/firewall.sh"), ["down"]);
    expect(await reach()).toBe("open");
    expect(reaches(engine.runOutside.bind(engine), Gateway, 3128)).toBe("open");
    // The next start restores flushed rules.
    await host.deploy("plain");
    expect(await reach()).toBe("timeout");
  });

  test("a hosted server's network reaches only the hosts of its catalogue entry, through the proxy", async () => {
    const { host } = parts;
    const deployed = await host.deploy("online");
    const through = (authority: string) => host.call(deployed, "tunnel", { authority });
    expect(await through(`${ALLOWED_NAME}:443`)).toContain(`hello from ${INTERNET}:443`);
    for (const authority of [
      "other.example:443",
      `${ALLOWED_NAME}:80`,
      `${ALLOWED_NAME}:25`,
      `${INTERNET}:443`,
      `${METADATA}:443`,
      `x.${ALLOWED_NAME}:443`,
      `${ALLOWED_NAME}.:443`,
      "127.0.0.1:443",
    ]) {
      expect(await through(authority)).toMatch(/^HTTP\/1\.1 403 /);
    }
    // Allowed, but the name resolves to a private address.
    expect(await through("inward.example:443")).toMatch(/^HTTP\/1\.1 502 /);
    expect((await host.find(deployed)).usage.egressBytes).toBeGreaterThan(0);

    const closed = await host.deploy("plain", {
      ids: { ...deployed, instanceId: newInstanceId() },
    });
    const authority = `${ALLOWED_NAME}:443`;
    expect(await host.call(closed, "tunnel", { authority })).toMatch(/^HTTP\/1\.1 403 /);
  });

  test("a hosted server's network reaches the database of its URL by TCP, also after a restart of the host", async () => {
    const { host } = parts;
    const variables = { DATABASE_URL: "postgres://user:p%40ss@db.example/name?sslmode=require" };
    const deployed = await host.deploy("database", { variables });
    const greeting = `hello from ${INTERNET}:5432`;
    expect(await host.call(deployed, "database")).toBe(greeting);
    const url = "postgres://user:p%40ss@db.example:3129/name?sslmode=require";
    expect(await host.call(deployed, "digest", { name: "DATABASE_URL" })).toBe(
      createHash("sha256").update(url).digest("hex"),
    );
    await host.stop();
    await host.start();
    expect(await host.call(deployed, "database")).toBe(greeting);
    // Other instances cannot use the forward, and it does not reach private addresses.
    const { Gateway } = await addressOf(deployed);
    const ids = { ...deployed, instanceId: newInstanceId() };
    const plain = await host.deploy("secret", {
      ids,
      variables: { SECRET_KEY: "x" },
    });
    expect(await host.call(plain, "greeting", { host: Gateway, port: 3129 })).toBe("closed");
    const inward = await host.deploy("database", {
      variables: { DATABASE_URL: "postgres://user@inward.example/name" },
    });
    expect(await host.call(inward, "database")).toBe("closed");
  });

  test.each(["postgres://user@10.9.9.9/x", "postgres://localhost/x", "postgres://a,b/x", "x"])(
    "a hosted server's network refuses the database URL %s",
    async (url) => {
      const deployed = await parts.host.deploy("database", { variables: { DATABASE_URL: url } });
      expect([deployed.status, deployed.response.error.code]).toEqual([422, "invalid_variable"]);
    },
  );

  test("a hosted server's network is not used by any container while the firewall rules cannot be set", async () => {
    const { host, engine } = parts;
    const iptables = engine.run("readlink", ["-f", "/usr/sbin/iptables"]).trim();
    engine.run("mount", ["--bind", "/bin/false", iptables]);
    const deployed = await host.deploy("plain");
    engine.run("umount", [iptables]);
    expect(deployed.response).toMatchObject({
      state: "failed",
      reason: { code: "firewall_missing" },
    });
    expect(await engine.docker.listContainers({ all: true })).toEqual([]);
  });

  test("a hosted server's network has its own subnet in each of 32 workspaces, beyond the engine's default pools", async () => {
    const { host, engine } = parts;
    // The entry's program does not exist: networks are created, but no server keeps running.
    for (let count = 0; count < 32; count += 8) {
      const deployed = await Promise.all(Array.from({ length: 8 }, () => host.deploy("absent")));
      // A slow host refuses more servers than can wait for their start.
      for (const one of deployed) await host.waitFor(one, ({ state }) => state === "failed");
    }
    const networks = (await engine.docker.listNetworks()).filter(({ Name }) =>
      Name.startsWith("mcp-"),
    );
    const subnets = networks.map(({ IPAM }) => IPAM?.Config?.[0]?.Subnet);
    expect(new Set(subnets).size).toBe(32);
    expect(networks.every(({ Internal }) => Internal)).toBe(true);
  }, 120_000);

  test("a hosted server's network changes no rule of the machine's own firewall", () => {
    expect(execFileSync("iptables", ["-S"], { encoding: "utf8" })).not.toContain("MCPNEST");
  });
});
