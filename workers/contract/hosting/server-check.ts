import { z } from "zod";

// The check of a generated MCP server by a container host: `POST /v1/server-checks`.

/** Largest source file of a generated server, in characters. */
export const MAX_SERVER_CODE = 60_000;
/** Problems that one check reports; the others are counted only. */
const MAX_CHECK_PROBLEMS = 20;
/** Characters of one problem, such as an error of the compiler. */
const MAX_PROBLEM_LENGTH = 500;
/** Tools that a check lists; a server with more fails. */
export const MAX_CHECKED_TOOLS = 50;
/** Characters of a tool's schemas as JSON; a longer one is left out. */
export const MAX_TOOL_SCHEMA = 8_000;

/** Body of `POST /v1/server-checks`: the content of `src/index.ts`. */
export const ServerCheckRequest = z.strictObject({ code: z.string().min(1).max(MAX_SERVER_CODE) });
export type ServerCheckRequest = z.infer<typeof ServerCheckRequest>;

/**
 * What a host checks, in this order. `syntax`: the code can be parsed. `imports`: it uses the SDK, zod and `node:` modules
 * only. `types`: the compiler accepts it. `start`: it answers `initialize`. `tools`: it lists at least one tool.
 */
export const HostCheckName = z.enum(["syntax", "imports", "types", "start", "tools"]);
export type HostCheckName = z.infer<typeof HostCheckName>;

/** `skipped`: it could not run, for the reason in `problems`. */
export const CheckState = z.enum(["passed", "failed", "skipped"]);

const Problems = z.array(z.string().max(MAX_PROBLEM_LENGTH)).max(MAX_CHECK_PROBLEMS + 1);

/** The result of one check of a host. */
export const HostCheck = z.strictObject({
  check: HostCheckName,
  state: CheckState,
  /** Sentences, or errors of the compiler with line and column. */
  problems: Problems,
});
export type HostCheck = z.infer<typeof HostCheck>;

/** A tool that a checked server lists. */
export const CheckedTool = z.strictObject({
  name: z.string().max(200),
  description: z.string().max(2_000),
  /** Null: it is larger than `MAX_TOOL_SCHEMA`. */
  inputSchema: z.record(z.string(), z.unknown()).nullable(),
});
export type CheckedTool = z.infer<typeof CheckedTool>;

/** Response of `POST /v1/server-checks`. */
export const ServerCheckResult = z.strictObject({
  checks: z.array(HostCheck).max(HostCheckName.options.length),
  tools: z.array(CheckedTool).max(MAX_CHECKED_TOOLS),
});
export type ServerCheckResult = z.infer<typeof ServerCheckResult>;

/** The checks that did not run, each with the reason. */
export function skipChecks(names: readonly HostCheckName[], reason: string): HostCheck[] {
  return names.map((check) => ({ check, state: "skipped", problems: [reason] }));
}

/** The result of a check without problems, or with as many as are reported, cut to their length. */
export function toCheck(check: HostCheckName, problems: string[]): HostCheck {
  const shown = problems
    .slice(0, MAX_CHECK_PROBLEMS)
    .map((problem) => problem.slice(0, MAX_PROBLEM_LENGTH));
  const more = problems.length - shown.length;
  return {
    check,
    state: problems.length === 0 ? "passed" : "failed",
    problems: more > 0 ? [...shown, `${more} more problems.`] : shown,
  };
}
