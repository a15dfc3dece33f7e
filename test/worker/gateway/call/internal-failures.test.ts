import { describe, expect, test } from "vitest";
import { handleGateway } from "../../../../workers/gateway/gateway.ts";
import type { Env } from "../../../../workers/runtime/env.ts";
import {
  bindings,
  HOST,
  readMessage,
  waitForRows,
  type Client,
} from "../../support/gateway-client.ts";
import { Stream } from "../../support/notification-streams.ts";
import {
  ALL_CAPABILITIES,
  callAsModern,
  listReceived,
  parseToolResult,
  sendMessage,
  waitForMessage,
  FORM_ELICITATION,
  initializeClient,
  makeRequestingWorkspace,
} from "../../support/server-requests.ts";

/** The bindings, with one method of the Workspace that throws an internal error after `delayMs`. */
function breakWorkspace(method: string, delayMs = 0): Env {
  const WORKSPACES = {
    getByName: (slug: string) =>
      new Proxy(bindings.WORKSPACES.getByName(slug), {
        get: (stub, name) => {
          if (name === method)
            return async () => {
              await scheduler.wait(delayMs);
              throw new TypeError("secret-canary");
            };
          return (...args: unknown[]) => Reflect.get(stub, name)(...args);
        },
      }),
  };
  // The gateway uses nothing else of the namespace.
  return { ...bindings, WORKSPACES: WORKSPACES as unknown as Env["WORKSPACES"] };
}

function callWith(
  env: Env,
  { slug, token, session }: Client & { session?: string },
  params: object,
  modern: { headers: object; meta: object } | null = null,
): Promise<Response> {
  const request = new Request(`http://${HOST}/api/gw/${slug}`, {
    method: "POST",
    headers: {
      host: HOST,
      "content-type": "application/json",
      authorization: `Bearer ${token}`,
      ...(session === undefined ? {} : { "mcp-session-id": session }),
      ...modern?.headers,
    },
    body: JSON.stringify({
      jsonrpc: "2.0",
      id: 7,
      method: "tools/call",
      params: { ...params, ...modern?.meta },
    }),
  });
  return handleGateway(request, env, { waitUntil: () => undefined });
}

async function cancelledIds(slug: string): Promise<unknown[]> {
  const messages = await listReceived(slug, "notifications/cancelled");
  return messages.map(({ params }) => params.requestId);
}

const WAITING = { name: "waiting", arguments: {} };
/** What a modern client adds to its call of `waiting`. */
const MODERN = {
  headers: {
    "mcp-protocol-version": "2026-07-28",
    "mcp-method": "tools/call",
    "mcp-name": "waiting",
  },
  meta: {
    _meta: {
      "io.modelcontextprotocol/protocolVersion": "2026-07-28",
      "io.modelcontextprotocol/clientCapabilities": ALL_CAPABILITIES,
    },
  },
};
const INTERNAL = { id: 7, error: { code: -32603, data: { reason: "internal" } } };

describe("an unexpected failure of the gateway during a call", () => {
  test.each([
    ["before the response has begun", 0, "application/json"],
    ["when the response has become an event stream", 600, "text/event-stream"],
  ])(
    "an unexpected failure %s gives the client an internal error, and the audit row says internal",
    async (_when, delayMs, type) => {
      const slug = `internal-${delayMs}`;
      const client = await makeRequestingWorkspace("legacy", slug);
      const response = await callWith(breakWorkspace("saveSession", delayMs), client, WAITING);
      expect(response.headers.get("content-type")).toBe(type);
      const message = await readMessage(response);
      expect(message).toMatchObject(INTERNAL);
      expect(JSON.stringify(message)).not.toContain("secret-canary");
      expect(await waitForRows(slug, 1)).toMatchObject([
        { status: "error", errorCode: "internal" },
      ]);
    },
  );

  test("a failure in translation is recorded as internal, not as a disconnect, and cancels the call", async () => {
    const slug = "internal-translation";
    const client = await initializeClient(await makeRequestingWorkspace("legacy", slug));
    let keys = bindings.MCPNEST_MASTER_KEYS;
    const env = Object.defineProperty({ ...bindings }, "MCPNEST_MASTER_KEYS", { get: () => keys });
    const ask = { name: "ask", arguments: { questions: [FORM_ELICITATION], afterMs: 600 } };
    const response = await callWith(env, client, ask);
    // From here on no server request can be sealed.
    keys = "broken";
    expect(await readMessage(response)).toMatchObject(INTERNAL);
    expect(await waitForRows(slug, 1)).toMatchObject([{ status: "error", errorCode: "internal" }]);
    const { id } = (await listReceived(slug, "tools/call"))[0];
    await expect.poll(() => cancelledIds(slug)).toEqual([id]);
  });

  test.each(["acquireCallLease", "reauthorize"])(
    "a failed %s is recorded as internal, not as the upstream's",
    async (method) => {
      const isLease = method === "acquireCallLease";
      const slug = `internal-${method.toLowerCase()}`;
      const client = await makeRequestingWorkspace(isLease ? "legacy" : "modern", slug);
      const env = breakWorkspace(method);
      let message;
      if (isLease) {
        // Only calls to a server that has sent a request need a lease.
        const asked = await callAsModern(client, { arguments: { questions: [FORM_ELICITATION] } });
        await waitForMessage(asked, 1);
        message = await readMessage(await callWith(env, client, WAITING, MODERN));
      } else {
        const legacy = await initializeClient(client);
        const ask = { name: "ask", arguments: { rounds: [{ one: FORM_ELICITATION }] } };
        const stream = new Stream(await callWith(env, legacy, ask));
        const { id } = await waitForMessage(stream, 1);
        await sendMessage(legacy, { jsonrpc: "2.0", id, result: { action: "decline" } });
        message = await waitForMessage(stream, 2);
      }
      expect(message).toMatchObject(INTERNAL);
      const rows = await waitForRows(slug, isLease ? 2 : 1);
      expect(rows.at(-1)).toMatchObject({ status: "error", errorCode: "internal" });
    },
  );

  test("without a lease the first request of a server is refused, and the call goes on", async () => {
    const slug = "internal-first";
    const client = await makeRequestingWorkspace("legacy", slug);
    const ask = { name: "ask", arguments: { questions: [FORM_ELICITATION] } };
    const { headers, meta } = MODERN;
    const asModern = { headers: { ...headers, "mcp-name": "ask" }, meta };
    const env = breakWorkspace("acquireCallLease");
    const message = await readMessage(await callWith(env, client, ask, asModern));
    expect(parseToolResult(message)).toMatchObject([{ error: { code: -32601 } }]);
    expect(await waitForRows(slug, 1)).toMatchObject([{ status: "ok" }]);
  });

  test("a failure in the admission admits nothing, and the client gets 503", async () => {
    const client = await makeRequestingWorkspace("legacy", "internal-admission");
    const response = await callWith(breakWorkspace("admit"), client, WAITING);
    expect(response.status).toBe(503);
    expect(await readMessage(response)).toMatchObject({
      id: 7,
      error: { data: { reason: "unavailable" } },
    });
  });
});
