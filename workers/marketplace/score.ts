import { DAY_MS } from "../contract/units.ts";

/** Version of the formula. It is stored with each score and changes with any change of points, caps or bands. */
const SCORE_VERSION = 1;

/** The axes of a score, in the order in which they are shown. */
export type ScoreBar = "install" | "maintenance" | "trust" | "adoption" | "docs";

/** What is known of a server. Times in epoch ms. Null: it is not known, which is never the same as 0 or false. */
export interface ScoreInputs {
  /** At least one client has a valid configuration for it. */
  isInstallable: boolean;
  /** The package has an exact version or a digest, or the remote is Streamable HTTP over https. */
  isPinned: boolean;
  /** Every variable and header has a description; true without any. */
  hasDescribedVariables: boolean;
  /** A package of npm, PyPI or a container registry, or a Streamable HTTP remote. */
  runsInMainClients: boolean;
  /** The newest of commit and release. For a remote without a repository: the last update of its registry entry. */
  lastActivityAt: number | null;
  /** The remote did not respond to the last checks. Null: it has none, or it was not checked. */
  isUnreachable: boolean | null;
  releasesLastYear: number | null;
  /** Versions in the registry. */
  versionCount: number | null;
  isInOfficialRegistry: boolean;
  /** The registry has verified the namespace, and it is the repository's owner or a domain. */
  isNamespaceOwner: boolean;
  hasPublicRepository: boolean;
  isArchived: boolean | null;
  isDeprecated: boolean;
  /** SPDX identifier. */
  licence: string | null;
  stars: number | null;
  /** Servers of the catalogue in the same repository, which share its stars; at least 1. */
  serversInRepository: number;
  weeklyInstalls: number | null;
  /** At least 40 characters, and not a template's text. */
  hasRealDescription: boolean;
  hasTitle: boolean;
  hasIconOrWebsite: boolean;
  readmeChars: number | null;
  tools: "described" | "listed" | null;
}

/** Points of one condition. `points` null: what decides on it is not known, which gives none. */
export interface ScoreItem {
  item: string;
  points: number | null;
  max: number;
}

/** A limit of the whole score, whatever the points are. */
export type ScoreCap =
  | "not_installable"
  | "inactive_180_days"
  | "inactive_365_days"
  | "inactive_730_days"
  | "unreachable"
  | "archived"
  | "deprecated";

/** A server's score. `grade` null: not rated, because nothing is known of its activity. */
export interface Score {
  version: number;
  /** 0 to 100. */
  score: number;
  grade: "A" | "B" | "C" | "D" | "F" | null;
  bars: { bar: ScoreBar; points: number; max: number; items: ScoreItem[] }[];
  /** The caps that apply, the lowest first. */
  caps: { cap: ScoreCap; max: number }[];
}

const BANDS = [
  ["A", 85],
  ["B", 70],
  ["C", 55],
  ["D", 40],
  ["F", 0],
] as const;

/** Recency by days since the last activity; linear in between, 0 beyond the last. */
const RECENCY = [
  [30, 1],
  [90, 0.8],
  [180, 0.45],
  [365, 0.1],
] as const;

/** Returns the score of a server with what is known of it at `now` (epoch ms). */
export function scoreServer(inputs: ScoreInputs, now: number): Score {
  const days = inputs.lastActivityAt === null ? null : (now - inputs.lastActivityAt) / DAY_MS;
  const recency = inputs.isUnreachable ? 0 : days === null ? null : toRecency(days);
  const bars = [
    toBar("install", scoreInstall(inputs)),
    toBar("maintenance", scoreMaintenance(inputs, days, recency)),
    toBar("trust", scoreTrust(inputs)),
    toBar("adoption", scoreAdoption(inputs, recency ?? 0)),
    toBar("docs", scoreDocs(inputs)),
  ];
  const caps = findCaps(inputs, days).toSorted((a, b) => a.max - b.max);
  const tenths = bars.reduce((sum, { points }) => sum + Math.round(points * 10), 0);
  const score = Math.round(Math.min(tenths / 10, caps[0]?.max ?? 100));
  const grade = recency === null ? null : (BANDS.find(([, least]) => score >= least)?.[0] ?? "F");
  return { version: SCORE_VERSION, score, grade, bars, caps };
}

/** 1 for activity in the last 30 days, 0 for none in 365. */
export function toRecency(days: number): number {
  let [fromDays, fromValue]: readonly [number, number] = RECENCY[0];
  if (days <= fromDays) return fromValue;
  for (const [toDays, toValue] of RECENCY) {
    if (days <= toDays)
      return fromValue + ((days - fromDays) / (toDays - fromDays)) * (toValue - fromValue);
    [fromDays, fromValue] = [toDays, toValue];
  }
  return 0;
}

/** Rounded to tenths, as it is shown, so that the shown points add up. */
function toBar(bar: ScoreBar, items: ScoreItem[]): Score["bars"][number] {
  const add = (key: "points" | "max") => items.reduce((sum, item) => sum + (item[key] ?? 0), 0);
  return { bar, points: Math.round(add("points") * 10) / 10, max: add("max"), items };
}

/** All of `max` points or none; `isMet` null: not known. */
function give(item: string, max: number, isMet: boolean | null): ScoreItem {
  return { item, max, points: isMet === null ? null : isMet ? max : 0 };
}

function scoreInstall(inputs: ScoreInputs): ScoreItem[] {
  const { isInstallable } = inputs;
  return [
    give("valid_configuration", 15, isInstallable),
    give("pinned", 4, isInstallable && inputs.isPinned),
    give("described_variables", 3, isInstallable && inputs.hasDescribedVariables),
    give("main_clients", 3, isInstallable && inputs.runsInMainClients),
  ];
}

function scoreMaintenance(
  inputs: ScoreInputs,
  days: number | null,
  recency: number | null,
): ScoreItem[] {
  return [
    { item: "recent_activity", max: 22, points: recency === null ? null : 22 * recency },
    { item: "release_cadence", max: 8, points: scoreCadence(inputs, days) },
  ];
}

/** Half of the points for one or two releases a year, and while their number is not known. */
function scoreCadence({ releasesLastYear, versionCount }: ScoreInputs, days: number | null) {
  // The last activity is older than a year: there was no release in it.
  if (days !== null && days > 365) return 0;
  if ((releasesLastYear ?? 0) >= 3 || (versionCount ?? 0) >= 4) return 8;
  return releasesLastYear === 0 ? 0 : 4;
}

function scoreTrust(inputs: ScoreInputs): ScoreItem[] {
  return [
    give("official_registry", 10, inputs.isInOfficialRegistry && !inputs.isDeprecated),
    give("namespace_owner", 6, inputs.isNamespaceOwner),
    give("public_repository", 2, inputs.hasPublicRepository && inputs.isArchived !== true),
    give("licence", 2, inputs.licence === null ? null : true),
  ];
}

/** Stars and installs on logarithmic scales. Old fame fades with the recency, to a quarter. */
function scoreAdoption(inputs: ScoreInputs, recency: number): ScoreItem[] {
  const fade = Math.max(0.25, recency);
  const scale = (item: string, max: number, count: number | null, digits: number): ScoreItem => ({
    item,
    max,
    points: count === null ? null : max * Math.min(1, Math.log10(1 + count) / digits) * fade,
  });
  const stars = inputs.stars === null ? null : inputs.stars / inputs.serversInRepository;
  return [scale("stars", 8, stars, 4), scale("weekly_installs", 7, inputs.weeklyInstalls, 5)];
}

function scoreDocs(inputs: ScoreInputs): ScoreItem[] {
  const { readmeChars, tools } = inputs;
  const readme =
    readmeChars === null ? null : readmeChars >= 3_000 ? 3 : readmeChars >= 800 ? 2 : 1;
  return [
    give("description", 3, inputs.hasRealDescription),
    give("title", 1, inputs.hasTitle),
    give("icon_or_website", 1, inputs.hasIconOrWebsite),
    { item: "readme", max: 3, points: readmeChars === 0 ? 0 : readme },
    { item: "tools", max: 2, points: tools === null ? null : tools === "described" ? 2 : 1 },
  ];
}

function findCaps(inputs: ScoreInputs, days: number | null): Score["caps"] {
  const idle = days ?? 0;
  const caps: [boolean, ScoreCap, number][] = [
    [!inputs.isInstallable, "not_installable", 59],
    [idle > 180, "inactive_180_days", 69],
    [idle > 365, "inactive_365_days", 44],
    [idle > 730, "inactive_730_days", 29],
    [inputs.isUnreachable === true, "unreachable", 44],
    [inputs.isArchived === true, "archived", 39],
    [inputs.isDeprecated, "deprecated", 39],
  ];
  return caps.flatMap(([applies, cap, max]) => (applies ? { cap, max } : []));
}
