import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { z } from "zod";
import { manage } from "../../scripts/management-client.ts";
import { FollowPlan } from "../../workers/contract/api/followed-registries.ts";
import { startEverythingUpstream } from "../fixtures/everything-upstream.mjs";
import {
  createGovernedWorkspace,
  createOpenWorkspace,
  postRequest,
  startLocalGateway,
  type LocalGateway,
} from "../fixtures/local-gateway.ts";
import { startSwitchingProxy } from "../fixtures/switching-proxy.ts";

interface Workspace {
  gatewayUrl: string;
  token: string;
}

const Failure = z.object({ code: z.string(), message: z.string() });
const Checked = z.object({ check: z.object({ error: Failure.nullable() }) });
const Followed = z.object({ id: z.string() });
const Tested = z.object({ error: Failure.nullable() });
const Tools = z.object({ result: z.object({ tools: z.array(z.object({ name: z.string() })) }) });

const VIA = "mcpnest-via";
/** Ids of gateways elsewhere. */
const FIRST = "a".repeat(16);
const SECOND = "b".repeat(16);
const THIRD = "c".repeat(16);

let near: LocalGateway;
let far: LocalGateway;
let everything: Awaited<ReturnType<typeof startEverythingUpstream>>;

beforeAll(async () => {
  near = await startLocalGateway();
  far = await startLocalGateway();
  everything = await startEverythingUpstream("streamableHttp");
});

afterAll(async () => {
  everything.close();
  await Promise.all([near.stop(), far.stop()]);
});

async function startProxy(target: string) {
  const proxy = await startSwitchingProxy(target);
  onTestFinished(() => proxy.close());
  return proxy;
}

/** A workspace with these servers, each with a token that its gateway accepts. */
function open(gateway: LocalGateway, slug: string, servers: Record<string, string> = {}) {
  const list = Object.entries(servers).map(([server, url]) => ({ slug: server, url }));
  return createOpenWorkspace(gateway.api, slug, list);
}

/** A server that is reached with a token of the workspace behind it. */
function toServer(slug: string, url: string, { token }: Workspace) {
  return { slug, url, credentials: { authorization: `Bearer ${token}` } };
}

/** Adds a server; returns the error of its check, null: none. */
async function add(gateway: LocalGateway, workspace: string, server: object) {
  const added = await manage(gateway.api, "POST", `/workspaces/${workspace}/servers`, server);
  return Checked.parse(added).check.error;
}

async function listTools(workspace: Workspace): Promise<string[]> {
  const response = await postRequest(workspace, "tools/list");
  return Tools.parse(await response.json()).result.tools.map(({ name }) => name);
}

async function callEcho(workspace: Workspace, name = "echo"): Promise<string> {
  const params = { name, arguments: { message: "hello" } };
  return (await postRequest(workspace, "tools/call", params)).text();
}

/** Sends a request that has passed the gateways of `via`. */
function sendVia({ gatewayUrl, token }: Workspace, via: string, method = "tools/list") {
  return fetch(gatewayUrl, {
    method: "POST",
    headers: {
      authorization: `Bearer ${token}`,
      "content-type": "application/json",
      accept: "application/json, text/event-stream",
      [VIA]: via,
    },
    body: JSON.stringify({ jsonrpc: "2.0", id: 1, method, params: {} }),
  });
}

describe("a server's URL on a host of this deployment", () => {
  test.each([
    ["of its own workspace", "own-name", "/api/gw/own-name"],
    ["of another workspace", "own-name-2", "/api/gw/no-such-workspace/?x=1"],
    ["of no gateway", "own-name-3", "/mcp/own-name-3"],
  ])("is refused when the server is added, changed and tested: %s", async (_name, slug, path) => {
    await open(near, slug, { up: everything.url });
    const { port } = new URL(near.api.apiUrl);
    for (const host of [`127.0.0.1:${port}`, `localhost:${port}`, `LOCALHOST.:${port}`]) {
      const url = `http://${host}${path}`;
      const input = { slug: "self", url };
      const base = `/workspaces/${slug}`;
      const changes: ["POST" | "PATCH", string, object][] = [
        ["POST", `${base}/servers`, input],
        ["PATCH", `${base}/servers/up`, { url }],
        ["POST", `${base}/server-tests`, { url }],
      ];
      for (const [method, route, body] of changes)
        await expect(manage(near.api, method, route, body)).rejects.toThrow(
          /400.*leads back to this gateway/,
        );
    }
  });

  test("is recognised under any other name by the check and the test, with a valid token and without one", async () => {
    const workspace = await open(near, "alias");
    const proxy = await startProxy(workspace.gatewayUrl);
    const servers = [
      toServer("valid", proxy.url, workspace),
      { slug: "invalid", url: proxy.url, credentials: { authorization: "Bearer no" } },
    ];
    for (const server of servers) {
      const leadsBack = { code: "upstream_loop", message: /leads back to this gateway/ };
      const { message, code } = (await add(near, "alias", server)) ?? { code: "", message: "" };
      expect({ code, isNamed: leadsBack.message.test(message) }).toEqual({
        code: leadsBack.code,
        isNamed: true,
      });
      const { url, credentials } = server;
      const tested = await manage(near.api, "POST", "/workspaces/alias/server-tests", {
        url,
        credentials,
      });
      expect(Tested.parse(tested).error?.code).toBe("upstream_loop");
    }
    expect(await listTools(workspace)).toEqual([]);
    // The probe ends with the first answer: two checks and two tests.
    expect(proxy.passed).toHaveLength(4);
  });
});

describe("gateways in a chain", () => {
  test("a gateway can be the server of another deployment", async () => {
    const behind = await open(far, "behind", { up: everything.url });
    const front = await open(near, "front");
    expect(await add(near, "front", toServer("far", behind.gatewayUrl, behind))).toBe(null);
    expect(await listTools(front)).toContain("echo");
    expect(await callEcho(front)).toContain("Echo: hello");
  });

  test("a route back from another deployment is recognised, and the lists of both stay as they are", async () => {
    const one = await open(near, "one", { up: everything.url });
    const two = await open(far, "two");
    expect(await add(far, "two", toServer("one", one.gatewayUrl, one))).toBe(null);
    const back = await add(near, "one", toServer("two", two.gatewayUrl, two));
    expect(back?.code).toBe("upstream_loop");
    const before = await listTools(one);
    for (let round = 0; round < 3; round++)
      for (const path of ["/workspaces/one/servers/two/check", "/workspaces/one/servers/up/check"])
        await manage(near.api, "POST", path);
    expect(await listTools(one)).toEqual(before);
    expect(await callEcho(two)).toContain("Echo: hello");
  });

  test("a call that comes back through two deployments ends at the first gateway that it has passed", async () => {
    const nearWay = await startProxy(everything.url);
    const farWay = await startProxy(everything.url);
    const one = await open(near, "ring-one", { up: nearWay.url });
    const two = await open(far, "ring-two", { up: farWay.url });
    for (const [gateway, slug, url, { token }] of [
      [near, "ring-one", nearWay.url, two],
      [far, "ring-two", farWay.url, one],
    ] as const)
      await manage(gateway.api, "PATCH", `/workspaces/${slug}/servers/up`, {
        url,
        credentials: { authorization: `Bearer ${token}` },
      });
    nearWay.switchTo(two.gatewayUrl);
    farWay.switchTo(one.gatewayUrl);
    nearWay.passed.length = 0;
    farWay.passed.length = 0;
    expect(await callEcho(one)).toContain("upstream_loop");
    const waysOf = ({ passed }: typeof nearWay) =>
      passed.map(({ headers }) => String(headers[VIA]).split(", ").length);
    expect(Math.max(...waysOf(nearWay))).toBe(1);
    expect(Math.max(...waysOf(farWay))).toBe(2);
    expect(nearWay.passed.length + farWay.passed.length).toBeLessThan(20);
  });

  test("a list that a server's own refresh waits for does not wait for that refresh", async () => {
    const workspace = await open(near, "knot");
    const way = await startProxy(everything.url);
    way.switchTo(workspace.gatewayUrl);
    const server = toServer("self", way.url, workspace);
    expect((await add(near, "knot", server))?.code).toBe("upstream_loop");
    const response = await sendVia(workspace, `${FIRST}, ${SECOND}`);
    expect(Tools.parse(await response.json()).result.tools).toEqual([]);
  });
});

describe("a workspace that follows the registry of another workspace", () => {
  /** Follows the registry of a workspace with its token; returns the plan's address. */
  async function follow(gateway: LocalGateway, slug: string, behind: Workspace) {
    const value = `Bearer ${behind.token}`;
    const { id } = Followed.parse(
      await manage(gateway.api, "POST", `/workspaces/${slug}/followed-registries`, {
        url: behind.gatewayUrl.replace("/gw/", "/registry/"),
        pattern: "*/*",
        token: behind.token,
        values: [{ for: new URL(behind.gatewayUrl).origin, name: "Authorization", value }],
      }),
    );
    return `/workspaces/${slug}/followed-registries/${id}`;
  }

  async function readPlan(gateway: LocalGateway, path: string) {
    const read = async () => FollowPlan.parse(await manage(gateway.api, "GET", path));
    await expect.poll(async () => (await read()).follow.isRunning).toBe(false);
    return read();
  }

  async function approveAll(gateway: LocalGateway, path: string) {
    const { version, items } = await readPlan(gateway, path);
    const names = items.filter(({ state }) => state === "decide").map(({ name }) => name);
    const automatic = { additions: true, changes: true };
    await manage(gateway.api, "POST", `${path}/approvals`, { version, names, automatic });
    return (await readPlan(gateway, path)).items;
  }

  test("gets the servers of a workspace of another gateway; two that follow each other do not grow", async () => {
    const behind = await open(far, "shared", { up: everything.url });
    const front = await open(near, "follower");
    const path = await follow(near, "follower", behind);
    expect(await approveAll(near, path)).toMatchObject([{ kind: "kept", server: "up" }]);
    expect(await listTools(front)).toContain("echo");
    expect(await callEcho(front)).toContain("Echo: hello");

    const back = await follow(far, "shared", front);
    expect(await approveAll(far, back)).toMatchObject([
      { kind: "add", server: null, reason: expect.stringContaining("leads back to this gateway") },
    ]);
    await manage(near.api, "POST", `${path}/runs`, {});
    expect((await readPlan(near, path)).items).toHaveLength(1);
  });

  test("gets none of its own gateway, its own ones included", async () => {
    const own = await open(near, "self-follower", { up: everything.url });
    const { items } = await readPlan(near, await follow(near, "self-follower", own));
    expect(items).toMatchObject([
      { kind: "refused", reason: expect.stringContaining("leads back to this gateway") },
    ]);
  });
});

describe("a request that has passed other gateways", () => {
  test("is served up to two of them, and refused with an error that names the loop from three on", async () => {
    const workspace = await open(near, "limit", { up: everything.url });
    for (const via of [FIRST, `${FIRST}, ${SECOND}`, `${FIRST},${SECOND}`])
      expect((await sendVia(workspace, via)).status).toBe(200);
    const { token } = workspace;
    for (const method of ["initialize", "tools/list", "tools/call", "resources/read"]) {
      for (const bearer of [token, "mng_".padEnd(52, "0")]) {
        const refused = await sendVia(
          { ...workspace, token: bearer },
          `${FIRST}, ${SECOND}, ${THIRD}`,
          method,
        );
        expect(refused.status).toBe(508);
        expect(await refused.json()).toMatchObject({
          id: null,
          error: { message: /loop/, data: { reason: "loop_detected" } },
        });
      }
    }
  });

  test("is refused if its header is not one of a gateway", async () => {
    const workspace = await open(near, "forged");
    for (const via of ["", "0", ",", FIRST + "x", `${FIRST};${SECOND}`, "x".repeat(4_000)])
      expect((await sendVia(workspace, via)).status).toBe(508);
  });

  test("learns to which gateways it can lead, which clients are not told", async () => {
    const behind = await open(far, "named");
    const front = await open(near, "names");
    await add(near, "names", toServer("far", behind.gatewayUrl, behind));
    const server = { ...toServer("far", behind.gatewayUrl, behind), prefix: "far" };
    const restricted = await createGovernedWorkspace(near.api, "names-a-part", [server], ["far:*"]);
    for (const workspace of [front, restricted]) {
      const told = await sendVia(workspace, FIRST, "initialize");
      expect(told.headers.get(VIA)?.split(", ")).toHaveLength(2);
    }
    const client = await postRequest(front, "initialize", {});
    expect(client.status).toBe(200);
    expect(client.headers.has(VIA)).toBe(false);
  });
});

describe.each(["streamableHttp", "sse"])("every request to a %s server", (mode) => {
  test("names the gateways that it has passed, whatever its client sends", async () => {
    const upstream = await startEverythingUpstream(mode);
    onTestFinished(() => void upstream.close());
    const proxy = await startProxy(upstream.url);
    const slug = `every-${mode.toLowerCase()}`;
    const workspace = await open(near, slug, { up: proxy.url });
    const checked = proxy.passed.length;
    expect(await callEcho(workspace)).toContain("Echo: hello");
    await manage(near.api, "POST", `/workspaces/${slug}/servers/up/check`);
    await manage(near.api, "POST", `/workspaces/${slug}/server-tests`, { url: proxy.url });
    await sendVia(workspace, FIRST, "tools/list");
    const forwarded = await fetch(workspace.gatewayUrl, {
      method: "POST",
      headers: {
        authorization: `Bearer ${workspace.token}`,
        "content-type": "application/json",
        accept: "application/json, text/event-stream",
        [VIA]: FIRST,
      },
      body: JSON.stringify({
        jsonrpc: "2.0",
        id: 5,
        method: "tools/call",
        params: { name: "echo", arguments: { message: "hello" } },
      }),
    });
    expect(await forwarded.text()).toContain("Echo: hello");
    expect(proxy.passed.length).toBeGreaterThan(checked + 5);
    const ways = proxy.passed.map(({ headers }) => String(headers[VIA]));
    const own = ways[0];
    expect(own).toMatch(/^[\w-]{16}$/);
    expect(new Set(ways)).toEqual(new Set([own, `${FIRST}, ${own}`]));
    const calls = proxy.passed.filter(({ rpcMethod }) => rpcMethod === "tools/call");
    expect(calls.map(({ headers }) => headers[VIA])).toEqual([own, `${FIRST}, ${own}`]);
  });
});
