import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { unstable_readConfig } from "wrangler";
import { root } from "../../scripts/worker-bundle.ts";

/** Runs the check of `npm run deploy` on wrangler.toml with these replacements; returns its exit code and errors. */
async function check(...replacements: [from: string, to: string][]) {
  let text = await readFile(join(root, "wrangler.toml"), "utf8");
  for (const [from, to] of replacements) {
    expect(text).toContain(from);
    text = text.replace(from, to);
  }
  const folder = await mkdtemp(join(tmpdir(), "mcpnest-deploy-"));
  onTestFinished(() => rm(folder, { recursive: true }));
  await writeFile(join(folder, "wrangler.toml"), text);
  const script = join(root, "scripts", "check-deployment.ts");
  const env = { ...process.env, WRANGLER_SEND_METRICS: "false", HOME: folder };
  return new Promise<{ code: unknown; errors: string }>((resolve) => {
    execFile(process.execPath, [script], { cwd: folder, env }, (error, _out, errors) =>
      resolve({ code: error?.code ?? 0, errors }),
    );
  });
}

const DATABASE: [string, string] = [
  "00000000-0000-0000-0000-000000000001",
  "6f9e1c8a-2b6d-4a53-9c1e-d0b7a5f1e2c3",
];
const HOSTS: [string, string] = [
  'ALLOWED_HOSTS = "*"',
  'ALLOWED_HOSTS = "mcp.example.com,mcp.example.org"',
];
const ROUTE = '# routes = [{ pattern = "mcp.example.com", custom_domain = true }]';

describe("a deployment", () => {
  test("reaches servers of its own zone as everyone does, has one address, and keeps its log", () => {
    const config = unstable_readConfig({ config: join(root, "wrangler.toml") });
    expect(config).toMatchObject({
      compatibility_flags: expect.arrayContaining(["global_fetch_strictly_public"]),
      workers_dev: false,
      preview_urls: false,
      observability: { enabled: true },
    });
  });

  test("is refused as long as wrangler.toml has no database and serves every host", async () => {
    const { code, errors } = await check();
    expect(code).toBe(1);
    expect(errors).toMatch(/database_id: .*wrangler d1 create/);
    expect(errors).toMatch(/ALLOWED_HOSTS: list the hosts/);
    expect((await check(DATABASE)).errors).not.toMatch(/database_id/);
  });

  test("is refused if a custom domain is not an allowed host", async () => {
    const other = ROUTE.slice(2).replace("mcp.example.com", "other.example.com");
    const { code, errors } = await check(DATABASE, HOSTS, [ROUTE, other]);
    expect([code, errors]).toEqual([1, expect.stringMatching(/add other\.example\.com/)]);
  });

  test.each([
    ["no route", [DATABASE, HOSTS], /^wrangler\.toml: routes: /],
    ["no host", [DATABASE, [HOSTS[0], 'ALLOWED_HOSTS = ""']], /ALLOWED_HOSTS: list the hosts/],
    [
      "a space in its hosts",
      [DATABASE, [HOSTS[0], HOSTS[1].replace(",", ", ")], [ROUTE, ROUTE.slice(2)]],
      /no spaces between them\. Not usable: " mcp\.example\.org"/,
    ],
    [
      "an address on workers.dev",
      [DATABASE, HOSTS, [ROUTE, ROUTE.slice(2)], ["workers_dev = false", "workers_dev = true"]],
      /workers_dev: set it to false/,
    ],
  ] satisfies [string, [string, string][], RegExp][])(
    "is refused if it has %s",
    async (_name, replacements, problem) => {
      const { code, errors } = await check(...replacements);
      expect([code, errors]).toEqual([1, expect.stringMatching(problem)]);
    },
  );

  test("is let through with a database, allowed hosts and a route", async () => {
    expect(await check(DATABASE, HOSTS, [ROUTE, ROUTE.slice(2)])).toEqual({ code: 0, errors: "" });
  });
});
