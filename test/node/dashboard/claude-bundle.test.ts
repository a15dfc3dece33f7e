import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer, request, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StdioClientTransport } from "@modelcontextprotocol/sdk/client/stdio.js";
import { ToolListChangedNotificationSchema } from "@modelcontextprotocol/sdk/types.js";
import { strFromU8, unzipSync } from "fflate";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { z } from "zod";
import { manage } from "../../../scripts/management-client.ts";
import { makeClaudeBundle } from "../../../web/src/connect/claude-bundle/make-bundle.ts";
import { startEverythingUpstream } from "../../fixtures/everything-upstream.mjs";
import {
  createOpenWorkspace,
  startLocalGateway,
  type LocalGateway,
} from "../../fixtures/local-gateway.ts";

/** The manifest's fields of version 0.3 that a bundle without pictures and translations needs; no others are allowed. */
const Manifest = z.strictObject({
  manifest_version: z.literal("0.3"),
  name: z.string().regex(/^[a-z0-9-]+$/),
  display_name: z.string(),
  version: z.string().regex(/^\d+\.\d+\.\d+$/),
  description: z.string(),
  author: z.strictObject({ name: z.string() }),
  server: z.strictObject({
    type: z.literal("node"),
    entry_point: z.string(),
    mcp_config: z.strictObject({
      command: z.literal("node"),
      args: z.array(z.string()),
      env: z.record(z.string(), z.string()),
    }),
  }),
  tools_generated: z.literal(true),
  user_config: z.record(
    z.string(),
    z.strictObject({
      type: z.literal("string"),
      title: z.string(),
      description: z.string(),
      sensitive: z.literal(true),
      required: z.literal(true),
    }),
  ),
  compatibility: z.strictObject({
    platforms: z.array(z.enum(["darwin", "win32", "linux"])),
    runtimes: z.strictObject({ node: z.string() }),
  }),
});

let folder: string;
let gateway: LocalGateway;
let upstream: { url: string; close: () => void };
let proxy: { url: string; server: Server; losesSession: boolean; refusals: number[] };
let token: string;
let tokenId: string;
let files: Record<string, Uint8Array>;
let manifest: z.infer<typeof Manifest>;

beforeAll(async () => {
  [gateway, upstream, folder] = await Promise.all([
    startLocalGateway(),
    startEverythingUpstream("streamableHttp"),
    mkdtemp(join(tmpdir(), "mcpnest-bundle-")),
  ]);
  const workspace = await createOpenWorkspace(gateway.api, "acme", [
    { slug: "ev", url: upstream.url },
  ]);
  ({ token } = workspace);
  const { items } = z
    .object({ items: z.array(z.object({ id: z.string() })) })
    .parse(await manage(gateway.api, "GET", "/workspaces/acme/tokens"));
  tokenId = items.at(-1)?.id ?? "";
  proxy = await startProxy(workspace.gatewayUrl);
  const connection = { name: "acme", url: proxy.url, token, variable: "MCPNEST_ACME_TOKEN" };
  files = unzipSync(makeClaudeBundle(connection));
  await mkdir(join(folder, "server"));
  for (const [name, bytes] of Object.entries(files)) await writeFile(join(folder, name), bytes);
  manifest = Manifest.parse(JSON.parse(strFromU8(files["manifest.json"] ?? new Uint8Array())));
});

afterAll(async () => {
  proxy.server.closeAllConnections();
  proxy.server.close();
  upstream.close();
  await gateway.stop();
  await rm(folder, { recursive: true });
});

/**
 * Passes everything to the gateway; with `losesSession`, the next request with a session gets 404. `refusals`: what the next
 * requests for the stream of notifications get.
 */
async function startProxy(target: string): Promise<typeof proxy> {
  const state = { losesSession: false, refusals: [] as number[] };
  const server = createServer((incoming, outgoing) => {
    if (state.losesSession && incoming.headers["mcp-session-id"] && incoming.method === "POST") {
      state.losesSession = false;
      return outgoing.writeHead(404).end();
    }
    const refusal = incoming.method === "GET" ? state.refusals.shift() : undefined;
    if (refusal !== undefined) return outgoing.writeHead(refusal).end();
    const { host: _host, ...headers } = incoming.headers;
    const passed = request(target, { method: incoming.method, headers }, (response) => {
      outgoing.writeHead(response.statusCode ?? 502, response.headers);
      outgoing.flushHeaders();
      response.pipe(outgoing);
    });
    passed.on("error", () => outgoing.destroy());
    outgoing.on("close", () => passed.destroy());
    return incoming.pipe(passed);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return Object.assign(state, { server, url: `http://127.0.0.1:${port}/api/gw/acme` });
}

/** Starts the bundle's server as Claude Desktop does: with what the manifest says and the person's token. */
async function connect(userToken: string): Promise<Client> {
  const fill = (text: string) =>
    text.replaceAll("${__dirname}", folder).replaceAll("${user_config.token}", userToken);
  const { args, env } = manifest.server.mcp_config;
  const client = new Client({ name: "claude-ai", version: "0.1.0" });
  await client.connect(
    new StdioClientTransport({
      command: process.execPath,
      args: args.map(fill),
      env: Object.fromEntries(Object.entries(env).map(([name, text]) => [name, fill(text)])),
      stderr: "ignore",
    }),
  );
  return client;
}

describe("the extension for Claude Desktop", () => {
  test("is a zip with a manifest, the entry point that it names, and no token", () => {
    expect(Object.keys(files)).toEqual(["manifest.json", manifest.server.entry_point]);
    expect(manifest.server.mcp_config.env["MCPNEST_URL"]).toBe(proxy.url);
    for (const bytes of Object.values(files)) expect(strFromU8(bytes)).not.toContain(token);
  });

  test("lists and calls tools, and passes on changes of the list", async () => {
    const client = await connect(token);
    let changes = 0;
    client.setNotificationHandler(ToolListChangedNotificationSchema, () => void changes++);
    const { tools } = await client.listTools();
    expect(tools.map(({ name }) => name)).toContain("echo");
    const result = await client.callTool({
      name: "echo",
      arguments: { message: "über\u2028x" },
    });
    expect(result.content).toEqual([{ type: "text", text: "Echo: über\u2028x" }]);
    const path = `/workspaces/acme/tokens/${tokenId}`;
    await manage(gateway.api, "PATCH", path, { tools: ["ev:echo"] });
    await expect.poll(() => changes, { timeout: 10_000 }).toBe(1);
    expect((await client.listTools()).tools).toHaveLength(1);
    await manage(gateway.api, "PATCH", path, { tools: null });
    await client.close();
  });

  test("begins a new session when the gateway has lost the session", async () => {
    const client = await connect(token);
    proxy.losesSession = true;
    const result = await client.callTool({ name: "echo", arguments: { message: "again" } });
    expect(result.content).toEqual([{ type: "text", text: "Echo: again" }]);
    expect(proxy.losesSession).toBe(false);
    await client.close();
  });

  test.each([
    [[503, 503], "the gateway could not answer"],
    [[404], "the gateway had lost the session"],
  ])("passes on changes again after %j: %s", async (refusals) => {
    proxy.refusals = refusals;
    const client = await connect(token);
    let changes = 0;
    client.setNotificationHandler(ToolListChangedNotificationSchema, () => void changes++);
    await expect.poll(() => proxy.refusals).toEqual([]);
    // A change before the stream is open is not announced, nor is one that is taken back at once.
    let isNarrowed = false;
    const path = `/workspaces/acme/tokens/${tokenId}`;
    const change = async () => {
      isNarrowed = !isNarrowed;
      await manage(gateway.api, "PATCH", path, { tools: isNarrowed ? ["ev:echo"] : null });
      return changes;
    };
    await expect.poll(change, { interval: 500 }).toBeGreaterThan(0);
    await manage(gateway.api, "PATCH", path, { tools: null });
    await client.close();
  });

  test("says what is wrong with the token, instead of hanging", async () => {
    await expect(connect(`mng_${"0".repeat(48)}`)).rejects.toThrow(/valid gateway token/);
  });
});
