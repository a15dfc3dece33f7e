import { describe, expect, inject, test } from "vitest";
import {
  bindings,
  callTool,
  change,
  HOST,
  makeMember,
  makeWorkspace,
  modernRpc,
  post,
  readMessage,
  waitForRows,
  rpc,
  send,
  upstreamStats,
} from "../support/gateway-client.ts";

const CALL = {
  jsonrpc: "2.0",
  id: 1,
  method: "tools/call",
  params: { name: "echo", arguments: {} },
};

describe("entry checks", () => {
  test("a host, path, method or content type that is not served is refused before the token is checked", async () => {
    const json = { method: "POST", headers: { "content-type": "application/json" }, body: "{}" };
    expect((await send("/api/gw/w", json, "evil.test")).status).toBe(403);
    for (const path of [
      "/api/gw/",
      "/api/gw/UPPER",
      "/api/gw/w/",
      "/api/gw/w/x",
      `/api/gw/${"a".repeat(40)}`,
      "/api/gw/w?x=1",
    ]) {
      expect((await send(path, json)).status).toBe(404);
    }
    for (const method of ["DELETE", "PUT", "OPTIONS"]) {
      const response = await send("/api/gw/w", { method });
      expect([response.status, response.headers.get("allow")]).toEqual([405, "GET, POST"]);
    }
    expect(
      (
        await send("/api/gw/w", {
          method: "POST",
          headers: { "content-type": "text/plain" },
          body: "{}",
        })
      ).status,
    ).toBe(415);
    const gzip = { "content-type": "application/json", "content-encoding": "gzip" };
    expect((await send("/api/gw/w", { method: "POST", headers: gzip, body: "{}" })).status).toBe(
      415,
    );
  });

  test("a foreign Origin is refused, and the host's own is accepted", async () => {
    const client = await makeWorkspace("origin");
    expect((await post(client, CALL, { origin: "http://evil.test" })).status).toBe(403);
    expect((await post(client, CALL, { origin: "null" })).status).toBe(403);
    expect((await post(client, CALL, { origin: `http://${HOST}` })).status).toBe(200);
  });

  test("a body of 4 MiB is accepted and one byte more is refused with 413, with and without a declared length", async () => {
    const client = await makeWorkspace("size");
    const pad = (bytes: number) => {
      const empty = JSON.stringify({ ...CALL, params: { name: "echo", arguments: { x: "" } } });
      return empty.replace('"x":""', `"x":"${"a".repeat(bytes - empty.length)}"`);
    };
    const limit = 4 * 1024 * 1024;
    expect((await post(client, pad(limit))).status).toBe(200);
    expect((await post(client, pad(limit + 1))).status).toBe(413);
    const stream = new Blob([pad(limit + 1)]).stream();
    const headers = { "content-type": "application/json", authorization: `Bearer ${client.token}` };
    expect(
      (await send(`/api/gw/${client.slug}`, { method: "POST", headers, body: stream })).status,
    ).toBe(413);
  });

  test("every response forbids caching, sniffing and foreign pages", async () => {
    const client = await makeWorkspace("headers");
    const answers = [
      await post(client, CALL),
      await post(client, "{"),
      await send("/api/gw/none"),
      await post({ ...client, token: "x" }, CALL),
    ];
    for (const { headers } of answers) {
      expect([headers.get("cache-control"), headers.get("x-content-type-options")]).toEqual([
        "no-store",
        "nosniff",
      ]);
      expect([...headers.keys()].filter((name) => name.startsWith("access-control"))).toEqual([]);
    }
  });
});

describe("tokens", () => {
  test("every invalid token gets the same bytes, and nothing reaches a server", async () => {
    const client = await makeWorkspace("auth-a", { ok: "/call/tool-error" });
    const other = await makeWorkspace("auth-b", {});
    const revoked = await makeWorkspace("auth-c", {});
    await change("auth-c", { type: "token.revoke", id: revoked.tokenId });
    const expired = await change("auth-a", {
      type: "token.create",
      input: { label: "x", expiresAt: Date.now() + 30 },
    });
    await scheduler.wait(60);
    const unknown = `mng_${"0".repeat(48)}`;
    const before = await upstreamStats("/call/tool-error");
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
    expect((await upstreamStats("/call/tool-error")).methods).toEqual(before.methods);
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
});

describe("protocol errors", () => {
  test.each([
    ["{", 400, -32700],
    ["", 400, -32700],
    ["[]", 400, -32600],
    ["null", 400, -32600],
    ['[{"jsonrpc":"2.0","id":1,"method":"ping"}]', 400, -32600],
    ['{"jsonrpc":"1.0","id":1,"method":"ping"}', 400, -32600],
    ['{"jsonrpc":"2.0","id":null,"method":"ping"}', 400, -32600],
    ['{"jsonrpc":"2.0","id":{},"method":"ping"}', 400, -32600],
    ['{"jsonrpc":"2.0","id":1,"method":7}', 400, -32600],
    ['{"jsonrpc":"2.0","id":1}', 400, -32600],
    ['{"jsonrpc":"2.0","id":1,"method":"ping","params":[]}', 400, -32600],
    ['{"jsonrpc":"2.0","id":1,"method":"ping","method":"tools/call"}', 400, -32600],
    [
      '{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"echo","Name":"add"}}',
      400,
      -32600,
    ],
    ['{"jsonrpc":"2.0","id":1,"method":"nothing/here"}', 200, -32601],
    ['{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{}}', 200, -32602],
    [
      '{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"echo","arguments":[1]}}',
      200,
      -32602,
    ],
    ['{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"nothing"}}', 200, -32602],
    ['{"jsonrpc":"2.0","id":1,"method":"tools/list","params":{"cursor":"made-up"}}', 200, -32602],
  ])("%s gets status %i and code %i", async (body, status, code) => {
    const client = await shared;
    const response = await post(client, body);
    expect([response.status, (await readMessage(response)).error?.code]).toEqual([status, code]);
  });

  test("nesting beyond 64 and more than 100,000 values are refused before parsing", async () => {
    const client = await shared;
    const body = (args: string) =>
      `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"echo","arguments":{"x":${args}}}}`;
    for (const args of ["[".repeat(70) + "]".repeat(70), `[${"0,".repeat(100_001)}0]`]) {
      const response = await post(client, body(args));
      expect([response.status, (await readMessage(response)).error?.code]).toEqual([400, -32600]);
    }
  });

  test("malformed bodies need a token and count toward the limits", async () => {
    const client = await makeWorkspace("malformed", {});
    await change("malformed", {
      type: "workspace.update",
      patch: { limits: { perAddressPerMinute: 1 } },
    });
    expect((await post({ ...client, token: `mng_${"1".repeat(48)}` }, "{")).status).toBe(401);
    expect([(await post(client, "{")).status, (await post(client, "{")).status]).toEqual([
      400, 429,
    ]);
  });

  test("an id and a large number in the arguments keep every digit", async () => {
    const client = await makeWorkspace("digits", { ok: "/ok" });
    const response = await post(
      client,
      '{"jsonrpc":"2.0","id":12345678901234567890,"method":"tools/call","params":{"name":"echo","arguments":{"n":98765432109876543210}}}',
    );
    expect(await response.text()).toContain('"id":12345678901234567890');
    expect((await upstreamStats("/ok")).last?.body).toContain("98765432109876543210");
  });

  test("notifications and responses to unknown requests are accepted with 202", async () => {
    const client = await shared;
    for (const body of [
      { jsonrpc: "2.0", method: "notifications/initialized" },
      { jsonrpc: "2.0", id: 9, result: {} },
    ]) {
      expect((await post(client, body)).status).toBe(202);
    }
  });
});

describe("the modern era", () => {
  test("discovery names one version, and every result has a resultType", async () => {
    const client = await shared;
    const { message } = await modernRpc(client, "server/discover");
    expect(message.result).toMatchObject({
      resultType: "complete",
      supportedVersions: ["2026-07-28"],
      cacheScope: "private",
    });
    expect((await modernRpc(client, "tools/list")).message.result).toMatchObject({
      resultType: "complete",
      cacheScope: "private",
    });
  });

  test("a parameter header that a server newly requires is learned, and the call is sent again", async () => {
    const client = await makeWorkspace("changing", {});
    const input = { slug: "changing", url: `${inject("modernUrl")}/changing` };
    await change("changing", { type: "server.create", input });
    const { message } = await rpc(client, "tools/call", {
      name: "regional",
      arguments: { value: "eu" },
    });
    expect(message.result).toMatchObject({ content: [{ type: "text", text: "eu" }] });
  });

  test("headers that contradict the body are refused with 400 and -32020", async () => {
    const client = await shared;
    const wrong: Record<string, string>[] = [
      { "mcp-method": "tools/list" },
      { "mcp-name": "add" },
      { "mcp-protocol-version": "2025-11-25" },
      { "mcp-name": "=?base64?!?=" },
    ];
    for (const headers of wrong) {
      const { response, message } = await modernRpc(
        client,
        "tools/call",
        { name: "echo" },
        headers,
      );
      expect([response.status, message.error?.code]).toEqual([400, -32020]);
    }
  });

  test("legacy methods do not exist in the modern era", async () => {
    const client = await shared;
    for (const method of ["initialize", "ping", "logging/setLevel", "resources/subscribe"]) {
      const { response, message } = await modernRpc(client, method);
      expect([response.status, message.error?.code]).toEqual([404, -32601]);
    }
  });

  test("an unknown version is refused with the supported one, and a missing member with its name", async () => {
    const client = await shared;
    const response = await post(
      client,
      {
        jsonrpc: "2.0",
        id: 1,
        method: "tools/list",
        params: {
          _meta: {
            "io.modelcontextprotocol/protocolVersion": "2099-01-01",
            "io.modelcontextprotocol/clientCapabilities": {},
          },
        },
      },
      { "mcp-protocol-version": "2099-01-01", "mcp-method": "tools/list" },
    );
    expect(response.status).toBe(400);
    expect((await readMessage(response)).error).toMatchObject({
      code: -32022,
      data: { supported: ["2026-07-28"], requested: "2099-01-01" },
    });
    const bare = await post(
      client,
      { jsonrpc: "2.0", id: 1, method: "tools/list" },
      { "mcp-protocol-version": "2026-07-28" },
    );
    expect([bare.status, (await readMessage(bare)).error?.code]).toEqual([400, -32602]);
  });

  test("a legacy server sees nothing of a modern client's envelope", async () => {
    const client = await makeWorkspace("bridge", { ok: "/ok" });
    const { message } = await modernRpc(client, "tools/call", {
      name: "echo",
      arguments: { a: 1 },
    });
    expect(message.result).toMatchObject({
      resultType: "complete",
      content: [{ type: "text", text: 'echo {"a":1}' }],
    });
    const { last } = await upstreamStats("/ok");
    expect(last?.body).not.toContain("io.modelcontextprotocol");
    expect(last?.headers["mcp-method"]).toBeUndefined();
    expect(last?.headers["mcp-protocol-version"]).toBe("2025-11-25");
  });
});

describe("policy", () => {
  test("a tool outside the rules is refused with -32003 in both eras, sends nothing to the server, and creates one audit row", async () => {
    await makeWorkspace("policy", { ok: "/ok", other: "/call/tool-error" });
    const { token, memberId } = await makeMember("policy", ["ok:echo"]);
    await change("policy", { type: "workspace.update", patch: { enforcement: true } });
    const client = { slug: "policy", token };
    const before = await upstreamStats("/ok");
    const legacy = await callTool(client, "ok__add");
    const modern = await modernRpc(client, "tools/call", { name: "ok__add" });
    for (const { response, message } of [legacy, modern]) {
      expect(response.status).toBe(200);
      expect(message.error).toEqual({
        code: -32003,
        message: "Tool not allowed for this user",
        data: { reason: "tool_not_allowed" },
      });
    }
    expect((await upstreamStats("/ok")).methods).toEqual(before.methods);
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
    expect(await names()).toEqual(["bee_echo", "bee_add", "echo", "add"]);
    await change("edit", { type: "server.update", slug: "a", patch: { enabled: false } });
    expect(await names()).toEqual(["bee_echo", "bee_add"]);
    await change("edit", { type: "server.delete", slug: "b" });
    expect(await names()).toEqual([]);
  });

  test("credentials and headers reach only their own server, and not one that moved to another origin", async () => {
    const client = await makeWorkspace("secret", { ok: "/session/many" });
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
    const { last } = await upstreamStats("/session/many");
    expect([last?.headers["authorization"], last?.headers["x-team"]]).toEqual([
      "Bearer upstream-token",
      "blue",
    ]);
    expect(JSON.stringify(last)).not.toContain(client.token);
    const stored = await bindings.DB.prepare("SELECT * FROM servers").all();
    expect(JSON.stringify(stored.results)).not.toContain("upstream-token");
  });
});

const shared = makeWorkspace("shared").then(async (client) => {
  await change("shared", {
    type: "workspace.update",
    patch: { limits: { perAddressPerMinute: 100_000 } },
  });
  return client;
});
