import { expect, test } from "vitest";
import { parseConfig } from "../../../container-host/config.ts";
import { readLogFrames } from "../../../container-host/engine/log-frames.ts";
import { routeDatabaseUrl } from "../../../container-host/instances/database-url.ts";
import { decideRestart } from "../../../container-host/instances/restart-backoff.ts";
import {
  findFreeAddress,
  parseAddressPool,
  planNetwork,
} from "../../../container-host/network/addresses.ts";

const owner = { hostId: "host-1", owner: "0123456789abcdef" };
const pool = parseAddressPool("10.201.0.0/24");

test("a workspace's network is the first free subnet of the pool, until the pool is used up", () => {
  const taken: string[] = [];
  for (;;) {
    const plan = planNetwork({
      pool,
      owner,
      workspaceId: `ws_${taken.length}`,
      subnetsInUse: taken,
    });
    if (!plan) break;
    taken.push(plan.subnet);
    expect(plan.bridge).toMatch(/^mcp[0-9a-f]{11}$/);
  }
  expect(taken.slice(0, 2)).toEqual(["10.201.0.0/27", "10.201.0.32/27"]);
  expect(taken).toHaveLength(8);
  const freed = taken.filter((subnet) => subnet !== "10.201.0.64/27");
  const request = { pool, owner, workspaceId: "ws_new", subnetsInUse: freed };
  expect(planNetwork(request)?.subnet).toBe("10.201.0.64/27");
});

test("a network holds its gateway and 29 instances", () => {
  const inUse = new Set<string>();
  for (;;) {
    const address = findFreeAddress("10.201.0.32/27", inUse);
    if (address === null) break;
    inUse.add(address);
  }
  expect(inUse.size).toBe(29);
  for (const reserved of ["10.201.0.32", "10.201.0.33", "10.201.0.63"]) {
    expect(inUse.has(reserved)).toBe(false);
  }
});

test.each(["8.8.0.0/16", "10.0.0.0/28", "0.0.0.0/0", "x", "fd00::/64"])(
  "parseAddressPool refuses %s",
  (cidr) => {
    expect(() => parseAddressPool(cidr)).toThrow(/private IPv4 range|ipaddr/);
  },
);

test("the sixth end in a series is final, and a server that was ready for ten seconds begins a new series", () => {
  const delays: number[] = [];
  let failures = 0;
  for (;;) {
    const decision = decideRestart(failures, 100);
    if (decision.kind === "give_up") break;
    delays.push(decision.delayMs);
    ({ failures } = decision);
  }
  expect(delays).toEqual([250, 500, 1000, 2000, 4000]);
  expect(decideRestart(5, 10_000)).toEqual({ kind: "restart", delayMs: 250, failures: 1 });
});

test("a routed database URL keeps everything except its port", () => {
  expect(routeDatabaseUrl("postgres://u:p%2Fw@DB.example.com:6432/x?sslmode=verify-full")).toEqual({
    destination: { host: "db.example.com", port: 6432 },
    url: "postgres://u:p%2Fw@DB.example.com:3129/x?sslmode=verify-full",
  });
  for (const url of [
    "postgres://10.0.0.1/x",
    "postgres://[::1]/x",
    "redis://cache.example.com",
    "",
  ]) {
    expect(routeDatabaseUrl(url)).toBeNull();
  }
});

test("log lines are parsed from any split of the engine's frames", async () => {
  const frame = (stream: number, text: string) => {
    const payload = Buffer.from(`2026-11-21T00:00:00.000000001Z ${text}\n`);
    const header = Buffer.from([stream, 0, 0, 0, 0, 0, 0, 0]);
    header.writeUInt32BE(payload.length, 4);
    return Buffer.concat([header, payload]);
  };
  const bytes = Buffer.concat([frame(1, "one"), frame(2, "zwei ü"), frame(2, "")]);
  for (const size of [1, 3, 8, 1000]) {
    const chunks: Buffer[] = [];
    for (let at = 0; at < bytes.length; at += size) chunks.push(bytes.subarray(at, at + size));
    const lines: string[] = [];
    for await (const { stream, text } of readLogFrames(chunks)) lines.push(`${stream} ${text}`);
    expect(lines).toEqual(["stdout one", "stderr zwei ü", "stderr "]);
  }
});

test("parseConfig refuses an invalid variable and names it", () => {
  const valid = {
    MCPNEST_HOST_ID: "host-1",
    MCPNEST_HOST_ISSUER: "mcpnest",
    MCPNEST_HOST_KEYS: JSON.stringify([{ kid: "k1", x: "A".repeat(43) }]),
    MCPNEST_HOST_IMAGES: JSON.stringify({ servers: { id: `sha256:${"0".repeat(64)}` } }),
  };
  expect(parseConfig(valid)).toMatchObject({ listen: { host: "127.0.0.1", port: 8790 } });
  for (const [name, value] of Object.entries({
    MCPNEST_HOST_ID: "Host 1",
    MCPNEST_HOST_ISSUER: "",
    MCPNEST_HOST_KEYS: "[]",
    MCPNEST_HOST_IMAGES: '{"servers":{"id":"mcpnest-servers:latest"}}',
    MCPNEST_HOST_LISTEN: "0.0.0.0:8790",
    MCPNEST_HOST_PRIVATE_EGRESS: "10.0.0.1",
    MCPNEST_HOST_ADDRESSES: "8.8.8.0/24",
    MCPNEST_HOST_CATALOGUE: "/nowhere/catalogue.json",
  })) {
    expect(() => parseConfig({ ...valid, [name]: value })).toThrow(name);
  }
});
