// npm run conformance: the official suite through the gateway, in every pairing of `legs.ts`. Compares the results with
// `known-failures.json` and with the tables in docs/conformance.md, which `-- --write` updates. `-- <leg> …`
// runs single legs.
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { z } from "zod";
import { root } from "../../scripts/worker-bundle.ts";
import {
  evaluateLeg,
  formatReport,
  toMarkdown,
  type FailureReasons,
  type LegReport,
} from "./leg-report.ts";
import { LEGS, type Leg, type Stage } from "./legs.ts";
import { openStage } from "./stage.ts";

const LegId = z.enum(LEGS.map(({ id }) => id));
const KnownFailures = z.partialRecord(
  LegId,
  z.record(z.string(), z.record(z.string(), z.string())),
);

const docs = join(root, "docs/conformance.md");
/**
 * Time for the second runs of a leg's scenarios. If it is too short, most scenarios fail for a reason other than
 * load.
 */
const SECOND_RUNS_TIMEOUT_MS = 180_000;
const START = "<!-- results -->\n";
const END = "\n<!-- end of results -->";

const { values, positionals } = parseArgs({
  options: { write: { type: "boolean" } },
  allowPositionals: true,
});
const selected = new Set(z.array(LegId).parse(positionals));
await runLegs(LEGS.filter(({ id }) => selected.size === 0 || selected.has(id)));

async function runLegs(legs: Leg[]): Promise<void> {
  const known = KnownFailures.parse(
    JSON.parse(await readFile(join(root, "test/conformance/known-failures.json"), "utf8")),
  );
  const stage = await openStage();
  try {
    const reports: LegReport[] = [];
    for (const leg of legs) reports.push(await runLeg(leg, stage, known[leg.id] ?? {}));
    const table = toMarkdown(reports);
    console.log(`\n${table}\n`);
    const isComplete = legs.length === LEGS.length;
    const counts = sumUp(reports, isComplete && !(await compareDocs(table)) ? 1 : 0);
    if (isComplete) await writeResults(counts);
  } finally {
    await stage.close();
  }
}

/**
 * Runs a scenario with an unexpected failure again, alone; the second outcome counts. A stalled VM fails any
 * scenario.
 */
async function runLeg(leg: Leg, stage: Stage, reasons: FailureReasons): Promise<LegReport> {
  const { scenarios, runAgain } = await leg.run(stage);
  const { unexpected } = evaluateLeg(leg, scenarios, reasons);
  const deadline = Date.now() + SECOND_RUNS_TIMEOUT_MS;
  for (const name of unexpected.keys())
    if (Date.now() < deadline) scenarios.set(name, await runAgain(name));
  const report = evaluateLeg(leg, scenarios, reasons);
  console.log(formatReport(report, unexpected));
  return report;
}

/** Whether the documentation has these tables between its marks; `--write` updates it. */
async function compareDocs(table: string): Promise<boolean> {
  const text = await readFile(docs, "utf8");
  if (text.includes(`${START}${table}${END}`)) return true;
  const start = text.indexOf(START) + START.length;
  const end = text.indexOf(END);
  if (start < START.length || end < start) throw new Error(`${docs} has no marks for the results`);
  if (values.write) await writeFile(docs, text.slice(0, start) + table + text.slice(end));
  else console.log("docs/conformance.md is out of date: npm run conformance -- --write");
  return values.write === true;
}

/** Prints the summary and sets the exit code. */
function sumUp(reports: LegReport[], extraFailures: number): LegReport["counts"] {
  const sum = (key: keyof LegReport["counts"]) =>
    reports.reduce((total, { counts }) => total + counts[key], 0);
  const failed = sum("failed") + extraFailures;
  const counts = { passed: sum("passed"), failed, skipped: sum("skipped") };
  console.log(
    `${counts.passed} as required, ${counts.skipped} known failures, ${failed} unexpected`,
  );
  process.exitCode = failed === 0 ? 0 : 1;
  return counts;
}

/** Writes the counts for `scripts/count-results.ts`. */
async function writeResults(counts: LegReport["counts"]): Promise<void> {
  await mkdir(join(root, ".build"), { recursive: true });
  await writeFile(join(root, ".build", "conformance-results.json"), JSON.stringify(counts));
}
