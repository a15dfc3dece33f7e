import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { z } from "zod";
import { manage } from "../../scripts/management-client.ts";
import { root } from "../../scripts/worker-bundle.ts";
import { startLocalGateway, type LocalGateway } from "../fixtures/local-gateway.ts";

const Servers = z.object({
  items: z.array(z.object({ name: z.string() })),
  nextCursor: z.string().nullable(),
});

const PAGE_ENTRIES = 10;

/** Answers like a registry with `entries` servers. `failures`: the statuses of the next responses. */
class Registry {
  readonly #server: Server;
  failures: number[] = [];
  requests = 0;

  constructor(entries: object[]) {
    this.#server = createServer((request, response) => {
      this.requests++;
      const failure = this.failures.shift();
      if (failure !== undefined) return response.writeHead(failure).end();
      const first = Number(new URL(request.url ?? "", "http://x").searchParams.get("cursor") ?? 0);
      const next = first + PAGE_ENTRIES;
      const metadata = next < entries.length ? { nextCursor: String(next) } : {};
      const servers = entries.slice(first, next);
      return response.end(JSON.stringify({ servers, metadata }));
    });
  }

  async start(): Promise<string> {
    await new Promise<void>((resolve) => this.#server.listen(0, "127.0.0.1", resolve));
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/v0.1/servers?limit=10`;
  }

  stop(): void {
    this.#server.close();
    this.#server.closeAllConnections();
  }
}

describe("npm run catalogue:import", () => {
  let gateway: LocalGateway;
  let folder: string;

  beforeAll(async () => {
    gateway = await startLocalGateway();
    folder = await mkdtemp(join(tmpdir(), "mcpnest-import-"));
  }, 60_000);

  afterAll(async () => {
    await gateway.stop();
    await rm(folder, { recursive: true });
  });

  const run = (...args: string[]) =>
    new Promise<{ code: number; stdout: string; stderr: string }>((resolve) => {
      const env = {
        ...process.env,
        MCPNEST_URL: gateway.api.apiUrl.replace(/\/api$/, ""),
        MCPNEST_OPERATOR_KEY: gateway.api.operatorKey,
      };
      const script = join(root, "scripts/import-catalogue.ts");
      execFile(process.execPath, [script, ...args], { env }, (error, stdout, stderr) =>
        resolve({ code: error ? Number(error.code) : 0, stdout, stderr }),
      );
    });
  const listNames = async (q: string) => {
    const { items } = Servers.parse(
      await manage(gateway.api, "GET", `/marketplace/servers?q=${q}&limit=500`),
    );
    return items.map(({ name }) => name).toSorted();
  };
  const entries = (prefix: string, count: number) =>
    Array.from({ length: count }, (_, i) => ({ server: { name: `com.example/${prefix}-${i}` } }));

  test("imports all pages of a registry that is busy at times, once each", async () => {
    const registry = new Registry(entries("heron", 35));
    const url = await registry.start();
    registry.failures = [429, 500];
    const { code, stdout } = await run(url, "--source", "herons");
    expect({ code, stdout }).toEqual({
      code: 0,
      stdout: "4 pages: 35 entries new or changed, 0 unchanged, 0 deleted, 0 left out\n",
    });
    expect(registry.requests).toBe(6);
    expect(await listNames("heron")).toHaveLength(35);
    expect((await run(url, "--source", "herons")).stdout).toContain(
      "0 entries new or changed, 35 unchanged",
    );
    registry.stop();
  });

  test("imports the files of a folder, and says which entries it leaves out and why", async () => {
    const pages = [
      [...entries("egret", 3), { server: { name: "com.example/egret-bad", packages: "none" } }],
      [
        { server: { name: "com.example/egret-large", description: "x".repeat(10_000_000) } },
        ...entries("ibis", 1),
      ],
    ];
    for (const [i, servers] of pages.entries())
      await writeFile(join(folder, `page-${i}.json`), JSON.stringify({ servers }));
    const { code, stdout, stderr } = await run(folder);
    expect({ code, stdout }).toEqual({
      code: 0,
      stdout: "2 pages: 4 entries new or changed, 0 unchanged, 0 deleted, 2 left out\n",
    });
    expect(stderr.split("\n")).toEqual([
      expect.stringMatching(
        /^left out: com\.example\/egret-bad of .*page-0\.json: server\.packages: /,
      ),
      expect.stringMatching(/^left out: entry 1 of .*page-1\.json: it has more than /),
      "",
    ]);
    expect(await listNames("egret")).toHaveLength(3);
    expect(await listNames("ibis")).toEqual(["com.example/ibis-0"]);
  });

  test.each([
    [[], /^usage: npm run catalogue:import/],
    [["/nowhere/at-all"], /no such file/],
    [
      [join(root, "package.json")],
      /package\.json is no page of a registry: an object with a list "servers"/,
    ],
    [["http://127.0.0.1:9/servers"], /http:\/\/127\.0\.0\.1:9\/servers cannot be reached/],
  ])("with the arguments %j says what is wrong", async (args, message) => {
    const { code, stderr } = await run(...args);
    expect(code).toBe(1);
    expect(stderr).toMatch(message);
  });
});
