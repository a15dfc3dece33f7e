// npm run conformance: the official suite through the gateway, for both revisions, against the fixture as the only server
// of a workspace. `-- --direct` runs it against the fixture itself, which must pass everything.
import { spawn } from "node:child_process";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { z } from "zod";
import { findFreePort, waitForPort } from "../../scripts/ports.ts";
import { root } from "../../scripts/worker-bundle.ts";
import { createOpenWorkspace, startLocalGateway } from "../fixtures/local-gateway.ts";
import { REVISIONS, runSuite, type Revision, type Scenarios } from "./suite.ts";

const KnownFailures = z.record(z.enum(REVISIONS), z.record(z.string(), z.string()));
const here = (file: string) => fileURLToPath(new URL(file, import.meta.url));

const isDirect = process.argv.includes("--direct");
const port = await findFreePort();
const fixture = spawn(process.execPath, [here("fixture/serve.ts")], {
  env: { ...process.env, PORT: String(port) },
  stdio: ["ignore", "ignore", "inherit"],
});
try {
  await waitForPort(port);
  const fixtureUrl = `http://127.0.0.1:${port}/mcp`;
  await (isDirect ? runAll(fixtureUrl, "", {}) : runThroughGateway(fixtureUrl));
} finally {
  fixture.kill();
}

async function runThroughGateway(fixtureUrl: string): Promise<void> {
  const known = KnownFailures.parse(
    JSON.parse(await readFile(here("known-failures.json"), "utf8")),
  );
  const gateway = await startLocalGateway();
  try {
    const servers = [{ slug: "fixture", url: fixtureUrl }];
    const workspace = await createOpenWorkspace(gateway.api, "conformance", servers);
    await runAll(workspace.gatewayUrl, workspace.token, known);
  } finally {
    await gateway.stop();
  }
}

async function runAll(
  url: string,
  token: string,
  known: Partial<Record<Revision, Record<string, string>>>,
): Promise<void> {
  const counts = { passed: 0, failed: 0, skipped: 0 };
  for (const revision of REVISIONS) {
    report(revision, await runSuite(url, token, revision), known[revision] ?? {}, counts);
  }
  console.log(
    `${counts.passed} as required, ${counts.skipped} known failures, ${counts.failed} unexpected`,
  );
  await mkdir(join(root, ".build"), { recursive: true });
  await writeFile(join(root, ".build", "conformance-results.json"), JSON.stringify(counts));
  process.exitCode = counts.failed === 0 ? 0 : 1;
}

/** A known failure is skipped; one that passes is as unexpected as a failure that nobody knows. */
function report(
  revision: Revision,
  scenarios: Scenarios,
  known: Record<string, string>,
  counts: { passed: number; failed: number; skipped: number },
): void {
  const required = scenarios.size;
  const passed = [...scenarios.values()].filter((outcome) => outcome === "passed").length;
  console.log(`\n${revision}: ${passed} of ${required} required scenarios pass`);
  for (const [name, outcome] of scenarios) {
    const reason = known[name];
    const isExpected = (outcome === "failed") === (reason !== undefined);
    counts[isExpected ? (outcome === "passed" ? "passed" : "skipped") : "failed"] += 1;
    const verdict = isExpected
      ? (reason ?? "")
      : outcome === "passed"
        ? "PASSES, BUT IS LISTED"
        : "UNEXPECTED";
    console.log(`  ${outcome === "passed" ? "✓" : "✗"} ${name.padEnd(48)} ${verdict}`.trimEnd());
  }
  for (const name of Object.keys(known).filter((listed) => !scenarios.has(listed))) {
    counts.failed += 1;
    console.log(`  ? ${name.padEnd(48)} LISTED, BUT NO SUCH SCENARIO`);
  }
}
