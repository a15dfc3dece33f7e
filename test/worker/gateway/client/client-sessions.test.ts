import { describe, expect, test, vi } from "vitest";
import { seal } from "../../../../workers/crypto/seal.ts";
import {
  bindings,
  change,
  makeWorkspace,
  modernRpc,
  post,
  readMessage,
  rpc,
  waitForRows,
} from "../../support/gateway-client.ts";
import {
  listReceived,
  readUpstream,
  ALL_CAPABILITIES,
  initializeClient,
  makeRequestingWorkspace,
} from "../../support/server-requests.ts";

const CALL = { jsonrpc: "2.0", id: "c", method: "tools/call", params: { name: "pinging" } };

describe("a session of a legacy client", () => {
  test("a session id is issued at initialize and is less than 1 KB of visible ASCII, whatever the client declares", async () => {
    const client = await makeWorkspace("given", {});
    const junk = "x".repeat(2_000);
    for (const capabilities of [
      {},
      {
        ...ALL_CAPABILITIES,
        elicitation: { form: {}, url: {} },
        sampling: { tools: {}, context: {} },
      },
      { experimental: { [junk]: { junk } }, roots: { listChanged: true, junk: { junk } } },
      { sampling: { [junk]: { junk } }, elicitation: { form: { junk }, url: {} } },
    ]) {
      const { session } = await initializeClient(client, capabilities, "n".repeat(64));
      expect(/^[\x21-\x7e]+$/.test(session)).toBe(true);
      expect(session.length).toBeLessThan(1_024);
    }
    const sessions = [await initializeClient(client), await initializeClient(client)];
    expect(new Set(sessions.map(({ session }) => session)).size).toBe(2);
  });

  test("a session id does not reveal its content", async () => {
    const client = await initializeClient(
      await makeWorkspace("dark", {}),
      ALL_CAPABILITIES,
      "canary-name",
    );
    const [, box = ""] = client.session.split(".");
    const bytes = atob(box.replaceAll("-", "+").replaceAll("_", "/"));
    expect(bytes).not.toMatch(/canary|dark|sampling/);
  });

  test("audit rows have the version of a session's client, and the revision that it agreed on", async () => {
    const client = await makeRequestingWorkspace("legacy", "versioned");
    const callAs = async (version: unknown, requested: string, headers = {}) => {
      const { response } = await rpc(client, "initialize", {
        protocolVersion: requested,
        capabilities: {},
        clientInfo: { name: "my-editor", version },
      });
      const session = response.headers.get("mcp-session-id") ?? "";
      expect(session.length).toBeLessThan(1_024);
      await post(client, CALL, { "mcp-session-id": session, ...headers });
    };
    await callAs("1.2.3-beta+7", "2024-11-05");
    await callAs("v".repeat(64), "2020-01-01");
    await callAs("v".repeat(65), "2025-06-18", { "mcp-protocol-version": "2025-03-26" });
    await callAs("1\n2", "2025-11-25");
    await callAs(7, "2025-11-25");
    const rows = await waitForRows("versioned", 5);
    expect(rows.map((row) => [row.clientVersion, row.protocolVersion])).toEqual([
      ["1.2.3-beta+7", "2024-11-05"],
      ["v".repeat(64), "2025-11-25"],
      [null, "2025-03-26"],
      [null, "2025-11-25"],
      [null, "2025-11-25"],
    ]);
  });

  test("audit rows have the version and the revision of a modern client", async () => {
    const client = await makeWorkspace("versioned-modern");
    await modernRpc(client, "tools/call", { name: "echo", arguments: {} });
    expect(await waitForRows("versioned-modern", 1)).toMatchObject([
      { clientName: "tester", clientVersion: "1", protocolVersion: "2026-07-28" },
    ]);
  });

  test("a session of an older release, which has no version, stays open", async () => {
    const client = await makeRequestingWorkspace("legacy", "sealed-before");
    const token = new TextEncoder().encode(client.token);
    const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", token)).toHex();
    const value = { key: "k", slug: "sealed-before", digest, clientCapabilities: {} };
    const session = seal(
      bindings.MCPNEST_MASTER_KEYS,
      "session",
      { ...value, clientName: "older" },
      Date.now() + 60_000,
    );
    expect((await post(client, CALL, { "mcp-session-id": session })).status).toBe(200);
    expect(await waitForRows("sealed-before", 1)).toMatchObject([
      { clientName: "older", clientVersion: null, protocolVersion: null },
    ]);
  });

  test("audit rows name the client of a session unless the name has invisible characters, and calls without a session work", async () => {
    const client = await makeRequestingWorkspace("legacy", "named");
    for (const name of ["my-editor", "José's Editor, «№ 1» & 編集", "e\u001B[2J", "e\u202Ef"]) {
      const { session } = await initializeClient(client, {}, name);
      expect((await post(client, CALL, { "mcp-session-id": session })).status).toBe(200);
    }
    expect((await readMessage(await post(client, CALL))).result).toBeDefined();
    expect((await waitForRows("named", 5)).map(({ clientName }) => clientName)).toEqual([
      "my-editor",
      "José's Editor, «№ 1» & 編集",
      null,
      null,
      null,
    ]);
  });

  test("an altered, expired or foreign session is not found, and nothing is routed", async () => {
    const made = await makeRequestingWorkspace("legacy", "lost-session");
    const client = await initializeClient(made);
    const { token } = await change("lost-session", {
      type: "token.create",
      input: { label: "other" },
    });
    const elsewhere = await makeRequestingWorkspace("legacy", "lost-2");
    const altered = `${client.session.slice(0, 30)}${client.session[30] === "A" ? "B" : "A"}${client.session.slice(31)}`;
    for (const [sender, session] of [
      [client, altered],
      [client, client.session.slice(0, -8)],
      [client, "made-up"],
      [client, ""],
      [{ slug: "lost-session", token }, client.session],
      [elsewhere, client.session],
    ] as const) {
      const response = await post(sender, CALL, { "mcp-session-id": session });
      expect(response.status).toBe(404);
      expect(await readMessage(response)).toEqual({
        jsonrpc: "2.0",
        id: "c",
        error: { code: -32001, message: expect.stringContaining("initialize") },
      });
    }
    try {
      vi.setSystemTime(Date.now() + 7 * 24 * 60 * 60_000);
      const response = await post(client, CALL, { "mcp-session-id": client.session });
      expect(response.status).toBe(404);
    } finally {
      vi.useRealTimers();
    }
    expect(await listReceived("lost-session", "tools/call")).toEqual([]);
    expect(await listReceived("lost-2", "tools/call")).toEqual([]);
    // An unusable session is no reason to be refused a new one.
    const begun = await post(
      client,
      { jsonrpc: "2.0", id: 1, method: "initialize", params: { protocolVersion: "2025-11-25" } },
      { "mcp-session-id": altered },
    );
    expect([begun.status, begun.headers.has("mcp-session-id")]).toEqual([200, true]);
  });

  test("a session id is checked after the token and the limits", async () => {
    const client = await makeRequestingWorkspace("legacy", "order");
    const bad = { "mcp-session-id": "made-up" };
    expect((await post({ ...client, token: `mng_${"0".repeat(48)}` }, CALL, bad)).status).toBe(401);
    await change("order", {
      type: "workspace.update",
      patch: { limits: { perAddressPerMinute: 2 } },
    });
    const statuses = [];
    for (let n = 0; n < 4; n++) statuses.push((await post(client, CALL, bad)).status);
    expect(statuses).toEqual([404, 404, 429, 429]);
  });

  test("a modern client's request ignores a session id", async () => {
    const client = await makeWorkspace("modern-session", {});
    const headers = { "mcp-session-id": "made-up" };
    const { response, message } = await modernRpc(client, "tools/list", {}, headers);
    expect([response.status, message.result.tools]).toEqual([200, []]);
    expect(response.headers.has("mcp-session-id")).toBe(false);
  });

  test("a client that accepts server requests gets a separate upstream session", async () => {
    const made = await makeRequestingWorkspace("legacy", "apart");
    const [one, two] = [await initializeClient(made), await initializeClient(made)];
    const [three, four] = [await initializeClient(made, {}), await initializeClient(made, {})];
    for (const { session } of [one, two, one, three, four])
      await (await post(made, CALL, { "mcp-session-id": session })).text();
    const { messages } = await readUpstream("apart");
    const calls = messages.filter(({ message }) => message.method === "tools/call");
    const [a, b, c, d, e] = calls.map(({ session }) => session);
    expect([c, e]).toEqual([a, d]);
    expect(new Set([a, b, d]).size).toBe(3);
  });
});
