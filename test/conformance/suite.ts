import { execFile } from "node:child_process";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { root } from "../../scripts/worker-bundle.ts";

const program = join(root, "node_modules/@modelcontextprotocol/conformance/dist/index.js");
const bearer = fileURLToPath(new URL("bearer.ts", import.meta.url));

/** The revisions of the protocol whose requirements the suite knows. */
export const REVISIONS = ["2025-11-25", "2026-07-28"] as const;
export type Revision = (typeof REVISIONS)[number];

/** Outcome of a scenario by its name. */
export type Scenarios = Map<string, "passed" | "failed">;

/** Runs the scenarios that a revision requires against a server; those that it leaves out of the score are left out. */
export async function runSuite(url: string, token: string, revision: Revision): Promise<Scenarios> {
  const command = ["--import", bearer, program, "server", "--url", url, "--requirements", revision];
  const env = { ...process.env, MCP_BEARER: token };
  const { stdout } = await promisify(execFile)(process.execPath, command, {
    env,
    maxBuffer: 2 ** 26,
  }).catch((error: unknown) => {
    // A required scenario that fails makes the exit code 1; what it printed is what counts.
    if (error instanceof Error && "stdout" in error) return { stdout: String(error.stdout) };
    throw error;
  });
  const scenarios = parseSummary(stdout);
  if (scenarios.size === 0) throw new Error(`the conformance suite printed no summary:\n${stdout}`);
  return scenarios;
}

/** Reads the lines `✓ name: 2 passed, 0 failed`, and `✓ name (extension)` for what is not scored. */
function parseSummary(output: string): Scenarios {
  const summary = output.slice(output.indexOf("=== SUMMARY ==="));
  const scenarios: Scenarios = new Map();
  for (const [, mark, name = ""] of summary.matchAll(/^([✓✗]) (\S+): \d+ passed, \d+ failed/gm)) {
    scenarios.set(name, mark === "✓" ? "passed" : "failed");
  }
  for (const [, name = ""] of summary.matchAll(/^ +[✓✗] (\S+) \(/gm)) scenarios.delete(name);
  return scenarios;
}
