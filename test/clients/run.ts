// npm run clients: installs real clients, connects each to a gateway on this machine and measures what it does.
// `-- <name> …` runs single clients, `-- --write` updates docs/clients.md, `-- --verbose` prints requests and output.
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { z } from "zod";
import { root } from "../../scripts/worker-bundle.ts";
import { writeResults } from "../fixtures/docs-results.ts";
import { measureAgent } from "./agent-scenario.ts";
import type { Client } from "./client.ts";
import { COMMAND_LINES } from "./command-lines.ts";
import { measureDirect } from "./direct-scenario.ts";
import { findUnexpected, type Row } from "./findings.ts";
import { install, toFolder, toVersion } from "./install.ts";
import { isIsolated, runIsolated } from "./isolation.ts";
import { LIBRARIES } from "./libraries.ts";
import { toMarkdown } from "./report.ts";
import { openStage, type Stage } from "./stage.ts";
import { findDiscovered } from "./wire.ts";

const CLIENTS: readonly Client[] = [...COMMAND_LINES, ...LIBRARIES];
const docs = join(root, "docs/clients.md");

const { values, positionals } = parseArgs({
  options: { write: { type: "boolean" }, verbose: { type: "boolean" } },
  allowPositionals: true,
});
const ids = new Set(z.array(z.enum(CLIENTS.map(({ id }) => id))).parse(positionals));
const clients = CLIENTS.filter(({ id }) => ids.size === 0 || ids.has(id));
if (values.write && ids.size > 0) throw new Error("--write needs all clients");

if (isIsolated()) {
  await measureAll();
} else {
  for (const client of clients) await install(client);
  process.exitCode = runIsolated([fileURLToPath(import.meta.url), ...process.argv.slice(2)]);
}

async function measureAll(): Promise<void> {
  const stage = await openStage();
  try {
    const rows: Row[] = [];
    for (const client of clients) {
      const startedAt = Date.now();
      const before = stage.exchanges.length;
      const row = await measure(client, stage);
      rows.push(row);
      const problems = "reason" in row ? [row.reason] : findUnexpected(row.findings);
      problems.push(...findDiscovered(stage.exchanges.slice(before)));
      if (problems.length > 0) process.exitCode = 1;
      const seconds = Math.round((Date.now() - startedAt) / 1000);
      console.log(`${client.label}: ${problems.join("; ") || "as expected"} (${seconds} s)`);
    }
    const table = toMarkdown(rows, new Date().toISOString().slice(0, 10));
    console.log(`\n${table}\n`);
    if (values.write) await writeResults(docs, `${table}\n`);
  } finally {
    await stage.close();
  }
}

/** Measures a client; the failure of one client does not stop the others. */
async function measure(client: Client, stage: Stage): Promise<Row> {
  const version = toVersion(client.packages[0] ?? "");
  const { label } = client;
  const folder = toFolder(client);
  const options = { isVerbose: values.verbose === true };
  try {
    await client.prepare?.(folder);
    const findings = await (client.kind === "agent"
      ? measureAgent(client, folder, stage, options)
      : measureDirect(client, folder, stage));
    return { label, version, findings };
  } catch (error) {
    return { label, version, reason: error instanceof Error ? error.message : String(error) };
  }
}

/** Replaces the tables between the marks. */
