import { readFile } from "node:fs/promises";
import { parseArgs } from "node:util";
import { z } from "zod";
import { McpLock } from "../../../workers/contract/api/contracts.ts";
import { compareDefinitions } from "../../../workers/contract/definitions/compare-definitions.ts";
import type { LockedKind } from "../../../workers/contract/records/contract.ts";
import { compareSeverities, type Severity } from "../../../workers/contract/severity.ts";
import { escapeLine } from "../../../workers/contract/text/hidden-characters.ts";
import { Problem, toReason } from "../problem.ts";

const TIMEOUT_MS = 30_000;
/** The environment variable with the API key of an auditor or admin. */
const KEY_VARIABLE = "MCPNEST_API_KEY";

/** What `--help` prints. */
const USAGE = `Compares an mcp.lock with the approved contracts of a workspace.

  mcpnest-lock FILE --workspace URL [--format text|json]

  --workspace URL    the gateway and the workspace's slug: https://gateway.example.com/acme. An API key
                     of an auditor or admin is in the environment variable ${KEY_VARIABLE}
  --format FORMAT    text (default) or json

The exit code is 0 if both approve the same, 1 if they differ, and 2 if the file, the command line or the workspace cannot
be used. Servers that the file does not name are not compared.
`;

const Options = z.object({
  workspace: z.url({ protocol: /^https?$/ }).optional(),
  format: z.enum(["text", "json"]),
});

/** A definition that the file and the workspace do not approve alike. */
interface Deviation {
  server: string;
  kind: LockedKind;
  key: string;
  /** As the workspace has it, in comparison with the file. */
  change: "added" | "changed" | "removed";
  severity: Severity;
  messages: string[];
}

type Locked = McpLock["servers"][string];

/** Runs the program; returns its exit code. Throws a `Problem` that the person reads. */
export async function runCompare(
  argv: readonly string[],
  print: (line: string) => void,
): Promise<number> {
  const { file, workspace, format, isHelp } = parseCommand(argv);
  if (isHelp) {
    print(USAGE.trimEnd());
    return 0;
  }
  if (file === undefined || workspace === undefined)
    throw new Problem("Give one file and --workspace. See --help.", 2);
  const wanted = parseLock(await readFile(file, "utf8"), file);
  const current = await readLock(workspace);
  const found = Object.entries(wanted.servers)
    .flatMap(([server, locked]) => {
      const otherTools = listOtherTools(current, server);
      return compareServer({
        server,
        wanted: locked,
        current: current.servers[server],
        otherTools,
      });
    })
    .toSorted(compareSeverities);
  if (format === "json") print(JSON.stringify(found, null, 2));
  else for (const line of toLines(found)) print(line);
  return found.length === 0 ? 0 : 1;
}

function parseCommand(argv: readonly string[]) {
  const { values, positionals } = parseWords(argv);
  const parsed = Options.safeParse(values);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw new Problem(`--${String(issue?.path[0])} is wrong. --help says what it can be.`, 2);
  }
  const [file, ...others] = positionals;
  if (others.length > 0) throw new Problem("Give one file. See --help.", 2);
  return { file, ...parsed.data, isHelp: values.help === true };
}

function parseWords(argv: readonly string[]) {
  try {
    return parseArgs({
      args: [...argv],
      allowPositionals: true,
      options: {
        workspace: { type: "string" },
        format: { type: "string", default: "text" },
        help: { type: "boolean" },
      },
    });
  } catch (error) {
    throw new Problem(toReason(error), 2);
  }
}

function parseLock(text: string, from: string): McpLock {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new Problem(`${from} is no JSON: ${toReason(error)}`, 2);
  }
  const parsed = McpLock.safeParse(value);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw new Problem(`${from} is no mcp.lock: ${issue?.path.join(".")}: ${issue?.message}`, 2);
}

async function readLock(workspace: string): Promise<McpLock> {
  const key = process.env[KEY_VARIABLE];
  if (!key) throw new Problem(`The environment variable ${KEY_VARIABLE} has no API key.`, 2);
  const { pathname, origin } = new URL(workspace);
  const slug = pathname.split("/").findLast((part) => part !== "");
  if (slug === undefined)
    throw new Problem("--workspace: the address lacks the workspace's slug.", 2);
  const url = new URL(`/api/workspaces/${slug}/mcp.lock`, origin);
  const response = await fetch(url, {
    headers: { authorization: `Bearer ${key}` },
    redirect: "error",
    signal: AbortSignal.timeout(TIMEOUT_MS),
  }).catch((error: unknown) => {
    throw new Problem(`The workspace cannot be reached: ${toReason(error)}`, 2);
  });
  if (!response.ok) throw new Problem(`The workspace answered ${response.status}.`, 2);
  return parseLock(await response.text(), "The workspace's answer");
}

/** The names of the tools of all other servers, which a text of this one should not mention. */
function listOtherTools({ servers }: McpLock, server: string): string[] {
  const toNames = (locked: Locked | undefined) =>
    (locked?.definitions ?? []).flatMap(({ kind, key }) => (kind === "tool" ? [key] : []));
  const own = new Set(toNames(servers[server]));
  return Object.entries(servers)
    .flatMap(([slug, locked]) => (slug === server ? [] : toNames(locked)))
    .filter((name) => !own.has(name));
}

function compareServer({
  server,
  wanted,
  current,
  otherTools,
}: {
  server: string;
  wanted: Locked;
  current: Locked | undefined;
  otherTools: string[];
}): Deviation[] {
  const toId = ({ kind, key }: Locked["definitions"][number]) => `${kind} ${key}`;
  const before = new Map(wanted.definitions.map((one) => [toId(one), one]));
  const after = new Map((current?.definitions ?? []).map((one) => [toId(one), one]));
  return [...new Set([...before.keys(), ...after.keys()])].flatMap((id): Deviation[] => {
    const [old, now] = [before.get(id), after.get(id)];
    const known = now ?? old;
    const { change, severity, differences } = compareDefinitions(old ?? null, now ?? null, {
      otherTools,
    });
    if (!known || change === "same") return [];
    const messages = differences.map(({ message }) => message);
    return [
      { server, kind: known.kind, key: known.key, change, severity: severity ?? "info", messages },
    ];
  });
}

function toLines(found: Deviation[]): string[] {
  if (found.length === 0) return ["The workspace approves what the file says."];
  return found.map(({ server, kind, key, change, severity, messages }) =>
    escapeLine(`${severity} ${server}: ${kind} ${key} ${change}. ${messages.join(" ")}`),
  );
}
