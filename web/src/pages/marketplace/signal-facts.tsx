import type { ReactNode } from "react";
import type { ServerSignals } from "../../../../workers/contract/api/marketplace-signals.ts";
import { escapeLine } from "../../../../workers/contract/text/hidden-characters.ts";
import { formatCount } from "../../ui/format-numbers.ts";
import { Day } from "../../ui/time.tsx";
import type { Statement } from "./source-note.tsx";

/** A fact with the source that states it. */
export interface FactRow {
  term: string;
  /** Tells facts with the same term apart. */
  key?: string;
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

/** The figures of a server without a repository on GitHub. */
const NOTHING = {
  licence: null,
  stars: null,
  forks: null,
  lastCommitAt: null,
  latestReleaseAt: null,
  isArchived: null,
};

function toRepositoryFacts(repository: Repository | null): FactRow[] {
  const statement = toStatement("GitHub", repository);
  const toFact = (term: string, value: ReactNode): FactRow => ({
    term,
    value,
    statement: value === null ? undefined : statement,
  });
  const known = repository ?? NOTHING;
  const { licence, forks, lastCommitAt, latestReleaseAt, isArchived } = known;
  const facts = [
    toFact("Licence", licence === null ? null : escapeLine(licence)),
    toFact("Stars", repository && toStars(repository)),
    toFact("Forks", toCount(forks)),
    toFact("Last commit", toDay(lastCommitAt)),
    toFact("Release", toDay(latestReleaseAt)),
    toFact("Archived", isArchived === null ? null : isArchived ? "Yes" : "No"),
  ];
  return repository?.isGone === true
    ? [toFact("On GitHub", "GitHub has no such public repository"), ...facts]
    : facts;
}

/** Of servers that share a repository, none has its stars alone. */
function toStars({ stars, servers }: Repository): ReactNode {
  if (stars === null) return null;
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
    key: `${registry} ${name}`,
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
  const asOf = signal?.checkedAt ?? null;
  return asOf === null ? undefined : { source, asOf };
}

function toCount(value: number | null): string | null {
  return value === null ? null : formatCount(value);
}

function toDay(at: number | null): ReactNode {
  return at === null ? null : <Day at={at} />;
}
