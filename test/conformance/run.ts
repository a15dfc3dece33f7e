// npm run conformance: the official suite through the gateway, in every pairing of `legs.ts`. Compares the results with
// `known-failures.json` and with the table in docs/conformance.md, which `-- --write` brings up to date. `-- <leg> …`
// runs single legs.
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { z } from "zod";
import { root } from "../../scripts/worker-bundle.ts";
import { LEGS, type Leg, type Stage } from "./legs.ts";
import { openStage } from "./stage.ts";
import { judge, toLines, toMarkdown, type Reasons, type Verdict } from "./verdict.ts";

const LegId = z.enum(LEGS.map(({ id }) => id));
const KnownFailures = z.partialRecord(
  LegId,
  z.record(z.string(), z.record(z.string(), z.string())),
);

const docs = join(root, "docs/conformance.md");
/** Second tries of a leg begin within this time: where most of it fails, nothing was merely slow. */
const SECOND_TRIES_WITHIN_MS = 180_000;
const START = "<!-- results -->\n";
const END = "\n<!-- end of results -->";

const { values, positionals } = parseArgs({
  options: { write: { type: "boolean" } },
  allowPositionals: true,
});
const wanted = new Set(z.array(LegId).parse(positionals));
await runLegs(LEGS.filter(({ id }) => wanted.size === 0 || wanted.has(id)));

async function runLegs(legs: Leg[]): Promise<void> {
  const known = KnownFailures.parse(
    JSON.parse(await readFile(join(root, "test/conformance/known-failures.json"), "utf8")),
  );
  const stage = await openStage();
  try {
    const verdicts: Verdict[] = [];
    for (const leg of legs) verdicts.push(await runLeg(leg, stage, known[leg.id] ?? {}));
    const table = toMarkdown(verdicts);
    console.log(`\n${table}\n`);
    const isWhole = legs.length === LEGS.length;
    const counts = sumUp(verdicts, isWhole && !(await compareDocs(table)) ? 1 : 0);
    if (isWhole) await writeResults(counts);
  } finally {
    await stage.close();
  }
}

/** An unexpected failure counts when the scenario, run alone, fails again: a stalled machine fails anything once. */
async function runLeg(leg: Leg, stage: Stage, reasons: Reasons): Promise<Verdict> {
  const { scenarios, runAgain } = await leg.run(stage);
  const { unexpected } = judge(leg, scenarios, reasons);
  const until = Date.now() + SECOND_TRIES_WITHIN_MS;
  for (const name of unexpected.keys())
    if (Date.now() < until) scenarios.set(name, await runAgain(name));
  const verdict = judge(leg, scenarios, reasons);
  console.log(toLines(verdict, unexpected));
  return verdict;
}

/** Whether the documentation has this table between its marks; with `--write` it has. */
async function compareDocs(table: string): Promise<boolean> {
  const text = await readFile(docs, "utf8");
  if (text.includes(`${START}${table}${END}`)) return true;
  const start = text.indexOf(START) + START.length;
  const end = text.indexOf(END);
  if (start < START.length || end < start) throw new Error(`${docs} has no place for the results`);
  if (values.write) await writeFile(docs, text.slice(0, start) + table + text.slice(end));
  else console.log("docs/conformance.md has another table: npm run conformance -- --write");
  return values.write === true;
}

/** Prints the last line and sets the exit code. */
function sumUp(verdicts: Verdict[], failedBesides: number): Verdict["counts"] {
  const sum = (key: keyof Verdict["counts"]) =>
    verdicts.reduce((total, { counts }) => total + counts[key], 0);
  const failed = sum("failed") + failedBesides;
  const counts = { passed: sum("passed"), failed, skipped: sum("skipped") };
  console.log(
    `${counts.passed} as required, ${counts.skipped} known failures, ${failed} unexpected`,
  );
  process.exitCode = failed === 0 ? 0 : 1;
  return counts;
}

/** Leaves the counts where `scripts/count-results.ts` reads them. */
async function writeResults(counts: Verdict["counts"]): Promise<void> {
  await mkdir(join(root, ".build"), { recursive: true });
  await writeFile(join(root, ".build", "conformance-results.json"), JSON.stringify(counts));
}
