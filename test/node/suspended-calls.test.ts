import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startAskingUpstream } from "../fixtures/asking-upstream.mjs";
import {
  createOpenWorkspace,
  startLocalGateway,
  type LocalGateway,
} from "../fixtures/local-gateway.ts";

let gateway: LocalGateway;
let upstream: { url: string; close(): unknown };

beforeAll(async () => {
  [gateway, upstream] = await Promise.all([startLocalGateway(), startAskingUpstream()]);
});

afterAll(async () => {
  await gateway.stop();
  await upstream.close();
});

/** Calls the tool `ask` as a modern client that supports elicitation; returns the last message. */
async function ask(to: { gatewayUrl: string; token: string }, params: object) {
  const _meta = {
    "io.modelcontextprotocol/protocolVersion": "2026-07-28",
    "io.modelcontextprotocol/clientCapabilities": { elicitation: { form: {} } },
  };
  const response = await fetch(to.gatewayUrl, {
    method: "POST",
    headers: {
      authorization: `Bearer ${to.token}`,
      "content-type": "application/json",
      accept: "application/json, text/event-stream",
      "mcp-protocol-version": "2026-07-28",
      "mcp-method": "tools/call",
      "mcp-name": "ask",
    },
    body: JSON.stringify({
      jsonrpc: "2.0",
      id: 1,
      method: "tools/call",
      params: { name: "ask", ...params, _meta },
    }),
  });
  return Object(JSON.parse(/.*(\{"jsonrpc.*)/s.exec(await response.text())?.[1] ?? "null")).result;
}

/** The objects of a class that have a file. */
async function listObjects(className: string): Promise<string[]> {
  const files = await readdir(join(gateway.stateDir, "do", `mcpnest-${className}`));
  return files.filter((file) => /^[0-9a-f]{64}\.sqlite$/.test(file));
}

test.each(["legacy", "sse"])(
  "calls of a modern client to a %s server that asks nothing leave no file",
  async (kind) => {
    const servers = [{ slug: "up", url: `${upstream.url}/${kind}/quiet` }];
    const workspace = await createOpenWorkspace(gateway.api, `quiet-${kind}`, servers);
    const before = await listObjects("SuspendedCall");
    for (let n = 0; n < 5; n++)
      expect(await ask(workspace, { arguments: { questions: [] } })).toHaveProperty("content");
    expect(await listObjects("SuspendedCall")).toEqual(before);
  },
);
