import { execFile } from "node:child_process";
import { mkdtemp, readdir, readFile, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { z } from "zod";
import { manage } from "../../scripts/management-client.ts";
import { findFreePort, isPortFree } from "../../scripts/ports.ts";
import { root } from "../../scripts/worker-bundle.ts";
import { DashboardUser } from "../fixtures/dashboard-user.ts";
import { makeCertificate, startHttpsUpstream } from "../fixtures/https-upstream.ts";
import { postRequest } from "../fixtures/local-gateway.ts";
import { isAlive, start, stop, type Started } from "./support/npm-start.ts";

const Dev = z.strictObject({
  gatewayUrl: z.string(),
  workspace: z.literal("demo"),
  token: z.string().regex(/^mng_[0-9a-f]{48}$/),
  apiUrl: z.string(),
  operatorKey: z.string().min(32),
  dashboardUrl: z.string(),
  setupUrl: z.string(),
});
const Tools = z.object({ result: z.object({ tools: z.array(z.object({ name: z.string() })) }) });
const Created = z.object({ token: z.string(), record: z.object({ id: z.string() }) });

const port = await findFreePort();
const data = await mkdtemp(join(tmpdir(), "mcpnest-start-"));
// Hosted servers have separate tests.
const certificate = await makeCertificate(data, "trusted");
const env = {
  ...process.env,
  PORT: String(port),
  MCPNEST_DATA: data,
  MCPNEST_RUNTIME: "none",
  NODE_EXTRA_CA_CERTS: certificate.cert,
};
let running: Started;

const readDev = async () => Dev.parse(JSON.parse(await readFile(join(data, "dev.json"), "utf8")));

/** The files of objects that hold connections to HTTP+SSE servers. */
async function listSessionFiles(): Promise<string[]> {
  const files = await readdir(join(data, "state", "do", "mcpnest-HttpSseSession"));
  return files.filter((file) => !file.startsWith("metadata"));
}

function rpc(
  dev: z.infer<typeof Dev>,
  method: string,
  params?: object,
  token = dev.token,
): Promise<Response> {
  return postRequest({ gatewayUrl: dev.gatewayUrl, token }, method, params);
}

afterAll(async () => {
  if (isAlive(running.process.pid ?? 0)) await stop(running, "SIGTERM");
  await rm(data, { recursive: true, force: true });
});

describe("the first start", () => {
  beforeAll(async () => {
    running = await start(env);
  });

  test("the printed curl line lists the tools of both servers", async () => {
    const line = /^ *(curl .*tools\/list.*)$/m.exec(running.output)?.[1] ?? "";
    const { stdout } = await promisify(execFile)("sh", ["-c", line]);
    const names = Tools.parse(JSON.parse(stdout)).result.tools.map((tool) => tool.name);
    expect(names).toEqual(expect.arrayContaining(["everything__echo", "everything_sse__echo"]));
  });

  test("a server behind TLS is reached if its certificate is trusted; else the admin learns what failed", async () => {
    const dev = await readDev();
    const files = { trusted: certificate, unknown: await makeCertificate(data, "unknown") };
    const checks: Record<string, string> = {};
    for (const [slug, pair] of Object.entries(files)) {
      const upstream = await startHttpsUpstream(pair);
      onTestFinished(() => upstream.close());
      const server = { slug, url: upstream.url };
      const added = await manage(dev, "POST", "/workspaces/demo/servers", server);
      checks[slug] = JSON.stringify(added);
    }
    expect(checks["unknown"]).toMatch(/TLS handshake failed/);
    expect(checks["trusted"]).not.toMatch(/handshake/);
    const { result } = Tools.parse(await (await rpc(dev, "tools/list")).json());
    expect(result.tools.map(({ name }) => name)).toContain("secure");
    for (const slug of Object.keys(files))
      await manage(dev, "DELETE", `/workspaces/demo/servers/${slug}`);
  });

  test("npm start prints how to connect the usual clients", async () => {
    const { gatewayUrl, token } = await readDev();
    expect(running.output).toContain(
      `claude mcp add --transport http demo ${gatewayUrl} --header "Authorization: Bearer ${token}"`,
    );
    const headers = { Authorization: `Bearer ${token}` };
    expect(running.output).toContain(
      JSON.stringify({ mcpServers: { demo: { url: gatewayUrl, headers } } }),
    );
    expect(running.output).toContain(
      JSON.stringify({ servers: { demo: { type: "http", url: gatewayUrl, headers } } }),
    );
  });

  test("the dashboard is served with its content security policy, and the printed link creates the first owner", async () => {
    const { dashboardUrl, setupUrl } = await readDev();
    expect(running.output).toContain(`Dashboard  ${dashboardUrl}\n`);
    expect(running.output).toContain(`  ${setupUrl}\n`);
    expect(setupUrl.startsWith(`${dashboardUrl}/join#`)).toBe(true);
    for (const path of ["/", "/join"]) {
      const page = await fetch(dashboardUrl + path);
      expect(await page.text()).toContain("<script");
      expect(page.headers.get("content-security-policy")).toContain("default-src 'none'");
    }
    const link = await fetch(`${dashboardUrl}/api/auth/link`, {
      method: "POST",
      headers: { "content-type": "application/json", origin: dashboardUrl },
      body: JSON.stringify({ secret: setupUrl.split("#")[1] }),
    });
    expect(await link.json()).toMatchObject({ kind: "setup", workspace: { slug: "demo" } });
  });

  test("npm run recover lists the users when it finds none with the name", async () => {
    const recover = promisify(execFile)(process.execPath, ["scripts/recover.ts", "Ada"], {
      cwd: root,
      env,
    });
    await expect(recover).rejects.toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/^0 users match "Ada"/),
    });
  });

  test.each(["dev.json", "secrets.json"])("only its owner can read %s", async (file) => {
    expect((await stat(join(data, file))).mode & 0o777).toBe(0o600);
  });

  test("a call has a response, and an audit row without its argument", async () => {
    const dev = await readDev();
    const secret = "do-not-store-me";
    const params = { name: "everything_sse__echo", arguments: { message: secret } };
    expect(await (await rpc(dev, "tools/call", params)).text()).toContain(`Echo: ${secret}`);
    const deadline = Date.now() + 20_000;
    let rows: string;
    do {
      await sleep(100);
      rows = JSON.stringify(await manage(dev, "GET", "/workspaces/demo/tool-calls"));
    } while (!rows.includes('"everything-sse"') && Date.now() < deadline);
    expect(rows).toMatch(/"serverSlug":"everything-sse","toolName":"echo"/);
    expect(rows).toMatch(/"status":"ok"/);
    expect(rows).not.toContain(secret);
  });

  test("a revoked token is refused on the very next call", async () => {
    const dev = await readDev();
    const { token, record } = Created.parse(
      await manage(dev, "POST", "/workspaces/demo/tokens", { label: "to be revoked" }),
    );
    expect((await rpc(dev, "ping", undefined, token)).status).toBe(200);
    await manage(dev, "DELETE", `/workspaces/demo/tokens/${record.id}`);
    expect((await rpc(dev, "ping", undefined, token)).status).toBe(401);
  });

  test("a second start on the same port says what is wrong in one sentence", async () => {
    const second = promisify(execFile)(process.execPath, ["scripts/start.ts"], { cwd: root, env });
    await expect(second).rejects.toMatchObject({
      code: 1,
      stderr: `Port ${port} of 127.0.0.1 is in use. Stop the program that uses it, or choose another port: PORT=${port + 1} npm start\n`,
    });
  });

  test("SIGTERM to npm ends every process", async () => {
    await stop(running, "SIGTERM");
    expect(await isPortFree(port)).toBe(true);
  });
});

describe("the second start", () => {
  let before: z.infer<typeof Dev>;
  let filesBefore: string[];
  beforeAll(async () => {
    before = await readDev();
    filesBefore = await listSessionFiles();
    running = await start(env);
  });

  test("the second start removes the files of objects that store nothing", async () => {
    expect(filesBefore).not.toEqual([]);
    expect(await listSessionFiles()).toEqual([]);
  });

  test("the second start keeps the token, the servers and the recorded calls", async () => {
    const dev = await readDev();
    expect(dev).toEqual(before);
    const params = { name: "everything__echo", arguments: { message: "again" } };
    expect(await (await rpc(dev, "tools/call", params)).text()).toContain("Echo: again");
    expect(JSON.stringify(await manage(dev, "GET", "/workspaces/demo/tool-calls"))).toMatch(
      /"serverSlug":"everything-sse"/,
    );
  });

  test("the second start prints a curl line that creates a working token", async () => {
    const line = /^ *(curl .*\/tokens .*)$/m.exec(running.output)?.[1] ?? "";
    const { stdout } = await promisify(execFile)("sh", ["-c", line]);
    const { token } = Created.parse(JSON.parse(stdout));
    expect((await rpc(before, "ping", undefined, token)).status).toBe(200);
  });

  test("the document of an OAuth client is read from this machine, and from no other place in the private network", async () => {
    const dev = await readDev();
    const upstream = await startHttpsUpstream(certificate);
    onTestFinished(() => upstream.close());
    const person = await DashboardUser.join(dev, "demo");
    const ask = async (id: string) => {
      const query = new URLSearchParams({
        response_type: "code",
        client_id: id,
        redirect_uri: "http://127.0.0.1:33418/callback",
        code_challenge: "x".repeat(43),
        code_challenge_method: "S256",
      });
      return (await person.send("GET", `/oauth/authorization?${query.toString()}`)).text;
    };
    expect(await ask(upstream.document)).toContain('"host":"localhost"');
    expect(await ask("https://10.255.255.1/client.json")).toContain("is not fetched");
  });

  test("the 201st request of a minute is refused, whatever address it claims", async () => {
    const statuses: number[] = [];
    for (let count = 0; count < 201; count += 1) statuses.push((await rpc(before, "ping")).status);
    expect(statuses.lastIndexOf(200)).toBeLessThan(200);
    expect(statuses.at(-1)).toBe(429);
    const headers = { authorization: `Bearer ${before.token}`, "content-type": "application/json" };
    const claimed = {
      ...headers,
      "cf-connecting-ip": "198.18.0.9",
      "mf-cf-blob": '{"clientIp":"198.18.0.9"}',
    };
    const refused = await fetch(before.gatewayUrl, {
      method: "POST",
      headers: { ...claimed, accept: "application/json, text/event-stream" },
      body: '{"jsonrpc":"2.0","id":1,"method":"ping"}',
    });
    expect(refused.status).toBe(429);
  });

  test("Ctrl-C ends every process", async () => {
    await stop(running, "SIGINT");
    expect(await isPortFree(port)).toBe(true);
  });
});
