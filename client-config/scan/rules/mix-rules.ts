import { toSkeleton } from "../../../workers/contract/text/confusable-names.ts";
import type { Configuration } from "../../model.ts";
import { toKey, WELL_KNOWN, type Capability } from "../known-packages.ts";
import { quote, toLiteral, type Draft, type Subject } from "../subject.ts";

const MAX_SERVERS = 15;

/** A finding about several servers. `server` null: about the file. */
export type MixDraft = Draft & { server: string | null };

/** MIX-01, MIX-02 and MIX-04. */
export function checkMix(configuration: Configuration, subjects: Subject[]): MixDraft[] {
  return [
    ...checkLeak(subjects),
    ...checkNames(subjects),
    ...checkRepeats(subjects),
    ...(configuration.servers.length > MAX_SERVERS
      ? [
          {
            rule: "MIX-04" as const,
            severity: "info" as const,
            server: null,
            path: configuration.servers[0]?.path.slice(0, -1) ?? [],
            message: `The file has ${configuration.servers.length} servers.`,
          },
        ]
      : []),
  ];
}

const NEEDED: readonly Capability[] = ["reads-strangers", "reads-private", "sends"];

function checkLeak(subjects: Subject[]): MixDraft[] {
  const able = subjects
    .filter(({ server }) => server.isEnabled)
    .map((subject) => ({ subject, can: listCapabilities(subject) }))
    .filter(({ can }) => can.length > 0);
  const first = able[0];
  const all = new Set(able.flatMap(({ can }) => can));
  // One server with everything is a matter of its own account, not of the mix.
  if (!first || able.length < 2 || !NEEDED.every((one) => all.has(one))) return [];
  const name = (capability: Capability) =>
    quote(able.find(({ can }) => can.includes(capability))?.subject.server.name ?? "");
  const isUnasked = able.some(
    ({ subject: { server } }) => server.approvedTools === "all" || server.approvedTools.length > 0,
  );
  return [
    {
      rule: "MIX-01",
      severity: isUnasked ? "high" : "medium",
      server: null,
      path: first.subject.server.path.slice(0, -1),
      message: `${name("reads-strangers")} reads texts of strangers, ${name("reads-private")} reads private data, and ${name("sends")} sends to the outside.`,
    },
  ];
}

function listCapabilities(subject: Subject): readonly Capability[] {
  const found = "facts" in subject ? subject.facts.package : null;
  return (found ? WELL_KNOWN.get(toKey(found)) : undefined) ?? [];
}

function checkNames(subjects: Subject[]): MixDraft[] {
  const bySkeleton = new Map<string, string>();
  const drafts: MixDraft[] = [];
  for (const subject of subjects) {
    const { name, path } = subject.server;
    const skeleton = toSkeleton(name);
    const other = bySkeleton.get(skeleton);
    if (other === undefined) bySkeleton.set(skeleton, name);
    else
      drafts.push({
        rule: "MIX-02",
        severity: "high",
        server: name,
        path,
        message: `The names ${quote(name)} and ${quote(other)} look alike.`,
      });
    const found = "facts" in subject ? subject.facts.package : null;
    const ecosystem = found?.ecosystem;
    const own = name.toLowerCase();
    // A fork keeps the name within its own scope.
    const isFork = found?.name.endsWith(`/${own}`) ?? true;
    if (found && !isFork && found.name !== own && WELL_KNOWN.has(`${ecosystem}:${own}`))
      drafts.push({
        rule: "MIX-02",
        severity: "high",
        server: name,
        path,
        message: `${quote(name)} has the name of a well-known package and starts ${quote(found.text)}.`,
      });
  }
  return drafts;
}

function checkRepeats(subjects: Subject[]): MixDraft[] {
  const found = new Map<string, string>();
  return subjects.flatMap((subject) => {
    const { name, path } = subject.server;
    const key = toIdentity(subject);
    const other = found.get(key);
    if (other === undefined) found.set(key, name);
    return other === undefined
      ? []
      : [
          {
            rule: "MIX-04" as const,
            severity: "info" as const,
            server: name,
            path,
            message: `${quote(name)} is the same server as ${quote(other)}.`,
            fix: { title: `Remove ${quote(name)}`, edits: [{ path, value: undefined }] },
          },
        ];
  });
}

/** The same text for two entries that start the same with the same values. */
function toIdentity(subject: Subject): string {
  if (!("facts" in subject)) {
    const { url, headers } = subject.remote;
    return JSON.stringify([url.raw, headers.map(({ name, value }) => [name, value.raw])]);
  }
  const { program } = subject;
  return JSON.stringify([
    toLiteral(program.command),
    program.args.map(({ raw }) => raw),
    program.env
      .map(({ name, value }) => [name, value.raw])
      .toSorted(([a = ""], [b = ""]) => (a < b ? -1 : 1)),
  ]);
}
