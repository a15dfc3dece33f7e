import { createHash } from "node:crypto";
import type { PlanItem } from "../../contract/api/followed-registries.ts";
import { HOSTING_CATALOGUE } from "../../contract/hosting/catalogue-data.ts";
import type { InstanceRecord } from "../../contract/hosting/instances.ts";
import type { FoundEntry, FoundWay } from "../../contract/records/followed-registry.ts";
import type { ServerRecord } from "../../contract/records/workspace.ts";
import type { EntryRow, FollowRow } from "../../db/followed-registries.ts";

/** What a plan is made of, besides the entries. */
export interface PlanContext {
  follow: FollowRow;
  servers: ServerRecord[];
  instances: InstanceRecord[];
  /** Names of entries that other follows of the workspace keep, with the slugs of their servers. */
  keptElsewhere: ReadonlyMap<string, string>;
}

/** A proposal for an entry, with what approves it and leaves it out. */
export interface Proposal extends PlanItem {
  row: EntryRow;
  /** What is approved or left out: the kind, and how the server is run. */
  key: string;
}

/** Characters of a publisher's value that a plan shows. */
const MAX_SHOWN = 200;

type Remote = Extract<FoundWay, { kind: "remote" }>;
type Change = { note: string; matters: boolean };

/** What an entry may not do: it stays as it is until an admin has looked at it. */
interface Judged {
  kind: PlanItem["kind"];
  notes: string[];
  reason: string | null;
  /** Whether an admin decides in any case. */
  matters: boolean;
}

/** The proposals for the entries of a follow, by name. Entries of which nothing is left are no part of it. */
export function decidePlan(rows: EntryRow[], context: PlanContext): Proposal[] {
  return rows.flatMap((row) => {
    const server = findTarget(row.target, context);
    if (row.found === null && server === null) return [];
    const judged = server === null ? judgeNew(row, context) : judgeKept(row, context);
    return [toProposal(row, server, judged, context)];
  });
}

/** A text that changes with each proposal of a plan. */
export function toPlanVersion(proposals: Proposal[]): string {
  const parts = proposals
    .filter(({ kind }) => kind !== "kept")
    .map(({ name, title, key, notes, reason }) => [name, title, key, notes, reason]);
  return digestOf(JSON.stringify(parts));
}

/** Where values for an entry may be sent: the origin of its address, or its package. */
export function toPlace(way: FoundWay): string {
  if (way.kind === "remote") return new URL(way.url).origin;
  return way.kind === "package" ? `npm:${way.package}` : "";
}

/** The slug of the server or hosted instance; null: it is not in the workspace. */
export function findTarget(
  target: string | null,
  { servers, instances }: Pick<PlanContext, "servers" | "instances">,
): string | null {
  if (target === null) return null;
  return [...servers, ...instances].find(({ id }) => id === target)?.slug ?? null;
}

function toProposal(
  row: EntryRow,
  server: string | null,
  { kind, notes, reason, matters }: Judged,
  { follow }: PlanContext,
): Proposal {
  const { name, found, applied } = row;
  const shown = found ?? applied;
  const way = shown?.way ?? null;
  const key = toKey(kind, way);
  return {
    row,
    key,
    name,
    title: shown?.title ?? null,
    version: found?.version ?? null,
    kind,
    server,
    address: way?.kind === "remote" ? way.url : way?.kind === "package" ? way.package : null,
    notes,
    reason: reason ?? row.problem,
    state: toState(row, follow, { kind, key, matters }),
  };
}

/** An entry whose version changes is still the one that was approved; one that is run in another way is not. */
function toKey(kind: PlanItem["kind"], way: FoundWay | null): string {
  const digest = digestOf(JSON.stringify(way));
  if (kind === "add" || kind === "deploy") return `${ADDITION}${digest}`;
  return kind === "change" ? `change ${digest}` : kind;
}

const ADDITION = "add ";

/** An entry that was left out stays so however it is run: its publisher cannot bring it back. */
function isLeftOut(leftOut: string | null, key: string): boolean {
  return leftOut === key || (leftOut?.startsWith("add") === true && key.startsWith(ADDITION));
}

function toState(
  row: EntryRow,
  follow: FollowRow,
  { kind, key, matters }: { kind: PlanItem["kind"]; key: string; matters: boolean },
): PlanItem["state"] {
  if (kind === "kept" || kind === "refused") return "none";
  if (row.approved === key) return "due";
  if (isLeftOut(row.leftOut, key)) return "left-out";
  if (follow.approvedAt === null || matters) return "decide";
  return (kind === "change" ? follow.appliesChanges : follow.addsEntries) ? "due" : "decide";
}

function judgeNew(row: EntryRow, context: PlanContext): Judged {
  const { found, target } = row;
  // An entry that is neither found nor kept is no part of the plan.
  const way: FoundWay = found?.way ?? { kind: "none", reason: "" };
  const reason = findProblem(row.name, found, way, context);
  if (reason !== null) return { kind: "refused", notes: [], reason, matters: true };
  // A person has removed it: it does not come back by itself.
  const isBack = target !== null;
  const notes = [
    ...(isBack ? ["Its server was removed from this workspace."] : []),
    ...describeHeaders(way),
  ];
  return {
    kind: way.kind === "package" ? "deploy" : "add",
    notes,
    reason: null,
    matters: isBack,
  };
}

function judgeKept(row: EntryRow, context: PlanContext): Judged {
  const { found, applied } = row;
  if (found === null) return { kind: "remove", notes: [GONE], reason: null, matters: true };
  const notes = found.deprecated === null ? [] : [describeDeprecation(found.deprecated)];
  const changes = applied === null ? [] : listChanges(applied.way, found.way);
  if (changes === "other-kind") {
    const reason =
      "The entry is run in another way or with another package now. Remove the server, then approve the entry again.";
    return { kind: "refused", notes, reason, matters: true };
  }
  if (found.way.kind === "none")
    return { kind: "refused", notes, reason: found.way.reason, matters: true };
  if (changes.length === 0) return { kind: "kept", notes, reason: null, matters: false };
  const missing = findMissing(found.way, context.follow);
  if (missing !== null) return { kind: "refused", notes, reason: missing, matters: true };
  return {
    kind: "change",
    notes: [...changes.map(({ note }) => note), ...notes],
    reason: null,
    matters: changes.some(({ matters }) => matters),
  };
}

/** What the publisher has the gateway send to the address of a new server. */
function describeHeaders(way: FoundWay): string[] {
  if (way.kind !== "remote") return [];
  return Object.entries(way.headers).map(
    ([name, value]) => `The publisher’s value of the header ${name} is ${quote(value)}.`,
  );
}

function quote(value: string): string {
  const shown = value.length > MAX_SHOWN ? `${value.slice(0, MAX_SHOWN)}…` : value;
  return `“${shown.toWellFormed()}”`;
}

const GONE = "It is no longer in the registry.";

function describeDeprecation(message: string): string {
  return `The registry says that it is deprecated${message === "" ? "" : `: ${message}`}.`;
}

/** Why a new entry cannot become a server; null: it can. */
function findProblem(
  name: string,
  found: FoundEntry | null,
  way: FoundWay,
  { follow, servers, instances, keptElsewhere }: PlanContext,
): string | null {
  if (way.kind === "none") return way.reason;
  if (found !== null && found.deprecated !== null) return describeDeprecation(found.deprecated);
  const other = keptElsewhere.get(name);
  if (other !== undefined) return `Another follow keeps it already, as the server "${other}".`;
  const same =
    way.kind === "remote"
      ? servers.find(({ url, hosted }) => hosted === null && url === way.url)
      : instances.find(({ catalogueId }) => catalogueId === way.catalogueId);
  if (same) return `The workspace has it already, as the server "${same.slug}".`;
  return findMissing(way, follow);
}

/** Which required values an entry lacks, as a sentence; null: none. */
function findMissing(way: FoundWay, { secrets }: FollowRow): string | null {
  const place = toPlace(way);
  const given = new Set(
    secrets.filter((secret) => secret.place === place).map(({ name }) => name.toLowerCase()),
  );
  const missing = listRequired(way).filter((name) => !given.has(name.toLowerCase()));
  if (missing.length === 0) return null;
  const kind = way.kind === "remote" ? "header" : "variable";
  return `It needs a value for the ${kind} ${missing.join(", ")}: give the follow one for ${place}.`;
}

function listRequired(way: FoundWay): string[] {
  if (way.kind === "remote") return way.required;
  if (way.kind === "none") return [];
  const entry = HOSTING_CATALOGUE.find(({ id }) => id === way.catalogueId);
  return (entry?.variables ?? []).filter(({ required }) => required).map(({ key }) => key);
}

/** `other-kind`: an address became a package, or the reverse, or the package is another one. */
function listChanges(before: FoundWay, after: FoundWay): Change[] | "other-kind" {
  if (before.kind === "package" && after.kind === "package")
    return before.catalogueId === after.catalogueId ? [] : "other-kind";
  if (after.kind === "none") return [];
  if (before.kind !== "remote" || after.kind !== "remote") return "other-kind";
  return [...listAddressChanges(before, after), ...listHeaderChanges(before, after)];
}

function listAddressChanges(before: Remote, after: Remote): Change[] {
  if (before.url === after.url) return [];
  const [old, now] = [new URL(before.url), new URL(after.url)];
  return old.origin === now.origin
    ? [{ note: `Its address changes from ${before.url} to ${after.url}.`, matters: false }]
    : [
        {
          note: `Its host changes from ${old.origin} to ${now.origin}. Stored credentials are not sent there.`,
          matters: true,
        },
      ];
}

function listHeaderChanges(before: Remote, after: Remote): Change[] {
  const added = after.required.filter((name) => !before.required.includes(name));
  const required = added.map((name) => ({
    note: `It needs the header ${name} now.`,
    matters: true,
  }));
  const names = new Set([...Object.keys(before.headers), ...Object.keys(after.headers)]);
  const fixed = [...names]
    .filter((name) => before.headers[name] !== after.headers[name])
    .map((name) => ({
      note: describeHeaderChange(name, after.headers[name]),
      matters: false,
    }));
  return [...required, ...fixed];
}

function describeHeaderChange(name: string, value: string | undefined): string {
  const change = value === undefined ? "is gone" : `changes to ${quote(value)}`;
  return `The publisher’s value of the header ${name} ${change}.`;
}

function digestOf(text: string): string {
  return createHash("sha256").update(text).digest("base64url").slice(0, 22);
}
