// node scripts/count-results.ts <steps failed>: the last line of CI, from the results that the tests and the conformance
// suite have written. Exits with 1 when anything has failed.
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { root } from "./worker-bundle.ts";

const Counts = z.object({ passed: z.int(), failed: z.int(), skipped: z.int() });
type Counts = z.infer<typeof Counts>;
const TestReport = z
  .object({
    numPassedTests: z.int(),
    numFailedTests: z.int(),
    numPendingTests: z.int(),
    numTodoTests: z.int(),
  })
  .transform((report) => ({
    passed: report.numPassedTests,
    failed: report.numFailedTests,
    skipped: report.numPendingTests + report.numTodoTests,
  }));

const stepsFailed = process.argv[2] !== "0";
const results = [
  await read("test-results.json", TestReport),
  await read("engine-results.json", TestReport),
  await read("conformance-results.json", Counts),
];
const sum = (key: keyof Counts) => results.reduce((total, counts) => total + counts[key], 0);
// A step that fails without a failed test (formatting, types, lint) is a failure of its own.
const failed = Math.max(sum("failed"), stepsFailed ? 1 : 0);
console.log(`${sum("passed")} passed, ${failed} failed, ${sum("skipped")} skipped`);
process.exitCode = failed === 0 ? 0 : 1;

/** The counts of one file; a step that has left none counts as one failure. */
async function read(file: string, schema: z.ZodType<Counts>): Promise<Counts> {
  const text = await readFile(join(root, ".build", file), "utf8").catch(() => undefined);
  return text === undefined ? { passed: 0, failed: 1, skipped: 0 } : schema.parse(JSON.parse(text));
}
