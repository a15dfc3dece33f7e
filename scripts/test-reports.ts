import { readFile } from "node:fs/promises";
import { join, relative } from "node:path";
import { z } from "zod";
import { root } from "./worker-bundle.ts";

/** The results of the runs of tests of CI, below `.build`. */
export const TEST_REPORTS = ["test-results.json", "engine-results.json", "browser-results.json"];
/** The results of the failed files, which run once more alone. */
export const ALONE_REPORT = "alone-results.json";

/** How much of a failure's message is printed. */
const REASON_CHARS = 600;

/** A failed test, or a file whose hook failed. */
export interface Failure {
  /** Relative to the repository. */
  file: string;
  test: string;
  reason: string;
}

/** What a result file says. */
export interface Counts {
  passed: number;
  failed: number;
  skipped: number;
  failures: Failure[];
}

/** What a run of tests says. */
export interface TestCounts extends Counts {
  /** The files whose tests all passed. */
  passedFiles: Set<string>;
}

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
  .transform((report): TestCounts => ({
    passed: report.numPassedTests,
    failed: report.numFailedTests,
    skipped: report.numPendingTests + report.numTodoTests,
    passedFiles: new Set(
      report.testResults
        .filter(({ status }) => status === "passed")
        .map(({ name }) => relative(root, name)),
    ),
    failures: report.testResults
      .filter(({ status }) => status === "failed")
      .flatMap(({ name, message, assertionResults }) => {
        const failed = assertionResults.filter(({ status }) => status === "failed");
        // A file whose hook failed has no failed test.
        const tests =
          failed.length > 0
            ? failed.map(({ fullName, failureMessages }) => [fullName, ...failureMessages])
            : [["(a hook)", message]];
        return tests.map(([test = "", reason = ""]) => ({
          file: relative(root, name),
          test,
          reason: reason.slice(0, REASON_CHARS),
        }));
      }),
  }));

/** Returns what a result file of vitest says, or undefined if there is none. */
export async function readTestReport(file: string): Promise<TestCounts | undefined> {
  const text = await readResults(file);
  return text === undefined ? undefined : TestReport.parse(JSON.parse(text));
}

/** Returns the text of a result file, or undefined if there is none. */
export function readResults(file: string): Promise<string | undefined> {
  return readFile(join(root, ".build", file), "utf8").catch((error: unknown) => {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return undefined;
    throw error;
  });
}
