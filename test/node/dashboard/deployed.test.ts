import { execFile, spawn, type ChildProcess } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { makeSecrets } from "../../../scripts/data-folder.ts";
import { findFreePort, waitForPort } from "../../../scripts/ports.ts";
import { root } from "../../../scripts/worker-bundle.ts";
import { findWrongAnswers } from "../../fixtures/addresses.ts";

const START_MS = 60_000;
const bin = (name: string, file: string) => join(root, "node_modules", name, "bin", file);

/** Arguments of wrangler that serve the deployment from its configuration. */
const PLATFORMS = {
  // As `npm run start:pages`: the Pages project with its functions and the Worker that it is bound to.
  Pages: ["pages", "dev", "--cwd", "web", "-c", "wrangler.toml", "-c", "../wrangler.toml"],
  Workers: ["dev"],
};

/** The dashboard's files, which both platforms serve. */
let built: Promise<unknown> | undefined;
function buildDashboard(): Promise<unknown> {
  const args = [bin("vite", "vite.js"), "build", "--config", "web/vite.config.ts"];
  return promisify(execFile)(process.execPath, args, { cwd: root });
}

describe.each(Object.entries(PLATFORMS))("the dashboard on Cloudflare %s", (_platform, command) => {
  let server: ChildProcess;
  let state: string;
  let url: string;

  beforeAll(async () => {
    built ??= buildDashboard();
    await built;
    state = await mkdtemp(join(tmpdir(), "mcpnest-pages-"));
    const port = await findFreePort();
    const { operatorKey, masterKeys } = makeSecrets();
    const serveArgs = ["--ip", "127.0.0.1", "--port", String(port), "--persist-to", state];
    server = spawn(process.execPath, [bin("wrangler", "wrangler.js"), ...command, ...serveArgs], {
      cwd: root,
      detached: true,
      stdio: "ignore",
      env: {
        PATH: process.env["PATH"],
        HOME: state,
        CI: "true",
        WRANGLER_SEND_METRICS: "false",
        CLOUDFLARE_CF_FETCH_ENABLED: "false",
        CLOUDFLARE_INCLUDE_PROCESS_ENV: "true",
        MCPNEST_OPERATOR_KEY: operatorKey,
        MCPNEST_MASTER_KEYS: masterKeys,
      },
    });
    url = `http://127.0.0.1:${port}`;
    await waitForPort(port);
  }, START_MS);

  afterAll(async () => {
    // Wrangler and its workerd process share a process group.
    if (server.pid !== undefined) process.kill(-server.pid, "SIGTERM");
    if (state) await rm(state, { recursive: true, force: true, maxRetries: 10, retryDelay: 200 });
  });

  test("a page URL returns the dashboard with its content security policy", async () => {
    const response = await fetch(`${url}/w/any/audit`);
    expect(response.headers.get("content-security-policy")).toContain("script-src 'self'");
    expect(response.headers.get("access-control-allow-origin")).toBeNull();
    expect(await response.text()).toContain('<div id="app">');
  });

  test("a page's address returns the dashboard, and an address of nothing returns 404 as JSON", async () => {
    expect(await findWrongAnswers(url)).toEqual([]);
  });

  test("the dashboard's files are served to be cached", async () => {
    const page = await (await fetch(`${url}/w/any/audit`)).text();
    const script = /src="(\/assets\/[^"]+\.js)"/.exec(page)?.[1] ?? "";
    const { status, headers } = await fetch(url + script);
    expect([status, headers.get("content-type")]).toEqual([
      200,
      expect.stringContaining("javascript"),
    ]);
    expect(headers.get("cache-control")).toContain("immutable");
  });

  test("the management API responds", async () => {
    const response = await fetch(`${url}/api/openapi.json`);
    expect(response.headers.get("cache-control")).toBe("no-store");
    expect(await response.json()).toMatchObject({ info: { title: "mcpnest management API" } });
  });

  test("the gateway responds with its own headers", async () => {
    const response = await fetch(`${url}/api/gw/demo`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: '{"jsonrpc":"2.0","id":1,"method":"ping"}',
    });
    expect(response.status).toBe(401);
    expect(response.headers.get("www-authenticate")).toBe("Bearer");
  });
});
