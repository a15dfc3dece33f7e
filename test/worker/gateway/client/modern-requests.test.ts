import { describe, expect, inject, test } from "vitest";
import {
  change,
  makeWorkspace,
  modernRpc,
  post,
  readMessage,
  rpc,
  upstreamStats,
} from "../../support/gateway-client.ts";

const shared = makeWorkspace("modern-shared").then(async (client) => {
  await change("modern-shared", {
    type: "workspace.update",
    patch: { limits: { perAddressPerMinute: 100_000, perTokenPerMinute: null } },
  });
  return client;
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
    const client = await makeWorkspace("bridge", { ok: "/ok/envelope" });
    const { message } = await modernRpc(client, "tools/call", {
      name: "echo",
      arguments: { a: 1 },
    });
    expect(message.result).toMatchObject({
      resultType: "complete",
      content: [{ type: "text", text: 'echo {"a":1}' }],
    });
    const { last } = await upstreamStats("/ok/envelope");
    expect(last?.body).not.toContain("io.modelcontextprotocol");
    expect(last?.headers["mcp-method"]).toBeUndefined();
    expect(last?.headers["mcp-protocol-version"]).toBe("2025-11-25");
  });
});
