// node scripts/count-results.ts <0 or 1: a run of tests failed> <0 or 1: another step failed>: prints the failed tests and
// the last line of CI, from the result files of the tests and the conformance suite. Exits with 1 if anything failed.
//
// A test that failed and passes alone counts as passed. Its first failure is printed: the test depends on time or on other
// tests, and is to be mended.
import { z } from "zod";
import {
  ALONE_REPORT,
  readResults,
  readTestReport,
  TEST_REPORTS,
  type Counts,
  type Failure,
} from "./test-reports.ts";

const Conformance = z.object({
  passed: z.int(),
  failed: z.int(),
  skipped: z.int(),
  names: z.array(z.string()).default([]),
});

const [testsFailed, stepFailed] = process.argv.slice(2).map((argument) => argument !== "0");
const reports = await Promise.all(
  TEST_REPORTS.map(
    async (name): Promise<Counts> => (await readTestReport(name)) ?? toMissing(name),
  ),
);
const alone = await readTestReport(ALONE_REPORT);
const failures = reports.flatMap((report) => report.failures);
const remaining = failures.filter((failure) => !passesAlone(failure));
const conformance = await readConformance();
const counts = [...reports, conformance];
const sum = (key: "passed" | "failed" | "skipped") =>
  counts.reduce((total, report) => total + report[key], 0);
const mended = failures.length - remaining.length;
for (const failure of failures.filter(passesAlone)) print("failed, but passes alone", failure);
for (const failure of [...remaining, ...conformance.failures]) print("failed", failure);
// A run can fail without a failed test (an error outside of tests), as other steps can (formatting, types, lint): it counts
// as one failure.
const failedOtherwise = stepFailed || (testsFailed && failures.length === 0);
const failed = Math.max(sum("failed") - mended, remaining.length, failedOtherwise ? 1 : 0);
console.log(`${sum("passed") + mended} passed, ${failed} failed, ${sum("skipped")} skipped`);
process.exitCode = failed === 0 ? 0 : 1;

function passesAlone({ file }: Failure): boolean {
  return alone?.passedFiles.has(file) === true;
}

async function readConformance(): Promise<Counts> {
  const name = "conformance-results.json";
  const text = await readResults(name);
  if (text === undefined) return toMissing(name);
  const { names, ...rest } = Conformance.parse(JSON.parse(text));
  const toFailure = (test: string) => ({ file: "conformance", test, reason: "" });
  return { ...rest, failures: names.map(toFailure) };
}

/** A missing file counts as one failure. */
function toMissing(file: string): Counts {
  return {
    passed: 0,
    failed: 1,
    skipped: 0,
    failures: [{ file, test: "there are no results", reason: "" }],
  };
}

function print(what: string, { file, test, reason }: Failure): void {
  console.log(`${what}: ${file} > ${test}\n  ${reason.replaceAll("\n", "\n  ")}`.trimEnd());
}
