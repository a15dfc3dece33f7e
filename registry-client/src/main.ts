#!/usr/bin/env node
import { escapeHidden } from "../../workers/contract/text/hidden-characters.ts";
import { findMachine } from "./machine.ts";
import { findSystemCode, Problem, toReason } from "./problem.ts";
import { run } from "./run.ts";

try {
  process.exitCode = await run(process.argv.slice(2), findMachine(), (line) => {
    process.stdout.write(`${line}\n`);
  });
} catch (error) {
  if (!(error instanceof Problem) && findSystemCode(error) === null) throw error;
  process.stderr.write(`${escapeHidden(toReason(error))}\n`);
  process.exitCode = error instanceof Problem ? error.exitCode : 1;
}
