import type { ReactNode } from "react";
import type { ServerSignals } from "../../../../workers/contract/api/marketplace-signals.ts";
import { escapeLine } from "../../../../workers/contract/text/hidden-characters.ts";
import { formatCount } from "../../ui/format-numbers.ts";
import { Day } from "../../ui/time.tsx";
import type { Statement } from "./source-note.tsx";

/** A fact with the source that states it. */
export interface FactRow {
  term: string;
  /** Null: no source states it. */
  value: ReactNode;
  statement?: Statement | undefined;
}

type Repository = NonNullable<ServerSignals["repository"]>;
type Package = ServerSignals["packages"][number];

const REGISTRIES: Record<Package["registry"], string> = { npm: "npm", pypi: "PyPI" };

/** What GitHub and the package registries say of a server, as of when they were asked. */
export function toSignalFacts({ repository, packages }: ServerSignals): FactRow[] {
  return [...toRepositoryFacts(repository), ...packages.flatMap(toPackageFact)];
}

function toRepositoryFacts(repository: Repository | null): FactRow[] {
  const known = repository?.isGone === false ? repository : null;
  const statement = toStatement("GitHub", known);
  const toFact = (term: string, value: ReactNode): FactRow => ({
    term,
    value,
    statement: value === null ? undefined : statement,
  });
  const facts = [
    toFact("Licence", known?.licence == null ? null : escapeLine(known.licence)),
    toFact("Stars", known?.stars == null ? null : toStars(known)),
    toFact("Forks", toCount(known?.forks)),
    toFact("Last commit", toDay(known?.lastCommitAt)),
    toFact("Release", toDay(known?.latestReleaseAt)),
    toFact("Archived", known?.isArchived == null ? null : known.isArchived ? "Yes" : "No"),
  ];
  if (repository?.isGone !== true) return facts;
  const gone = "GitHub has no such public repository";
  return [
    { term: "On GitHub", value: gone, statement: toStatement("GitHub", repository) },
    ...facts,
  ];
}

/** Of servers that share a repository, none has its stars alone. */
function toStars({ stars, servers }: Repository): ReactNode {
  return (
    <>
      {toCount(stars)}
      {servers > 1 && (
        <span className="block text-xs text-dim">
          of a repository with {formatCount(servers)} servers
        </span>
      )}
    </>
  );
}

function toPackageFact(found: Package): FactRow {
  const { registry, name, isGone, weeklyDownloads, latestReleaseAt } = found;
  const stated = isGone
    ? `${REGISTRIES[registry]} has no such package`
    : weeklyDownloads !== null
      ? `${formatCount(weeklyDownloads)} in 7 days`
      : toDay(latestReleaseAt);
  return {
    term: `On ${REGISTRIES[registry]}`,
    value:
      stated === null ? null : (
        <>
          {latestReleaseAt !== null && "released "}
          {stated}
          <code className="block font-mono text-xs text-dim">{escapeLine(name)}</code>
        </>
      ),
    statement: stated === null ? undefined : toStatement(REGISTRIES[registry], found),
  };
}

function toStatement(
  source: string,
  signal: { checkedAt: number | null } | null,
): Statement | undefined {
  return signal?.checkedAt == null ? undefined : { source, asOf: signal.checkedAt };
}

function toCount(value: number | null | undefined): string | null {
  return value == null ? null : formatCount(value);
}

function toDay(at: number | null | undefined): ReactNode {
  return at == null ? null : <Day at={at} />;
}
