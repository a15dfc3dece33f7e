import { once } from "node:events";
import {
  createServer,
  request as sendRequest,
  type IncomingMessage,
  type ServerResponse,
} from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { z } from "zod";
import { manage } from "../../scripts/management-client.ts";
import { startEverythingUpstream } from "../fixtures/everything-upstream.mjs";
import {
  createOpenWorkspace,
  startLocalGateway,
  type LocalGateway,
} from "../fixtures/local-gateway.ts";
import { startSwitchingProxy } from "../fixtures/switching-proxy.ts";

interface Workspace {
  gatewayUrl: string;
  token: string;
}

const Rows = z.object({
  items: z.array(z.object({ status: z.string(), errorCode: z.string().nullable() })),
});

/** How a client closes its connection: in order, or with a reset. */
const ENDINGS = ["closes", "resets"] as const;
type Ending = (typeof ENDINGS)[number];

/** The calls of the endless server by tool, and those whose connection has closed. */
const begun: string[] = [];
const ended: string[] = [];

const TOOLS: Record<string, (response: ServerResponse, id: unknown) => void> = {
  "no-headers": () => undefined,
  "silent-stream": (response) => openStream(response),
  "busy-stream": (response) => {
    openStream(response);
    const message = { jsonrpc: "2.0", method: "notifications/message", params: { level: "info" } };
    const timer = setInterval(() => response.write(`data: ${JSON.stringify(message)}\n\n`), 20);
    response.on("close", () => clearInterval(timer));
  },
  "large-body": (response, id) => {
    response.writeHead(200, { "content-type": "application/json", "content-length": 3_000_000 });
    response.write(
      `{"jsonrpc":"2.0","id":${JSON.stringify(id)},"result":{"content":"${"x".repeat(400_000)}`,
    );
  },
};

function openStream(response: ServerResponse): void {
  response.writeHead(200, { "content-type": "text/event-stream" }).flushHeaders();
}

/** A server whose calls never end. */
const endless = createServer((request, response) => {
  void text(request).then((body) => {
    const { id, method, params } = JSON.parse(body === "" ? "{}" : body);
    const respond = (answer: object) => {
      response.setHeader("content-type", "application/json");
      return response.end(JSON.stringify({ jsonrpc: "2.0", id, ...answer }));
    };
    if (method === "initialize") {
      const serverInfo = { name: "endless", version: "1" };
      const capabilities = { tools: {} };
      return respond({ result: { protocolVersion: "2025-11-25", capabilities, serverInfo } });
    }
    if (method === "tools/list") {
      const inputSchema = { type: "object" };
      return respond({
        result: { tools: Object.keys(TOOLS).map((name) => ({ name, inputSchema })) },
      });
    }
    const tool = TOOLS[params?.name];
    if (!tool) return response.writeHead(id === undefined ? 202 : 404).end();
    begun.push(params.name);
    response.on("close", () => ended.push(params.name));
    return tool(response, id);
  });
});

let gateway: LocalGateway;
let workspace: Workspace;

beforeAll(async () => {
  endless.listen(0, "127.0.0.1");
  await once(endless, "listening");
  // A server that listens on a port has an address with it.
  const { port } = endless.address() as AddressInfo;
  gateway = await startLocalGateway();
  const url = `http://127.0.0.1:${port}/mcp`;
  workspace = await createOpenWorkspace(gateway.api, "hang-ups", [{ slug: "endless", url }]);
});

afterAll(async () => {
  await gateway.stop();
  endless.closeAllConnections();
  endless.close();
});

/** Opens a request on a separate connection; `body` undefined: it stays incomplete. */
function openRequest(
  { url, token }: { url: string; token: string },
  body: object | string | undefined,
  headers: Record<string, string> = {},
) {
  const isGet = body === "";
  const request = sendRequest(url, {
    agent: false,
    method: isGet ? "GET" : "POST",
    headers: {
      authorization: `Bearer ${token}`,
      accept: isGet ? "text/event-stream" : "application/json, text/event-stream",
      ...(isGet ? {} : { "content-type": "application/json" }),
      ...headers,
    },
  });
  // The client itself breaks the connection off.
  request.on("error", () => undefined);
  const response = new Promise<IncomingMessage>((resolve) => {
    request.on("response", (begun) => resolve(begun.on("error", () => undefined).resume()));
  });
  if (body === undefined) request.write('{"jsonrpc":');
  else request.end(isGet ? undefined : JSON.stringify(body));
  return {
    response,
    hangUp: (how: Ending) =>
      how === "resets" ? request.socket?.resetAndDestroy() : request.destroy(),
  };
}

function openCall({ gatewayUrl, token }: Workspace, name: string, args = {}) {
  const params = { name, arguments: args };
  const body = { jsonrpc: "2.0", id: 7, method: "tools/call", params };
  return openRequest({ url: gatewayUrl, token }, body);
}

async function listOutcomes(slug: string): Promise<string[]> {
  const page = await manage(gateway.api, "GET", `/workspaces/${slug}/tool-calls?limit=100`);
  return Rows.parse(page).items.map(({ status, errorCode }) => `${status} ${errorCode}`);
}

describe.each(ENDINGS)("a client %s its connection in the middle of a call", (ending) => {
  const quick = ["no-headers", "silent-stream", "busy-stream"];
  // A body of declared length can carry no comment, by which a closed connection would be noticed.
  const tools = ending === "resets" ? [...quick, "large-body"] : quick;
  test.each(
    tools.flatMap((tool) => [
      [tool, "at once"],
      [tool, "when the response has begun"],
    ]),
  )(
    "%s, %s: the server's connection closes, and the call is recorded as cancelled by its client",
    async (tool, when) => {
      const before = (await listOutcomes("hang-ups")).length;
      const [startedBefore, endedBefore] = [begun.length, ended.length];
      const client = openCall(workspace, tool);
      await expect.poll(() => begun.length).toBe(startedBefore + 1);
      if (when !== "at once") await client.response;
      client.hangUp(ending);
      await expect.poll(() => ended.slice(endedBefore)).toEqual([tool]);
      await expect
        .poll(async () => (await listOutcomes("hang-ups")).slice(0, -before || undefined))
        .toEqual(["cancelled client_disconnected"]);
      expect(gateway.log).toEqual([]);
    },
  );
});

describe.each(["streamableHttp", "sse"])("a client leaves a call of a %s server", (mode) => {
  test.each(ENDINGS)(
    "that keeps a session (%s): the server gets a cancellation, once",
    async (ending) => {
      const upstream = await startEverythingUpstream(mode);
      const proxy = await startSwitchingProxy(upstream.url);
      onTestFinished(() => {
        proxy.close();
        upstream.close();
      });
      const slug = `session-${mode.toLowerCase()}-${ending}`;
      const kept = await createOpenWorkspace(gateway.api, slug, [{ slug: "up", url: proxy.url }]);
      const count = (rpcMethod: string) =>
        proxy.passed.filter((request) => request.rpcMethod === rpcMethod).length;
      const client = openCall(kept, "trigger-long-running-operation", { duration: 60, steps: 1 });
      await expect.poll(() => count("tools/call")).toBe(1);
      client.hangUp(ending);
      await expect.poll(() => count("notifications/cancelled")).toBe(1);
      await expect.poll(() => listOutcomes(slug)).toEqual(["cancelled client_disconnected"]);
      expect(count("notifications/cancelled")).toBe(1);
      expect(gateway.log).toEqual([]);
    },
  );
});

test.each(ENDINGS)(
  "a notification stream whose client leaves (%s) no longer counts against the token's maximum",
  async (ending) => {
    const slug = `streams-${ending}`;
    const own = await createOpenWorkspace(gateway.api, slug, []);
    // Without a session: of the streams of one, the latest replaces the others.
    const version = { "mcp-protocol-version": "2025-11-25" };
    const open = async () => {
      const stream = openRequest({ url: own.gatewayUrl, token: own.token }, "", version);
      const { statusCode } = await stream.response;
      return { stream, statusCode };
    };
    const streams = await Promise.all(Array.from({ length: 32 }, open));
    expect(new Set(streams.map(({ statusCode }) => statusCode))).toEqual(new Set([200]));
    expect((await open()).statusCode).toBe(429);
    for (const { stream } of streams) stream.hangUp(ending);
    await expect
      .poll(async () => {
        const { stream, statusCode } = await open();
        stream.hangUp(ending);
        return statusCode;
      })
      .toBe(200);
    expect(gateway.log).toEqual([]);
  },
);

test.each(ENDINGS)(
  "a client that leaves before its request is complete (%s) is no failure in the log",
  async (ending) => {
    const api = { url: `${gateway.api.apiUrl}/workspaces`, token: gateway.api.operatorKey };
    for (const target of [{ url: workspace.gatewayUrl, token: workspace.token }, api]) {
      for (const headers of [{}, { "content-length": "1000" }]) {
        const client = openRequest(target, undefined, headers);
        await sleep(100);
        client.hangUp(ending);
      }
    }
    // Later requests have their responses: what the others caused is logged by now.
    for (let i = 0; i < 10; i++) await manage(gateway.api, "GET", "/workspaces");
    expect(gateway.log).toEqual([]);
  },
);
