import { mkdtemp, readFile, rm } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { z } from "zod";
import { manage, type ManagementApi } from "../../scripts/management-client.ts";
import { findFreePort } from "../../scripts/ports.ts";
import { postRequest } from "../fixtures/local-gateway.ts";
import { isAlive, start, stop, type Started } from "./support/npm-start.ts";

const Dev = z.object({
  gatewayUrl: z.string(),
  token: z.string(),
  apiUrl: z.string(),
  operatorKey: z.string(),
});
const Page = z.object({
  items: z.array(
    z.object({
      seq: z.int(),
      status: z.string(),
      errorCode: z.string().nullable(),
      toolName: z.string().nullable(),
    }),
  ),
});
type Row = z.infer<typeof Page>["items"][number];

const Message = z.object({
  id: z.unknown().optional(),
  method: z.string(),
  params: z.object({ name: z.string() }).partial().optional(),
});

const data = await mkdtemp(join(tmpdir(), "mcpnest-stops-"));
const env = {
  ...process.env,
  PORT: String(await findFreePort()),
  MCPNEST_DATA: data,
  MCPNEST_RUNTIME: "none",
};
/** Calls of `wait`, which get no response. */
let waiting = 0;
/** A server that no signal to `npm start` stops. */
const upstream = createServer((request, response) => {
  let body = "";
  request.setEncoding("utf8").on("data", (chunk: string) => (body += chunk));
  request.on("end", () => {
    const { id, method, params } = Message.parse(JSON.parse(body || '{"method":""}'));
    const respond = (result: object) => {
      response.setHeader("content-type", "application/json");
      response.end(JSON.stringify({ jsonrpc: "2.0", id, result }));
    };
    const serverInfo = { name: "steady", version: "1" };
    const tool = (name: string) => ({ name, inputSchema: { type: "object" } });
    if (method === "initialize")
      respond({ protocolVersion: "2025-11-25", capabilities: { tools: {} }, serverInfo });
    else if (method === "tools/list")
      respond({ tools: [tool("work"), tool("wait"), tool("pause")] });
    else if (params?.name === "work") respond({ content: [] });
    else if (params?.name === "pause") setTimeout(() => respond({ content: [] }), 500);
    else if (params?.name === "wait") waiting += 1;
    else response.writeHead(id === undefined ? 202 : 400).end();
  });
});
let running: Started;

const readDev = async () => Dev.parse(JSON.parse(await readFile(join(data, "dev.json"), "utf8")));

async function call(name: string): Promise<Response> {
  return postRequest(await readDev(), "tools/call", { name });
}

/** The calls of the audit log, the first one first. */
async function listRows(api: ManagementApi): Promise<Row[]> {
  const page = Page.parse(await manage(api, "GET", "/workspaces/demo/tool-calls?limit=100"));
  return page.items.toReversed();
}

const outcomesOf = (rows: Row[]) => rows.map(({ status, errorCode }) => errorCode ?? status);

beforeAll(async () => {
  await new Promise<void>((resolve) => upstream.listen(0, "127.0.0.1", resolve));
  running = await start(env);
  const { port } = upstream.address() as AddressInfo;
  const server = { slug: "steady", url: `http://127.0.0.1:${port}/mcp` };
  await manage(await readDev(), "POST", "/workspaces/demo/servers", server);
});

afterAll(async () => {
  if (isAlive(running.process.pid ?? 0)) await stop(running, "SIGTERM");
  upstream.closeAllConnections();
  upstream.close();
  await rm(data, { recursive: true, force: true });
});

describe.each([
  ["SIGTERM of a process manager", "SIGTERM", "npm"],
  ["Ctrl-C in a terminal", "SIGINT", "group"],
] as const)("after %s", (_name, signal, to) => {
  let before: Row[];
  beforeAll(async () => {
    before = await listRows(await readDev());
  });

  test("calls that have ended, end in time or do not end are recorded with their outcome, once each", async () => {
    for (let i = 0; i < 3; i++) expect((await call("work")).status).toBe(200);
    await call("no-such-tool");
    const waitingBefore = waiting;
    const endless = call("wait")
      .then((response) => response.text())
      .catch(() => "cut");
    while (waiting === waitingBefore) await sleep(10);
    const pausing = call("pause").then((response) => response.json());
    await sleep(100);
    await call("work");
    await stop(running, signal, to);
    expect(running.output).not.toContain("has not settled");
    expect(await pausing).toMatchObject({ result: { content: [] } });
    await endless;
    running = await start(env);
    const rows = await listRows(await readDev());
    expect(rows.map(({ seq }) => seq)).toEqual(rows.map((_, index) => index + 1));
    const added = rows.slice(before.length);
    expect(outcomesOf(added)).toEqual([
      "ok",
      "ok",
      "ok",
      "unknown_tool",
      "gateway_stopped",
      "ok",
      "ok",
    ]);
    expect(added[4]).toMatchObject({ status: "cancelled", toolName: "wait" });
  });

  test("the first call after the start has the next number", async () => {
    const { length } = await listRows(await readDev());
    await call("work");
    await expect
      .poll(async () => (await listRows(await readDev())).at(-1))
      .toMatchObject({ seq: length + 1, status: "ok" });
  });
});
