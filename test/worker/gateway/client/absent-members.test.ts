import { expect, inject, test } from "vitest";
import {
  change,
  makeWorkspace,
  post,
  readMessage,
  upstreamStats,
} from "../../support/gateway-client.ts";
import { openSubscription } from "../../support/notification-streams.ts";

const BIG = "9007199254740993";

/** The body that a server last received. */
async function readReceived(path: string) {
  return (await upstreamStats(path)).last?.body ?? "";
}

const shared = makeWorkspace("absent", { ok: "/ok/absent" });

test.each([
  ['"method":"ping","params":null', {}],
  ['"method":"tools/list","params":null', { tools: expect.any(Array) }],
  ['"method":"tools/list","params":{"cursor":null}', { tools: expect.any(Array) }],
  ['"method":"tools/list","params":{"_meta":null}', { tools: expect.any(Array) }],
  [
    '"method":"initialize","params":{"protocolVersion":"2025-11-25","capabilities":null,"clientInfo":null,"_meta":null}',
    { protocolVersion: "2025-11-25" },
  ],
])("a request with {%s} is answered as one without its null members", async (members, result) => {
  const response = await post(await shared, `{"jsonrpc":"2.0","id":1,${members}}`);
  expect(response.status).toBe(200);
  expect((await readMessage(response)).result).toMatchObject(result);
});

test("a subscription's null members are absent", async () => {
  const notifications = {
    toolsListChanged: true,
    promptsListChanged: null,
    resourcesListChanged: null,
    resourceSubscriptions: null,
    taskIds: null,
  };
  const stream = await openSubscription(await shared, notifications);
  const acknowledged = { params: { notifications: { toolsListChanged: true } } };
  expect(stream.messages).toMatchObject([acknowledged]);
  await stream.close();
});

test("a server does not receive the null members of a legacy call, and all else with every digit", async () => {
  const client = await shared;
  const meta = `"progressToken":null,"io.modelcontextprotocol/related-task":null,"traceparent":null,"app/a":null,"app/b":${BIG}`;
  const body = `{"jsonrpc":"2.0","id":${BIG},"method":"tools/call","params":{"name":"echo","arguments":null,"task":null,"x":null,"_meta":{${meta}}}}`;
  expect((await readMessage(await post(client, body))).result).toBeDefined();
  const received = await readReceived("/ok/absent");
  expect(received).toContain(`"_meta":{"app/a":null,"app/b":${BIG}}`);
  expect(JSON.parse(received).params).toEqual({
    name: "echo",
    x: null,
    _meta: { "app/a": null, "app/b": Number(BIG) },
  });
  const second = `{"jsonrpc":"2.0","id":2,"method":"tools/call","params":{"name":"echo","arguments":{"a":null},"_meta":null}}`;
  expect((await readMessage(await post(client, second))).result).toBeDefined();
  expect(JSON.parse(await readReceived("/ok/absent")).params).toEqual({
    name: "echo",
    arguments: { a: null },
  });
});

test("servers of the SDKs answer a call with null members, from clients of both eras", async () => {
  const client = await makeWorkspace("absent-sdk", {});
  for (const [slug, url] of [
    ["modern", inject("modernUrl")],
    ["legacy", inject("everythingUrl")],
  ] as const)
    await change("absent-sdk", { type: "server.create", input: { slug, url } });
  const nulls = '"arguments":null,"requestState":null,"task":null';
  const legacyMeta = '{"progressToken":null,"io.modelcontextprotocol/related-task":null}';
  const modernMeta =
    '{"progressToken":null,"io.modelcontextprotocol/logLevel":null,"io.modelcontextprotocol/clientInfo":null,"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientCapabilities":{}}';
  for (const name of ["regional", "get-tiny-image"]) {
    const call = (meta: string) =>
      `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"${name}",${nulls},"_meta":${meta}}}`;
    const headers = {
      "mcp-protocol-version": "2026-07-28",
      "mcp-method": "tools/call",
      "mcp-name": name,
    };
    for (const response of [
      await post(client, call(legacyMeta)),
      await post(client, call("null")),
      await post(client, call(modernMeta), headers),
    ]) {
      const message = await readMessage(response);
      expect(message).toHaveProperty("result.content");
      expect(message.result).not.toHaveProperty("isError");
    }
  }
});

test.each([
  ['"_meta":[]', "_meta must be an object"],
  ['"_meta":"x"', "_meta must be an object"],
  ['"_meta":{"progressToken":{}}', "progressToken"],
  ['"_meta":{"progressToken":true}', "progressToken"],
  ['"_meta":{"io.modelcontextprotocol/related-task":"t1"}', "taskId"],
  ['"_meta":{"io.modelcontextprotocol/related-task":{}}', "taskId"],
  ['"_meta":{"io.modelcontextprotocol/related-task":{"taskId":7}}', "taskId"],
])(
  "a request with {%s}, which an SDK server would not answer, is refused by the gateway",
  async (member, named) => {
    const client = await shared;
    const before = (await upstreamStats("/ok/absent")).methods["tools/call"] ?? 0;
    const body = `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"echo",${member}}}`;
    const response = await post(client, body);
    expect([response.status, await readMessage(response)]).toEqual([
      200,
      {
        jsonrpc: "2.0",
        id: 1,
        error: { code: -32602, message: expect.stringContaining(named) },
      },
    ]);
    expect((await upstreamStats("/ok/absent")).methods["tools/call"] ?? 0).toBe(before);
  },
);

test("a related task with an id reaches the server", async () => {
  const meta = { "io.modelcontextprotocol/related-task": { taskId: "t1" } };
  const params = { name: "echo", _meta: meta };
  const body = { jsonrpc: "2.0", id: 1, method: "tools/call", params };
  expect((await readMessage(await post(await shared, body))).result).toBeDefined();
  expect(JSON.parse(await readReceived("/ok/absent")).params._meta).toEqual(meta);
});
