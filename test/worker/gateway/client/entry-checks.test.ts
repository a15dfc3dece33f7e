import { createExecutionContext } from "cloudflare:test";
import { describe, expect, test } from "vitest";
import worker from "../../../../workers/index.ts";
import {
  bindings,
  change,
  HOST,
  makeWorkspace,
  modernRpc,
  post,
  readMessage,
  rpc,
  send,
  upstreamStats,
} from "../../support/gateway-client.ts";

const CALL = {
  jsonrpc: "2.0",
  id: 1,
  method: "tools/call",
  params: { name: "echo", arguments: {} },
};

const shared = makeWorkspace("shared").then(async (client) => {
  await change("shared", {
    type: "workspace.update",
    patch: { limits: { perAddressPerMinute: 100_000, perTokenPerMinute: null } },
  });
  return client;
});

describe("entry checks", () => {
  test("a host or path that is not served is refused before the token is checked", async () => {
    const json = { method: "POST", headers: { "content-type": "application/json" }, body: "{}" };
    expect((await send("/api/gw/w", json, "evil.test")).status).toBe(403);
    for (const path of [
      "/api/gw/",
      "/api/gw/UPPER",
      "/api/gw/w//",
      "/api/gw/w/x/y",
      "/api/gw/w%2F",
      "/api/gw/w/register",
      "/api/gw/w/token/",
      `/api/gw/${"a".repeat(40)}`,
    ]) {
      const response = await send(path, json);
      expect([response.status, await response.json()]).toEqual([
        404,
        { error: expect.objectContaining({ code: "not_found" }) },
      ]);
    }
  });

  test("a method, content type or size that is not accepted is refused to a client with a valid token", async () => {
    const client = await makeWorkspace("methods", {});
    const authorization = `Bearer ${client.token}`;
    const type = "application/json";
    const refused: [RequestInit, number, string | null][] = [
      ...["DELETE", "PUT", "OPTIONS"].map((method): [RequestInit, number, string] => [
        { method, headers: { authorization } },
        405,
        "GET, POST",
      ]),
      [{ headers: { authorization, accept: "application/json" } }, 406, null],
      [{ headers: { authorization, accept: "text/event-stream" } }, 405, "POST"],
      [postJson("text/plain"), 415, null],
      [postJson(type, { "content-encoding": "gzip" }), 415, null],
      [postJson(type, { "content-length": "5000000" }), 413, null],
    ];
    function postJson(contentType: string, headers = {}): RequestInit {
      const all = { authorization, "content-type": contentType, ...headers };
      return { method: "POST", headers: all, body: "{}" };
    }
    for (const [init, status, allow] of refused) {
      const response = await send(`/api/gw/${client.slug}`, init);
      expect([response.status, response.headers.get("allow")]).toEqual([status, allow]);
      const { authorization: _, ...others } = init.headers as Record<string, string>;
      for (const headers of [others, { ...others, authorization: `Bearer mng_${"0".repeat(48)}` }])
        expect((await send(`/api/gw/${client.slug}`, { ...init, headers })).status).toBe(401);
    }
  });

  test("a slash at the end of the address and a query change nothing", async () => {
    const client = await makeWorkspace("endings", {});
    for (const end of ["/", "?x=1", "/?x=/api/gw/other"]) {
      const { response, message } = await rpc({ ...client, slug: client.slug + end }, "ping");
      expect([response.status, message.result]).toEqual([200, {}]);
    }
  });

  test("an empty method is one that does not exist, in both eras, and the request is not taken for a response", async () => {
    const client = await makeWorkspace("no-method");
    const legacy = await post(client, { jsonrpc: "2.0", id: 7, method: "" });
    expect(legacy.status).toBe(200);
    expect(await legacy.json()).toMatchObject({ id: 7, error: { code: -32601 } });
    const modern = await modernRpc(client, "");
    expect([modern.response.status, modern.message.error?.code]).toEqual([404, -32601]);
  });

  test("a foreign Origin is refused, and the host's own is accepted", async () => {
    const client = await makeWorkspace("origin");
    expect((await post(client, CALL, { origin: "http://evil.test" })).status).toBe(403);
    expect((await post(client, CALL, { origin: "null" })).status).toBe(403);
    expect((await post(client, CALL, { origin: `http://${HOST}` })).status).toBe(200);
  });

  test("an empty Origin is refused", async () => {
    const client = await makeWorkspace("no-origin", {});
    // A direct call: on its way through workerd, an empty Origin becomes an absent one.
    const sendFrom = (origin: string) =>
      worker.fetch(
        new Request<unknown, IncomingRequestCfProperties>(`http://${HOST}/api/gw/no-origin`, {
          method: "POST",
          headers: {
            host: HOST,
            origin,
            "content-type": "application/json",
            authorization: `Bearer ${client.token}`,
          },
          body: '{"jsonrpc":"2.0","id":1,"method":"ping"}',
        }),
        bindings,
        createExecutionContext(),
      );
    expect((await sendFrom(`http://${HOST}`)).status).toBe(200);
    expect((await sendFrom("")).status).toBe(403);
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
    const responses = [
      await post(client, CALL),
      await post(client, "{"),
      await send("/api/gw/none"),
      await post({ ...client, token: "x" }, CALL),
    ];
    for (const { headers } of responses) {
      expect([headers.get("cache-control"), headers.get("x-content-type-options")]).toEqual([
        "no-store",
        "nosniff",
      ]);
      expect([...headers.keys()].filter((name) => name.startsWith("access-control"))).toEqual([]);
    }
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
  ])("the message %s gets status %i and code %i", async (body, status, code) => {
    const client = await shared;
    const response = await post(client, body);
    expect([response.status, (await readMessage(response)).error?.code]).toEqual([status, code]);
  });

  test("a message with nesting beyond 64 or more than 100,000 values is refused before parsing", async () => {
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
    const client = await makeWorkspace("call-digits", { ok: "/ok/call-digits" });
    const response = await post(
      client,
      '{"jsonrpc":"2.0","id":12345678901234567890,"method":"tools/call","params":{"name":"echo","arguments":{"n":98765432109876543210}}}',
    );
    expect(await response.text()).toContain('"id":12345678901234567890');
    expect((await upstreamStats("/ok/call-digits")).last?.body).toContain("98765432109876543210");
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
