import { readFile } from "node:fs/promises";
import { parseArgs } from "node:util";
import { z } from "zod";
import { checkAgainstEntries, listLookUps } from "../../../client-config/check/check-entry.ts";
import { checkConfiguration } from "../../../client-config/check/check.ts";
import type { Finding } from "../../../client-config/finding.ts";
import { readConfiguration } from "../../../client-config/read.ts";
import { toSarifLog } from "../../../client-config/sarif.ts";
import { checkServerDocument } from "../../../client-config/server-document/check.ts";
import { isServerDocument } from "../../../client-config/server-document/recognize.ts";
import { ReadEntries } from "../../../workers/contract/api/workshop-check.ts";
import { CLIENT_IDS } from "../../../workers/contract/marketplace/install/clients.ts";
import { SEVERITIES } from "../../../workers/contract/severity.ts";
import { escapeLine } from "../../../workers/contract/text/hidden-characters.ts";
import { Problem, toReason } from "../problem.ts";

const VERSION = "0.1.0";
const TIMEOUT_MS = 30_000;
/** Findings of these severities make the exit code 1. */
const FAILING = new Set<string>(SEVERITIES.slice(0, 3));

/** What `--help` prints. */
const USAGE = `Checks the configuration files of MCP clients, and server.json.

  mcpnest-check FILE… [--client ID] [--catalogue URL] [--format text|json|sarif]

  --client ID        whose files they are; otherwise the content and the name say it
                     (${CLIENT_IDS.slice(0, 8).join(", ")},
                     ${CLIENT_IDS.slice(8).join(", ")})
  --catalogue URL    a gateway such as https://gateway.example.com, whose marketplace is asked for the
                     packages and addresses. Nothing else of the files is sent
  --format FORMAT    text (default), json or sarif

The exit code is 0 if nothing of at least medium severity is found, 1 if something is, and 2 if a file, the command line or
the catalogue cannot be used.
`;

const Options = z.object({
  client: z.enum(CLIENT_IDS).optional(),
  catalogue: z.url({ protocol: /^https?$/ }).optional(),
  format: z.enum(["text", "json", "sarif"]),
});

/** A file with its findings. */
interface CheckedFile {
  file: string;
  findings: Finding[];
}

/** Runs the program; returns its exit code. Throws a `Problem` that the person reads. */
export async function runCheck(
  argv: readonly string[],
  print: (line: string) => void,
): Promise<number> {
  const { files, options, isHelp } = parseCommand(argv);
  if (isHelp) {
    print(USAGE.trimEnd());
    return 0;
  }
  const checked: CheckedFile[] = [];
  for (const file of files) checked.push({ file, findings: await checkFile(file, options) });
  switch (options.format) {
    case "json":
      print(JSON.stringify(checked, null, 2));
      break;
    case "sarif":
      print(JSON.stringify(toSarifLog(checked, VERSION), null, 2));
      break;
    case "text":
      for (const line of checked.flatMap(toLines)) print(line);
  }
  const findings = checked.flatMap((found) => found.findings);
  return findings.some(({ severity }) => FAILING.has(severity)) ? 1 : 0;
}

function parseCommand(argv: readonly string[]) {
  const { values, positionals } = parseWords(argv);
  const parsed = Options.safeParse(values);
  const isHelp = values.help === true;
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw new Problem(`--${String(issue?.path[0])} is wrong. --help says what it can be.`, 2);
  }
  if (positionals.length === 0 && !isHelp) throw new Problem("No file is given. See --help.", 2);
  return { files: positionals, options: parsed.data, isHelp };
}

function parseWords(argv: readonly string[]) {
  try {
    return parseArgs({
      args: [...argv],
      allowPositionals: true,
      options: {
        client: { type: "string" },
        catalogue: { type: "string" },
        format: { type: "string", default: "text" },
        help: { type: "boolean" },
      },
    });
  } catch (error) {
    throw new Problem(toReason(error), 2);
  }
}

async function checkFile(file: string, options: z.infer<typeof Options>): Promise<Finding[]> {
  const text = await readFile(file, "utf8");
  if (options.client === undefined && isServerDocument(text, file))
    return checkServerDocument(text);
  const reading = readConfiguration(text, options.client, file);
  const found = checkConfiguration(reading);
  const lookUps = listLookUps(reading.configuration.servers);
  const isAsked = lookUps.packages.length + lookUps.urls.length > 0;
  if (options.catalogue === undefined || !isAsked) return found;
  const entries = await readEntries(options.catalogue, lookUps);
  return [...found, ...checkAgainstEntries(reading, entries)];
}

async function readEntries(catalogue: string, lookUps: ReturnType<typeof listLookUps>) {
  const url = new URL("/api/workshop/entries", catalogue);
  const response = await fetch(url, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(lookUps),
    signal: AbortSignal.timeout(TIMEOUT_MS),
  }).catch((error: unknown) => {
    throw new Problem(`The catalogue cannot be reached: ${toReason(error)}`, 2);
  });
  const parsed = ReadEntries.safeParse(await response.json().catch(() => null));
  if (!response.ok || !parsed.success)
    throw new Problem(`The catalogue answered ${response.status}, and not with entries.`, 2);
  return parsed.data.items.map(({ document }) => document);
}

function toLines({ file, findings }: CheckedFile): string[] {
  if (findings.length === 0) return [`${escapeLine(file)}: nothing found`];
  return findings.map(({ range, severity, rule, server, message, why, fix }) => {
    const place = range ? `:${range.line}:${range.column}` : "";
    const name = server === null ? "" : `${server}: `;
    const cure = fix ? ` (${fix.title})` : "";
    return escapeLine(`${file}${place} ${severity} ${rule} ${name}${message} ${why}${cure}`);
  });
}
