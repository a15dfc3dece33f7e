import type { Counts } from "./counters.ts";
import { toPrice } from "./price.ts";
import type { Costs } from "./scenarios.ts";
import { TEAMS, toTeamMonth } from "./teams.ts";

const UNITS: Record<keyof Costs, string> = {
  isolatedCall: "isolated call",
  burstCall: "call of a burst",
  check: "check of 10 servers",
  listeningHour: "client that listens for an hour",
  deployment: "deployment, per workspace",
};

const FIGURES: [string, (counts: Counts) => number][] = [
  ["requests to the Worker", (c) => c.workerRequests],
  ["requests to objects", (c) => c.objectRequests],
  ["messages of WebSockets", (c) => c.socketMessages],
  ["objects made", (c) => c.objectsMade],
  ["seconds awake", (c) => c.awakeMs / 1000],
  ["object rows read", (c) => c.objectRowsRead],
  ["object rows written", (c) => c.objectRowsWritten],
  ["D1 queries", (c) => c.databaseQueries],
  ["D1 rows read", (c) => c.databaseRowsRead],
  ["D1 rows written", (c) => c.databaseRowsWritten],
  ["queue operations", (c) => c.queueOperations],
  ["CPU ms", (c) => c.cpuMs],
];

/** Tables of the counters and of the price of a month. */
export function toMarkdown(costs: Costs, at: Date): string {
  const units = Object.entries(costs);
  const header = ["", ...units.map(([unit]) => UNITS[unit as keyof Costs])];
  const counters = FIGURES.map(([label, read]) => [
    label,
    ...units.map(([, counts]) => format(read(counts))),
  ]);
  const prices = TEAMS.map((team) => {
    const month = toTeamMonth(team, costs);
    return [
      team.label,
      `$${toPrice(month).toFixed(2)}`,
      ...[
        month.objectRequests,
        month.objectGbSeconds,
        month.objectRowsWritten,
        month.databaseRowsWritten,
        month.queueOperations,
      ].map((value) => format(value / 1e6)),
    ];
  });
  const priceHeader = [
    "a month of",
    "price",
    "million requests to objects",
    "million GB-s",
    "million object rows written",
    "million D1 rows written",
    "million queue operations",
  ];
  return [
    `Measured on ${at.toISOString().slice(0, 10)}.`,
    toTable([header, ...counters]),
    toTable([priceHeader, ...prices]),
  ].join("\n\n");
}

function toTable([header = [], ...rows]: string[][]): string {
  const line = (cells: string[]) => `| ${cells.join(" | ")} |`;
  const rule = header.map((_, column) => (column === 0 ? "---" : "---:"));
  return [header, rule, ...rows].map(line).join("\n");
}

function format(value: number): string {
  if (value === 0) return "0";
  return value >= 100 ? Math.round(value).toLocaleString("en") : value.toPrecision(2);
}
