import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { beforeAll, expect, inject, test, vi } from "vitest";
import { z } from "zod";
import { HOSTING_CATALOGUE } from "../../../workers/contract/hosting/catalogue-data.ts";
import { HostingCatalogueEntry } from "../../../workers/contract/hosting/catalogue-entry.ts";
import { startBridge } from "./start-bridge.ts";

const image = fileURLToPath(new URL("../../../bridge/image/", import.meta.url));
const folder = inject("catalogueFolder");

// The installation began before the first test of the project.
beforeAll(
  () => vi.waitUntil(() => existsSync(folder), { timeout: 300_000, interval: 500 }),
  310_000,
);

test("the hosting catalogue has twelve valid entries with the versions that the image installs", async () => {
  const entries = z.array(HostingCatalogueEntry).parse(HOSTING_CATALOGUE);
  expect(new Set(entries.map(({ id }) => id)).size).toBe(12);
  const { dependencies } = z
    .object({ dependencies: z.record(z.string(), z.string()) })
    .parse(JSON.parse(await readFile(join(image, "package.json"), "utf8")));
  for (const {
    package: { name, version },
  } of entries)
    expect(dependencies[name]).toBe(version);
  const used = new Set(entries.map(({ package: { name } }) => name));
  expect(Object.keys(dependencies).filter((name) => !used.has(name))).toEqual([]);
});

test.each(HOSTING_CATALOGUE)(
  "$name starts with invented credentials and lists its tools",
  async (entry) => {
    const required = entry.variables.filter((variable) => variable.required);
    const credentials = Object.fromEntries(required.map(({ key }) => [key, inventValue(key)]));
    const bridge = await startBridge(entry.command, {
      cwd: folder,
      env: { MCP_CONCURRENCY: entry.concurrency },
      handover: `${JSON.stringify({ variables: entry.environment, credentials })}\n`,
    });
    const response = await bridge.post("/tools/list", "");
    const { tools } = z
      .object({ tools: z.array(z.object({ name: z.string() })) })
      .parse(await response.json());
    expect(tools.length).toBeGreaterThan(0);
    for (const value of Object.values(credentials)) expect(bridge.log()).not.toContain(value);
  },
);

test("the SQLite server creates, writes and reads tables", async () => {
  const entry = HOSTING_CATALOGUE.find(({ id }) => id === "sqlite");
  const bridge = await startBridge(entry?.command ?? "", { cwd: folder });
  const table = `t${Date.now()}`;
  const run = async (sql: string) => JSON.stringify(await bridge.call("execute_sql", { sql }));
  await run(`create table ${table}(a)`);
  await run(`insert into ${table} values (40 + 2)`);
  expect(await run(`select a from ${table}`)).toMatch(/a\W+42/);
  await run(`drop table ${table}`);
});

function inventValue(key: string): string {
  if (key === "DATABASE_URL") return "postgres://someone:made-up-password@127.0.0.1:1/nothing";
  return "made-up-credential-0123456789";
}
