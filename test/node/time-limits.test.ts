import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { expect, onTestFinished, test } from "vitest";
import { manage } from "../../scripts/management-client.ts";
import {
  createOpenWorkspace,
  startLocalGateway,
  type LocalGateway,
  postRequest,
} from "../fixtures/local-gateway.ts";

/** Starts a server whose calls open an event stream and never end; `begin` gets the stream. */
async function startEndlessServer(begin: (stream: ServerResponse) => void): Promise<string> {
  const answer = async (request: IncomingMessage, response: ServerResponse) => {
    const body = await text(request);
    const { id, method } = JSON.parse(body === "" ? "{}" : body);
    if (method === "tools/call") {
      response.writeHead(200, { "content-type": "text/event-stream" }).flushHeaders();
      return begin(response);
    }
    if (id === undefined) return response.writeHead(method ? 202 : 405).end();
    const serverInfo = { name: "endless", version: "1" };
    const result =
      method === "initialize"
        ? { protocolVersion: "2025-11-25", capabilities: { tools: {} }, serverInfo }
        : { tools: [{ name: "work", inputSchema: { type: "object" } }] };
    const error = { code: -32601, message: "Method not found" };
    const known = method === "initialize" || method === "tools/list";
    response.writeHead(200, { "content-type": "application/json" });
    return response.end(
      JSON.stringify({ jsonrpc: "2.0", id, ...(known ? { result } : { error }) }),
    );
  };
  const server = createServer((request, response) => void answer(request, response));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  // A server that listens on a port has an address with it.
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/mcp`;
}

async function startGateway(budgets: object): Promise<LocalGateway> {
  const gateway = await startLocalGateway({ BUDGETS: JSON.stringify(budgets) });
  onTestFinished(() => gateway.stop());
  return gateway;
}

/** Calls the tool; returns the reason of the failure in the response. */
async function callForReason(workspace: { gatewayUrl: string; token: string }) {
  const response = await postRequest(workspace, "tools/call", { name: "work" });
  return /"reason":"(\w+)"/.exec(await response.text())?.[1];
}

test("nothing extends a call beyond its absolute end: no progress, no byte, and no limit of its server", async () => {
  const progress = { jsonrpc: "2.0", method: "notifications/progress", params: { progress: 1 } };
  const url = await startEndlessServer((stream) => {
    const timer = setInterval(
      () => stream.write(`: ping\n\ndata: ${JSON.stringify(progress)}\n\n`),
      50,
    );
    stream.on("close", () => clearInterval(timer));
  });
  const gateway = await startGateway({ maxMs: 2_000, keepAliveMs: 100 });
  const workspace = await createOpenWorkspace(gateway.api, "endless", [{ slug: "up", url }]);
  await manage(gateway.api, "PATCH", "/workspaces/endless/servers/up", {
    longestCallSeconds: 3_600,
    longestSilenceSeconds: 3_600,
  });
  expect(await callForReason(workspace)).toBe("upstream_timeout");
});

test("a limit below the general one holds from the next call on", async () => {
  const url = await startEndlessServer(() => undefined);
  const gateway = await startGateway({ keepAliveMs: 100 });
  const workspace = await createOpenWorkspace(gateway.api, "lowered", [{ slug: "up", url }]);
  const path = "/workspaces/lowered/servers/up";
  // With the general limits, this test would not end in its time.
  for (const patch of [{ longestSilenceSeconds: 1 }, { longestCallSeconds: 1 }]) {
    const general = { longestCallSeconds: null, longestSilenceSeconds: null };
    await manage(gateway.api, "PATCH", path, { ...general, ...patch });
    expect(await callForReason(workspace)).toBe("upstream_timeout");
  }
});
