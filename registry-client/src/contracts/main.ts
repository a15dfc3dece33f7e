#!/usr/bin/env node
import { escapeHidden } from "../../../workers/contract/text/hidden-characters.ts";
import { findSystemCode, Problem, toReason } from "../problem.ts";
import { runCompare } from "./run.ts";

try {
  process.exitCode = await runCompare(process.argv.slice(2), (line) => {
    process.stdout.write(`${line}\n`);
  });
} catch (error) {
  if (!(error instanceof Problem) && findSystemCode(error) === null) throw error;
  process.stderr.write(`${escapeHidden(toReason(error))}\n`);
  process.exitCode = 2;
}
