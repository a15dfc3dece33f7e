import { evictDurableObject } from "cloudflare:test";
import { describe, expect, test } from "vitest";
import {
  bindings,
  callTool,
  change,
  makeMember,
  makeWorkspace,
  modernRpc,
  post,
  rpc,
  send,
  upstreamStats,
  waitForCalls,
  waitForRows,
} from "../../support/gateway-client.ts";
import { manage } from "../../support/management-client.ts";

const CALL = {
  jsonrpc: "2.0",
  id: 1,
  method: "tools/call",
  params: { name: "echo", arguments: {} },
};

describe("tokens", () => {
  test("every invalid token gets the same bytes, and nothing reaches a server", async () => {
    const client = await makeWorkspace("auth-a", { ok: "/call/tool-error/auth" });
    const other = await makeWorkspace("auth-b", {});
    const revoked = await makeWorkspace("auth-c", {});
    await change("auth-c", { type: "token.revoke", id: revoked.tokenId });
    const expired = await change("auth-a", {
      type: "token.create",
      input: { label: "x", expiresAt: Date.now() + 30 },
    });
    await scheduler.wait(60);
    const unknown = `mng_${"0".repeat(48)}`;
    const before = await upstreamStats("/call/tool-error/auth");
    const attempts: [string, string][] = [
      ["auth-a", unknown],
      ["auth-a", "mng_short"],
      ["auth-a", client.token.toUpperCase()],
      ["auth-a", ` ${client.token} `],
      ["auth-a", other.token],
      ["auth-a", expired.token],
      ["auth-c", revoked.token],
      ["no-such-workspace", client.token],
    ];
    const bodies = await Promise.all(
      attempts.map(async ([slug, token]) => {
        const response = await post({ slug, token }, CALL);
        return `${response.status} ${response.headers.get("www-authenticate")} ${await response.text()}`;
      }),
    );
    const bare = await send("/api/gw/auth-a", {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: "{}",
    });
    bodies.push(`${bare.status} ${bare.headers.get("www-authenticate")} ${await bare.text()}`);
    expect(new Set(bodies).size).toBe(1);
    expect(bodies[0]).toMatch(/^401 Bearer \{/);
    expect((await upstreamStats("/call/tool-error/auth")).methods).toEqual(before.methods);
  });

  test("a revoked token is refused on the very next call, and a rotated one is replaced", async () => {
    const client = await makeWorkspace("revoke");
    expect((await callTool(client, "echo")).response.status).toBe(200);
    const rotated = await change("revoke", { type: "token.rotate", id: client.tokenId });
    expect((await callTool(client, "echo")).response.status).toBe(401);
    expect((await callTool({ ...client, token: rotated.token }, "echo")).response.status).toBe(200);
    await change("revoke", { type: "token.revoke", id: client.tokenId });
    expect((await callTool({ ...client, token: rotated.token }, "echo")).response.status).toBe(401);
  });

  test("removing a member ends that member's tokens at once", async () => {
    await makeWorkspace("leaver");
    const member = await makeMember("leaver", []);
    const client = { slug: "leaver", token: member.token };
    expect((await callTool(client, "echo")).response.status).toBe(200);
    await change("leaver", { type: "member.delete", id: member.memberId });
    expect((await callTool(client, "echo")).response.status).toBe(401);
  });
});

describe("rate limits", () => {
  test("the 201st request of a minute gets 429 with Retry-After, for lists as for calls", async () => {
    const client = await makeWorkspace("limit", {});
    for (let i = 0; i < 200; i++)
      expect((await rpc(client, i % 2 ? "ping" : "tools/list")).response.status).toBe(200);
    const { response, message } = await rpc(client, "tools/list");
    expect(response.status).toBe(429);
    expect(Number(response.headers.get("retry-after"))).toBeGreaterThan(0);
    expect(message.error?.data.reason).toBe("rate_limited");
  });

  test("a client cannot choose the address that the limit counts", async () => {
    const client = await makeWorkspace("forged", {});
    await change("forged", {
      type: "workspace.update",
      patch: { limits: { perAddressPerMinute: 3 } },
    });
    const statuses: number[] = [];
    for (let i = 0; i < 5; i++) {
      const headers = {
        "x-forwarded-for": `10.0.0.${i}`,
        forwarded: `for=10.0.0.${i}`,
        "x-real-ip": `10.0.0.${i}`,
      };
      statuses.push(
        (await post(client, { jsonrpc: "2.0", id: 1, method: "ping" }, headers)).status,
      );
    }
    expect(statuses).toEqual([200, 200, 200, 429, 429]);
  });

  test("the limits per token and per address both apply, and refused calls have audit rows", async () => {
    const client = await makeWorkspace("per-token");
    await change("per-token", {
      type: "workspace.update",
      patch: { limits: { perTokenPerMinute: 2 } },
    });
    const statuses = [];
    for (let i = 0; i < 3; i++) statuses.push((await callTool(client, "echo")).response.status);
    expect(statuses).toEqual([200, 200, 429]);
    expect((await waitForRows("per-token", 3)).map((row) => row.status)).toEqual([
      "ok",
      "ok",
      "rate_limited",
    ]);
  });

  test("a token that floods uses up its own limit, and its neighbour at the same address calls on", async () => {
    const client = await makeWorkspace("neighbours");
    const neighbour = await makeMember("neighbours", ["ok:*"]);
    const limits = { perTokenPerMinute: 5, perAddressPerMinute: 8 };
    await change("neighbours", { type: "workspace.update", patch: { limits } });
    const ping = async (token: string) => (await rpc({ ...client, token }, "ping")).response.status;
    const flood = await Promise.all(Array.from({ length: 50 }, () => ping(client.token)));
    expect(flood.filter((status) => status === 200)).toHaveLength(5);
    for (let i = 0; i < 3; i++) expect(await ping(neighbour.token)).toBe(200);
    expect(await ping(neighbour.token)).toBe(429);
  });

  test("the tokens of one member together have twice the limit of a token, and leave room for a neighbour", async () => {
    await makeWorkspace("member-limit");
    const { memberId, token } = await makeMember("member-limit", ["ok:*"]);
    const neighbour = await makeMember("member-limit", ["ok:*"]);
    const limits = { perTokenPerMinute: 5, perAddressPerMinute: 13 };
    await change("member-limit", { type: "workspace.update", patch: { limits } });
    const input = { label: "x", memberId };
    const tokens = [token];
    for (let i = 0; i < 3; i++)
      tokens.push((await change("member-limit", { type: "token.create", input })).token);
    const call = (by: string) => callTool({ slug: "member-limit", token: by }, "echo");
    const flood = await Promise.all(
      tokens.flatMap((by) => Array.from({ length: 8 }, () => call(by))),
    );
    const passed = flood.filter(({ response }) => response.status === 200);
    const refused = flood.filter(({ response }) => response.status === 429);
    expect([passed.length, refused.length]).toEqual([10, 22]);
    for (const { response } of refused)
      expect(Number(response.headers.get("retry-after"))).toBeGreaterThan(0);
    for (let i = 0; i < 3; i++) expect((await call(neighbour.token)).response.status).toBe(200);
    const rows = await waitForCalls("member-limit", 35);
    const refusals = rows.filter(({ status }) => status === "rate_limited");
    expect(refusals.reduce((sum, { count }) => sum + count, 0)).toBe(22);
  });

  test("the limits survive a silence after which the workspace's object is evicted", async () => {
    const client = await makeWorkspace("long-silence");
    await change("long-silence", {
      type: "workspace.update",
      patch: { limits: { perTokenPerMinute: 3 } },
    });
    const ping = async () => (await rpc(client, "ping")).response.status;
    for (let i = 0; i < 3; i++) expect(await ping()).toBe(200);
    // An object is evicted after 10 s without a request.
    await scheduler.wait(6_000);
    await evictDurableObject(bindings.WORKSPACES.getByName("long-silence"));
    expect(await ping()).toBe(429);
  });

  test("a member has at most 200 calls in flight with all tokens, and the 201st is refused until one has ended", async () => {
    await makeWorkspace("parallel-limit", { slow: "/call/late/1500" });
    const { memberId, token } = await makeMember("parallel-limit", ["slow:*"]);
    const body = { label: "second", memberId };
    const second = await manage("POST", "/workspaces/parallel-limit/tokens", body);
    const client = { slug: "parallel-limit", token };
    const clients = [client, { ...client, token: second.body.token }];
    const limits = { perTokenPerMinute: null, perAddressPerMinute: 10_000 };
    await change("parallel-limit", { type: "workspace.update", patch: { limits } });
    await rpc(client, "tools/list");
    const statuses = await Promise.all(
      Array.from({ length: 115 }, () =>
        clients.map(async (each) => (await callTool(each, "echo")).response.status),
      ).flat(),
    );
    expect(statuses.filter((status) => status === 429)).toHaveLength(30);
    await expect
      .poll(async () => (await callTool(client, "echo")).response.status, { timeout: 20_000 })
      .toBe(200);
  });
});

describe("policy", () => {
  test("a tool outside the rules is refused with -32003 in both eras, sends nothing to the server, and creates one audit row", async () => {
    await makeWorkspace("policy", { ok: "/ok/policy", other: "/call/tool-error" });
    const { token, memberId } = await makeMember("policy", ["ok:echo"]);
    await change("policy", { type: "workspace.update", patch: { enforcement: true } });
    const client = { slug: "policy", token };
    const before = await upstreamStats("/ok/policy");
    const legacy = await callTool(client, "ok__add");
    const modern = await modernRpc(client, "tools/call", { name: "ok__add" });
    for (const { response, message } of [legacy, modern]) {
      expect(response.status).toBe(200);
      expect(message.error).toEqual({
        code: -32003,
        message: expect.stringMatching(/^Tool not allowed for this user\. Ask for access: http/),
        data: { reason: "tool_not_allowed", access: expect.objectContaining({ rule: null }) },
      });
    }
    expect((await upstreamStats("/ok/policy")).methods).toEqual(before.methods);
    const rows = await waitForRows("policy", 2);
    expect(rows).toHaveLength(2);
    expect(rows[0]).toMatchObject({
      status: "blocked",
      memberId,
      serverSlug: "ok",
      toolName: "add",
      errorCode: "tool_not_allowed",
    });
    expect((await callTool(client, "ok__echo")).message.result).toBeDefined();
  });

  test("lists show a member the tools of its rules, and a change of the rules shows at once", async () => {
    const workspace = await makeWorkspace("lists", { ok: "/ok" });
    await change("lists", { type: "workspace.update", patch: { enforcement: false } });
    const member = await makeMember("lists", ["ok:echo"]);
    const names = async (token: string) => {
      const { message } = await rpc({ slug: "lists", token }, "tools/list");
      return message.result.tools.map((tool: { name: string }) => tool.name);
    };
    expect(await names(member.token)).toEqual(["echo", "add"]);
    await change("lists", { type: "workspace.update", patch: { enforcement: true } });
    expect(await names(member.token)).toEqual(["echo"]);
    expect(await names(workspace.token)).toEqual(["echo", "add"]);
    await change("lists", { type: "member.rules", id: member.memberId, rules: ["ok:*"] });
    expect(await names(member.token)).toEqual(["echo", "add"]);
  });
});

describe("configuration", () => {
  test("a change of a server shows in the next list", async () => {
    const client = await makeWorkspace("edit", { a: "/ok", b: "/ok" });
    const names = async () =>
      (await rpc(client, "tools/list")).message.result.tools.map(
        (tool: { name: string }) => tool.name,
      );
    expect(await names()).toEqual(["a__echo", "a__add", "b__echo", "b__add"]);
    await change("edit", {
      type: "server.update",
      slug: "b",
      patch: { prefix: "bee", position: 0 },
    });
    // The names of the other server stay, because clients know them.
    expect(await names()).toEqual(["bee_echo", "bee_add", "a__echo", "a__add"]);
    await change("edit", { type: "server.update", slug: "a", patch: { enabled: false } });
    expect(await names()).toEqual(["bee_echo", "bee_add"]);
    await change("edit", { type: "server.delete", slug: "b" });
    expect(await names()).toEqual([]);
  });

  test("credentials and headers reach only their own server, and not one that moved to another origin", async () => {
    const client = await makeWorkspace("secret", { ok: "/session/many/secret" });
    await change("secret", {
      type: "server.update",
      slug: "ok",
      patch: {
        headers: { "x-team": "blue" },
        credentials: { authorization: "Bearer upstream-token" },
      },
    });
    const { message } = await callTool(client, "echo");
    expect(message.result).toBeDefined();
    const { last } = await upstreamStats("/session/many/secret");
    expect([last?.headers["authorization"], last?.headers["x-team"]]).toEqual([
      "Bearer upstream-token",
      "blue",
    ]);
    expect(JSON.stringify(last)).not.toContain(client.token);
    const stored = await bindings.DB.prepare("SELECT * FROM servers").all();
    expect(JSON.stringify(stored.results)).not.toContain("upstream-token");
  });
});
