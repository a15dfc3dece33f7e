// Runs the files of tests that failed once more, alone, and writes ALONE_REPORT. A test that fails only beside others is
// a fault of the test, which `count-results.ts` prints. More failed files than MOST_FILES are not run again.
import { spawnSync } from "node:child_process";
import { ALONE_REPORT, readTestReport, TEST_REPORTS } from "./test-reports.ts";
import { root } from "./worker-bundle.ts";

const MOST_FILES = 3;

const reports = await Promise.all(TEST_REPORTS.map((name) => readTestReport(name)));
const files = [
  ...new Set(reports.flatMap((report) => report?.failures ?? []).map(({ file }) => file)),
];
if (files.length > 0 && files.length <= MOST_FILES) {
  console.log(`Runs again, alone: ${files.join(", ")}`);
  const report = [
    "--reporter=default",
    "--reporter=json",
    `--outputFile.json=.build/${ALONE_REPORT}`,
  ];
  spawnSync("vitest", ["run", "--no-file-parallelism", ...report, ...files], {
    cwd: root,
    stdio: "inherit",
  });
}
