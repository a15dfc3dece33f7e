import { join } from "node:path";
import { root } from "../../scripts/worker-bundle.ts";
import { writeResults } from "../fixtures/docs-results.ts";
import type { Difference } from "./compare.ts";
import type { RealServer } from "./servers.ts";
import { LISTS, type Sdk, type Snapshot } from "./snapshot.ts";

/** What the client of one SDK sees of a server, directly and through the gateway. */
export interface SdkReport {
  direct: Snapshot;
  through: Snapshot;
  differences: Difference[];
}

/** The comparison of one server. */
export interface ServerReport {
  server: RealServer;
  /** The era that the gateway's probe found; null: none. */
  era: string | null;
  /** The warnings that the admin sees. */
  warnings: string[];
  sdks: Partial<Record<Sdk, SdkReport>>;
  /** Why the comparison ended early; null: it is complete. */
  failure: string | null;
}

const docs = join(root, "docs/servers.md");
/** Longest text of a value in the output. */
const MAX_VALUE_LENGTH = 160;
/** Characters before the first one that differs. */
const CONTEXT_LENGTH = 40;

/** Whether the comparison is complete and every difference is a documented change. */
export function isAsExpected(report: ServerReport): boolean {
  return report.failure === null && unexpected(report).length === 0;
}

/** The console output of one server: the totals, and every difference with its path. */
export function formatReport(report: ServerReport): string {
  const { server, failure, warnings } = report;
  const mark = isAsExpected(report) ? "✓" : "✗";
  return [
    `${mark} ${server.name} ${server.version}: ${summarize(report)}`,
    ...(failure === null ? [] : [`  ✗ ${failure.replaceAll("\n", "\n    ")}`]),
    ...unexpected(report).map((difference) => `  ✗ ${describe(difference)}`),
    ...warned(report).map((difference) => `  · ${describe(difference)}`),
    ...[...countDocumented([report])].map(
      ([change, { count }]) => `  · ${count} x ${change.path}: ${change.reason}`,
    ),
    ...warnings.map((warning) => `  ! ${warning}`),
  ].join("\n");
}

/** The documentation's tables: one row for each server, the changes, and the warnings. */
export function toMarkdown(reports: ServerReport[]): string {
  return [
    toRow(
      "server",
      "package",
      "transport",
      "revision (v1, v2)",
      "tools",
      "prompts",
      "resources",
      "templates",
      "calls equal",
      "unexpected differences",
      "documented changes",
      "warnings",
      "time to list, ms",
    ),
    toRow(...Array.from({ length: 13 }, () => "---")),
    ...reports.map(toServerRow),
    "",
    ...toChangeTable(reports),
    ...reports.flatMap(toFindings),
  ].join("\n");
}

/** Writes the tables with today's date between the marks of docs/servers.md. */
export async function writeDocs(reports: ServerReport[]): Promise<void> {
  const date = new Date().toISOString().slice(0, 10);
  const results = `${date}, Node ${process.versions.node}:\n\n${toMarkdown(reports)}`;
  await writeResults(docs, `${results}\n`);
}

type SdkDifference = Difference & { sdk: Sdk };

function differencesBySdk({ sdks }: ServerReport): SdkDifference[] {
  return (["v1", "v2"] as const).flatMap((sdk) =>
    (sdks[sdk]?.differences ?? []).map((difference) => ({ sdk, ...difference })),
  );
}

function unexpected(report: ServerReport): SdkDifference[] {
  return differencesBySdk(report).filter(({ reason }) => reason === null);
}

/** The changes of definitions that a warning names. */
function warned(report: ServerReport): SdkDifference[] {
  return differencesBySdk(report).filter(({ reason }) => reason !== null && isWarned(reason));
}

const isWarned = (reason: string) => reason.startsWith("warning: ");

function summarize(report: ServerReport): string {
  const { v1, v2 } = report.sdks;
  const lists = LISTS.map((list) => `${countOf(report, list)} ${list}`).join(", ");
  const versions = [v1, v2].map((sdk) => sdk?.direct.protocolVersion ?? "-").join(", ");
  return `${versions}; ${lists}; ${countCalls(report)} calls equal; ${unexpected(report).length} unexpected differences`;
}

/** Direct and through, as v1 sees them; one number if they are equal. */
function countOf({ sdks }: ServerReport, list: (typeof LISTS)[number]): string {
  const sdk = sdks.v1 ?? sdks.v2;
  if (!sdk) return "-";
  const [direct, through] = [sdk.direct.lists[list].length, sdk.through.lists[list].length];
  return direct === through ? String(direct) : `${direct} → ${through}`;
}

function countCalls(report: ServerReport): string {
  const calls = new Set(
    unexpected(report)
      .filter(({ path }) => path.startsWith("$.calls["))
      .map(({ sdk, path }) => `${sdk} ${/\["[^"]*/.exec(path)?.[0]}`),
  );
  const made = Object.values(report.sdks).reduce((sum, sdk) => sum + sdk.direct.results.length, 0);
  return `${made - calls.size} of ${made}`;
}

function toServerRow(report: ServerReport): string {
  const { server, era, sdks, warnings } = report;
  const hasBridge = server.endpoint === undefined;
  const transport = hasBridge ? "stdio, bridge" : (server.endpoint?.transport ?? "");
  const versions = [sdks.v1, sdks.v2].map((sdk) => sdk?.direct.protocolVersion ?? "-");
  const documented = differencesBySdk(report).filter(({ reason }) => reason !== null);
  return toRow(
    server.name,
    `${server.package} ${server.version}`,
    transport,
    `${versions.join(", ")}; gateway: ${era ?? "-"}`,
    ...LISTS.map((list) => countOf(report, list)),
    countCalls(report),
    report.failure === null ? String(unexpected(report).length) : "not compared",
    String(documented.length),
    String(warnings.length),
    `${sdks.v1?.direct.listMs ?? "-"} → ${sdks.v1?.through.listMs ?? "-"}`,
  );
}

/** A documented change that applies to any item: its path without names, and its reason. */
interface Change {
  path: string;
  reason: string;
}

/** How often each documented change occurs, and at which servers. */
function countDocumented(
  reports: ServerReport[],
): Map<Change, { servers: Set<string>; count: number }> {
  const changes = new Map<string, Change>();
  const counts = new Map<Change, { servers: Set<string>; count: number }>();
  for (const report of reports)
    for (const { path: itemPath, reason } of differencesBySdk(report)) {
      if (reason === null || isWarned(reason)) continue;
      const path = itemPath.replaceAll(/\["(?:[^"\\]|\\.)*"\]/g, "[*]");
      const change = changes.get(`${path} ${reason}`) ?? { path, reason };
      changes.set(`${path} ${reason}`, change);
      const entry = counts.get(change) ?? { servers: new Set(), count: 0 };
      entry.servers.add(report.server.name);
      entry.count += 1;
      counts.set(change, entry);
    }
  return counts;
}

function toChangeTable(reports: ServerReport[]): string[] {
  const rows = [...countDocumented(reports)].map(([{ path, reason }, { servers, count }]) =>
    toRow(toCode(path), reason, String(servers.size), String(count)),
  );
  if (rows.length === 0) return [];
  const head = toRow("documented change", "reason", "servers", "occurrences, both SDKs");
  return [head, toRow("---", "---", "---", "---"), ...rows, ""];
}

/** The failure of a server, its unexpected differences, and its warnings with their changes. */
function toFindings(report: ServerReport): string[] {
  const { server, failure, warnings } = report;
  const lines = [
    ...(failure === null ? [] : [`- not compared: ${toCode(failure.split("\n")[0] ?? "")}`]),
    ...unexpected(report).map((difference) => `- unexpected: ${toCode(describe(difference))}`),
    ...warned(report).map((difference) => `- ${toCode(describe(difference))}`),
    ...warnings.map((warning) => `- warning: ${toCode(warning)}`),
  ];
  return lines.length === 0 ? [] : [`### ${server.name}`, "", ...lines, ""];
}

function describe({ sdk, path, direct, through }: SdkDifference): string {
  const [before, after] = [toText(direct), toText(through)];
  let common = 0;
  while (common < before.length && before[common] === after[common]) common += 1;
  const shown = (text: string) => shorten(text, Math.max(0, common - CONTEXT_LENGTH));
  return `${sdk} ${path}: ${shown(before)} -> ${shown(after)}`;
}

const toText = (value: unknown) => (value === undefined ? "absent" : JSON.stringify(value));

/** The text from `start`, cut to a readable length. */
function shorten(text: string, start: number): string {
  const cut = text.slice(start, start + MAX_VALUE_LENGTH);
  return `${start > 0 ? "…" : ""}${cut}${start + cut.length < text.length ? "…" : ""}`;
}

/** A Markdown code span; a backtick would end it. */
const toCode = (text: string) => `\`${text.replaceAll("`", "'")}\``;

const toRow = (...cells: string[]) =>
  `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`;
