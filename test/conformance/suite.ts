import { execFile } from "node:child_process";
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { z } from "zod";
import { root } from "../../scripts/worker-bundle.ts";

const program = join(root, "node_modules/@modelcontextprotocol/conformance/dist/index.js");
const here = (file: string) => fileURLToPath(new URL(file, import.meta.url));

/** Protocol revisions with requirements in the suite. */
export type Revision = "2025-11-25" | "2026-07-28";

/** A failed check or a warning, with the suite's message. */
export interface Finding {
  check: string;
  message: string;
}
/** The suite's findings in a scenario, and the tools and prompts that the scenario named. */
export interface Outcome {
  failures: Finding[];
  warnings: Finding[];
  names: string[];
}
/** Outcomes by the scenario's name. */
export type Scenarios = Map<string, Outcome>;

const Checks = z.array(
  z.object({
    id: z.string(),
    status: z.enum(["SUCCESS", "FAILURE", "WARNING", "SKIPPED", "INFO"]),
    description: z.string(),
    errorMessage: z.string().optional(),
  }),
);
/** A client makes a workspace and signs in, which takes long on a busy machine. */
const CLIENT_TIMEOUT_MS = 120_000;
/** A scenario takes at most 30 s, or the time of its client, but the suite can hang in a scenario's clean-up. */
const SUITE_TIMEOUT_MS = 180_000;

/**
 * The scenarios of the tasks extension. The suite runs them with those that 2026-07-28 requires, and does not score them.
 */
const TASK_SCENARIOS = [
  "tasks-lifecycle",
  "tasks-capability-negotiation",
  "tasks-wire-fields",
  "tasks-request-state-removal",
  "tasks-mrtr-input",
  "tasks-request-headers",
  "tasks-dispatch-and-envelope",
  "tasks-status-notifications",
  "tasks-required-task-error",
  "tasks-mrtr-composition",
];

/** The scenarios of the skills extension, for servers and for clients. The suite does not list them by revision. */
export const SKILL_SCENARIOS = {
  server: ["sep-2640-skills-enumeration", "sep-2640-skills-manifest", "sep-2640-skills-directory"],
  client: [
    "sep-2640-client-no-prefetch",
    "sep-2640-client-verify-digest",
    "sep-2640-client-verify-size",
    "sep-2640-client-verify-frontmatter",
  ],
};

/** The scenarios of an authorization server. The suite does not list them by revision. */
const AUTHORIZATION_SCENARIOS = [
  "authorization-server-metadata-endpoint",
  "authorization-code-grant",
];

/** Runs all scenarios that a revision requires of a server; `hasTasks`: and those of the tasks extension. */
export async function runServerSuite(
  url: string,
  token: string,
  revision: Revision,
  hasTasks = false,
): Promise<Scenarios> {
  const required = await listRequired(revision, "Server");
  if (hasTasks) required.push(...TASK_SCENARIOS);
  return withResults(async (folder) => {
    const args = ["server", "--url", url, "--requirements", revision, "-o", folder];
    const { stdout } = await runSuite(args, { MCP_BEARER: token });
    const outcomes = await readOutcomes(folder, "server-", (name) => findOutput(stdout, name));
    return new Map(required.map((name) => [name, outcomes.get(name) ?? toNotRun(stdout)]));
  });
}

/** Runs one server scenario. */
export async function runServerScenario(
  name: string,
  url: string,
  token: string,
  revision: Revision,
): Promise<Outcome> {
  return withResults(async (folder) => {
    const args = ["server", "--url", url, "--scenario", name, "--spec-version", revision];
    const { stdout } = await runSuite([...args, "--force", "-o", folder], { MCP_BEARER: token });
    return (await readOutcomes(folder, "server-", () => stdout)).get(name) ?? toNotRun(stdout);
  });
}

/**
 * Runs the scenarios of an authorization server with these options of the suite. `allow`: a person opens the address that
 * the suite prints.
 */
export async function runAuthorizationSuite(
  options: string[],
  allow: (address: string) => Promise<void>,
): Promise<Scenarios> {
  return withResults(async (folder) => {
    let allowed: Promise<void> | undefined;
    const args = ["authorization", ...options, "-o", folder];
    const { stdout } = await runSuite(args, {}, (output) => {
      const address = /^http\S+\/oauth\/authorize\?\S+(?=\n)/m.exec(output)?.[0];
      if (address !== undefined) allowed ??= allow(address);
    });
    await allowed;
    const outcomes = await readOutcomes(folder, "authorization-server-", () => "");
    return new Map(
      AUTHORIZATION_SCENARIOS.map((name) => [name, outcomes.get(name) ?? toNotRun(stdout)]),
    );
  });
}

/** The scenarios that a revision requires of a client. */
export function listClientScenarios(revision: Revision): Promise<string[]> {
  return listRequired(revision, "Client");
}

/** Runs one client scenario with `through-gateway.ts` as the client; `env` contains the gateway's address. */
export async function runClientScenario(
  name: string,
  revision: Revision,
  env: Record<string, string>,
): Promise<Outcome> {
  return withResults(async (folder) => {
    const command = `${process.execPath} ${here("through-gateway.ts")}`;
    const args = ["client", "--command", command, "--scenario", name, "-o", folder];
    args.push("--spec-version", revision, "--force", "--timeout", String(CLIENT_TIMEOUT_MS));
    const { stderr, exitCode } = await runSuite(args, env);
    const outcome = (await readOutcomes(folder, "", () => "")).get(name) ?? toNotRun(stderr);
    // A client that fails produces no check, only its output and the exit code.
    const clientOutput = /\nStderr:\n(.*?)\n(?:Results saved|Checks:)/s.exec(stderr)?.[1];
    // So does a warning, with the exit code alone.
    const isExplained = outcome.failures.length + outcome.warnings.length > 0;
    if (clientOutput !== undefined || (exitCode !== 0 && !isExplained)) {
      outcome.failures.push({ check: "client", message: lastLines(clientOutput ?? stderr) });
    }
    return outcome;
  });
}

/** Reads the list `  - name` under `Server scenarios …` or `Client scenarios …`. */
async function listRequired(revision: Revision, leg: "Server" | "Client"): Promise<string[]> {
  const { stdout } = await runSuite(["list", "--requirements", revision], {});
  const section = stdout.split("\n\n").find((part) => part.startsWith(`${leg} scenarios`)) ?? "";
  const names = [...section.matchAll(/^ {2}- (\S+)$/gm)].map(([, name = ""]) => name);
  if (names.length === 0) throw new Error(`the conformance suite lists no scenarios:\n${stdout}`);
  return names;
}

function runSuite(
  args: string[],
  env: Record<string, string>,
  onOutput?: (stdout: string) => void,
): Promise<{ stdout: string; stderr: string; exitCode: number | null }> {
  return new Promise((resolve) => {
    const child = execFile(
      process.execPath,
      ["--import", here("preload.ts"), program, ...args],
      { env: { ...process.env, ...env }, maxBuffer: 2 ** 26, timeout: SUITE_TIMEOUT_MS },
      (_error, stdout, stderr) => resolve({ stdout, stderr, exitCode: child.exitCode }),
    );
    let printed = "";
    child.stdout?.on("data", (chunk: string) => onOutput?.((printed += chunk)));
  });
}

async function withResults<T>(run: (folder: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), "mcpnest-conformance-"));
  try {
    return await run(folder);
  } finally {
    await rm(folder, { recursive: true });
  }
}

/**
 * Reads the folders that the suite writes: `server-<name>-<time>`, or `<name>-<time>` for a client scenario. A name can have
 * a slash.
 */
async function readOutcomes(
  folder: string,
  prefix: string,
  outputOfScenario: (name: string) => string,
): Promise<Scenarios> {
  const outcomes: Scenarios = new Map();
  for (const file of await readdir(folder, { recursive: true })) {
    if (basename(file) !== "checks.json") continue;
    const text = await readFile(join(folder, file), "utf8");
    const name = dirname(file)
      .slice(prefix.length)
      .replace(/-\d{4}-\d\d-\d\dT[\d-]+Z$/, "");
    const checks = Checks.parse(JSON.parse(text));
    const findings = (status: string) =>
      checks
        .filter((check) => check.status === status)
        .map((check) => ({ check: check.id, message: check.errorMessage ?? check.description }));
    outcomes.set(name, {
      failures: findings("FAILURE"),
      warnings: findings("WARNING"),
      names: findNames(outputOfScenario(name)),
    });
  }
  return outcomes;
}

/** Reads the lines that `preload.ts` adds to a scenario's output. */
function findNames(output: string): string[] {
  return [...output.matchAll(/^=== Names: (.+) ===$/gm)].map(([, name = ""]) => name);
}

/** The part of the suite's output that belongs to one scenario. */
function findOutput(stdout: string, scenario: string): string {
  const [, after = ""] = stdout.split(`=== Running scenario: ${scenario} ===`);
  const [part = ""] = after.split("=== Running scenario:");
  return part;
}

const toNotRun = (output: string): Outcome => ({
  failures: [{ check: "suite", message: `did not run: ${lastLines(output)}` }],
  warnings: [],
  names: [],
});

/** The last lines of an output, without stack frames. */
function lastLines(output: string): string {
  const lines = output.split("\n").filter((line) => !/^ +at |^\s*$/.test(line));
  return lines.slice(-12).join("\n");
}
