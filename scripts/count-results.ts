// node scripts/count-results.ts <0 or 1: a step failed>: prints the failed tests and the last line of CI, from the
// result files of the tests and the conformance suite. Exits with 1 if anything failed.
import { readFile } from "node:fs/promises";
import { join, relative } from "node:path";
import { z } from "zod";
import { root } from "./worker-bundle.ts";

/** How much of a failure's message is printed. */
const REASON_CHARS = 600;

const Counts = z.object({
  passed: z.int(),
  failed: z.int(),
  skipped: z.int(),
  names: z.array(z.string()).default([]),
});
type Counts = z.infer<typeof Counts>;
const TestReport = z
  .object({
    numPassedTests: z.int(),
    numFailedTests: z.int(),
    numPendingTests: z.int(),
    numTodoTests: z.int(),
    testResults: z.array(
      z.object({
        name: z.string(),
        status: z.string(),
        message: z.string(),
        assertionResults: z.array(
          z.object({
            status: z.string(),
            fullName: z.string(),
            failureMessages: z.array(z.string()),
          }),
        ),
      }),
    ),
  })
  .transform((report) => ({
    passed: report.numPassedTests,
    failed: report.numFailedTests,
    skipped: report.numPendingTests + report.numTodoTests,
    names: report.testResults
      .filter(({ status }) => status === "failed")
      .flatMap(({ name, message, assertionResults }) => {
        const failed = assertionResults.filter(({ status }) => status === "failed");
        // A file whose hook failed has no failed test.
        const tests =
          failed.length > 0
            ? failed.map(({ fullName, failureMessages }) => [fullName, ...failureMessages])
            : [["(a hook)", message]];
        return tests.map(
          ([test, reason = ""]) =>
            `${relative(root, name)} > ${test}\n  ${reason.slice(0, REASON_CHARS).replaceAll("\n", "\n  ")}`,
        );
      }),
  }));

const stepsFailed = process.argv[2] !== "0";
const results = [
  await readCounts("test-results.json", TestReport),
  await readCounts("engine-results.json", TestReport),
  await readCounts("conformance-results.json", Counts),
];
const sum = (key: "passed" | "failed" | "skipped") =>
  results.reduce((total, counts) => total + counts[key], 0);
for (const name of results.flatMap(({ names }) => names)) console.log(`failed: ${name}`);
// A step can fail without a failed test (formatting, types, lint): it counts as one failure.
const failed = Math.max(sum("failed"), stepsFailed ? 1 : 0);
console.log(`${sum("passed")} passed, ${failed} failed, ${sum("skipped")} skipped`);
process.exitCode = failed === 0 ? 0 : 1;

/** Returns the counts of a result file. A missing file counts as one failure. */
async function readCounts(file: string, schema: z.ZodType<Counts>): Promise<Counts> {
  const text = await readFile(join(root, ".build", file), "utf8").catch(() => undefined);
  return text === undefined
    ? { passed: 0, failed: 1, skipped: 0, names: [`${file} is missing`] }
    : schema.parse(JSON.parse(text));
}
