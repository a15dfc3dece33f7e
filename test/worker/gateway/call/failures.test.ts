import { describe, expect, test } from "vitest";
import {
  callTool,
  findFailureReason,
  makeWorkspace,
  post,
  readMessage,
  upstreamStats,
  waitForRows,
} from "../../support/gateway-client.ts";

/** A model can act on a failure of the server, but not on a response that is no MCP. */
function toExpectedFailure(reason: string): object {
  if (reason === "upstream_bad_response")
    return { error: { code: -32603, data: { reason, server: "bad" } } };
  const text = expect.stringContaining('server "bad"');
  const _meta = { "mcpnest/failure": { reason, server: "bad" } };
  return { result: { content: [{ type: "text", text }], isError: true, _meta } };
}

describe("a server that fails a call", () => {
  test.concurrent.each([
    ["hang", "upstream_timeout"],
    ["drip", "upstream_timeout"],
    ["slow-chatter", "upstream_timeout"],
    ["late-stall", "upstream_timeout"],
    ["refuse", "upstream_unreachable"],
    ["mid-body", "upstream_unreachable"],
    ["401", "upstream_unauthorized"],
    ["403", "upstream_unauthorized"],
    ["500", "upstream_http_error"],
    ["redirect", "upstream_redirect"],
    ["wrong-id", "upstream_bad_response"],
    ["wrong-version", "upstream_bad_response"],
    ["no-result", "upstream_bad_response"],
    ["html", "upstream_bad_response"],
    ["garbage", "upstream_bad_response"],
    ["empty", "upstream_bad_response"],
    ["silent-end", "upstream_bad_response"],
    ["giant", "upstream_too_large"],
    ["giant-line", "upstream_too_large"],
    ["endless-line", "upstream_too_large"],
  ])(
    "a call that its server fails by %s is sent once and fails with %s without a detail of the server",
    async (fault, reason) => {
      const slug = `fail-${fault}`;
      const path = `/call/${fault}`;
      const client = await makeWorkspace(slug, { bad: path, good: "/ok" });
      const before = (await upstreamStats(path)).methods["tools/call"] ?? 0;
      const { response, message } = await callTool(client, "bad__echo", {
        secret: "argument-canary",
      });
      expect(response.status).toBe(200);
      expect(message.id).toEqual(expect.any(Number));
      expect(message).toMatchObject(toExpectedFailure(reason));
      const received = JSON.stringify(message) + JSON.stringify([...response.headers]);
      for (const secret of [
        "127.0.0.1",
        "upstream-secret",
        "secret-upstream-detail",
        "nginx",
        "stolen",
        "argument-canary",
      ]) {
        expect(received).not.toContain(secret);
      }
      expect((await upstreamStats(path)).methods["tools/call"]).toBe(before + 1);
      expect((await callTool(client, "good__echo")).message.result).toBeDefined();
      const [row] = await waitForRows(slug, 2);
      expect(row).toMatchObject({
        status: "error",
        errorCode: reason,
        serverSlug: "bad",
        toolName: "echo",
      });
      expect(JSON.stringify(row)).not.toContain("argument-canary");
    },
  );

  test.concurrent.each(["giant-chunked", "gzip-bomb", "mid-big"])(
    "a response that its server breaks off by %s ends, and the audit row has the error",
    async (fault) => {
      const slug = `broken-${fault}`;
      const client = await makeWorkspace(slug, { bad: `/call/${fault}` });
      const response = await post(client, {
        jsonrpc: "2.0",
        id: 1,
        method: "tools/call",
        params: { name: "echo" },
      });
      const message = await readMessage(response).catch(() => null);
      const reason = message && findFailureReason(message);
      expect(reason ?? "upstream_broke_off").toMatch(/^upstream_/);
      const [row] = await waitForRows(slug, 1);
      expect(row?.status).toBe("error");
      expect(row?.errorCode).toMatch(/^upstream_(too_large|unreachable|bad_response)$/);
    },
  );

  test("a server that falls silent in the middle of a large response fails the call with upstream_timeout", async () => {
    const client = await makeWorkspace("silent-big", { bad: "/call/silent-big" });
    await callTool(client, "echo").catch(() => null);
    const [row] = await waitForRows("silent-big", 1);
    expect(row).toMatchObject({ status: "error", errorCode: "upstream_timeout" });
  });
});

test("the request to a server that never responds ends with the call", async () => {
  const client = await makeWorkspace("abandoned", { bad: "/call/hang/abandoned" });
  const { closed } = await upstreamStats("/call/hang/abandoned");
  await callTool(client, "echo");
  await waitForRows("abandoned", 1);
  await expect
    .poll(async () => (await upstreamStats("/call/hang/abandoned")).closed)
    .toBe(closed + 1);
});

describe("a server's own errors", () => {
  test("a server's errors reach the client unchanged, and the audit row has their kind", async () => {
    const client = await makeWorkspace("own-errors", {
      tool: "/call/tool-error",
      rpc: "/call/rpc-error",
    });
    expect((await callTool(client, "tool__echo")).message.result).toEqual({
      content: [{ type: "text", text: "failed" }],
      isError: true,
    });
    expect((await callTool(client, "rpc__echo")).message.error).toEqual({
      code: -32050,
      message: "server says no",
      data: { why: 1 },
    });
    const rows = await waitForRows("own-errors", 2);
    expect(rows.map((row) => [row.status, row.errorCode])).toEqual([
      ["error", "tool_error"],
      ["error", "rpc_-32050"],
    ]);
  });
});
