import type { ServerDocument } from "../../contract/marketplace/server-document.ts";
import { DAY_MS } from "../../contract/units.ts";
import type { ScoreInputs } from "../score.ts";
import type { Evidence } from "./evidence.ts";
import type { RepositoryFigures } from "./figures.ts";

const YEAR_MS = 365 * DAY_MS;

/** Adds what services say to what the entries of a server say. `now`: epoch ms. */
export function applySignals(
  document: ServerDocument,
  inputs: ScoreInputs,
  evidence: Evidence,
  now: number,
): ScoreInputs {
  const { repository } = evidence;
  const figures = repository?.figures ?? null;
  return {
    ...inputs,
    lastActivityAt: findLastActivity(inputs, evidence),
    releasesLastYear: countReleases(inputs, evidence, now),
    hasPublicRepository: inputs.hasPublicRepository && repository?.isGone !== true,
    isArchived: figures?.isArchived ?? null,
    licence: figures?.licence ?? null,
    stars: figures?.stars ?? null,
    serversInRepository: Math.max(1, repository?.servers ?? 1),
    weeklyInstalls: countInstalls(evidence),
    readmeChars: evidence.readmeChars ?? findReadmeSize(document, figures),
  };
}

/** The README of the repository is not that of a server in one of its folders. */
function findReadmeSize(
  { repository }: ServerDocument,
  figures: RepositoryFigures | null,
): number | null {
  return (repository?.subfolder ?? null) === null ? (figures?.readmeBytes ?? null) : null;
}

function findLastActivity({ lastActivityAt }: ScoreInputs, { repository, pypi }: Evidence) {
  const times = [
    lastActivityAt ?? [],
    repository?.figures?.lastCommitAt ?? [],
    repository?.figures?.releases ?? [],
    pypi.map(({ figures }) => figures?.releases ?? []).flat(),
  ].flat();
  return times.length === 0 ? null : Math.max(...times);
}

/**
 * The releases of the repository or of the package that has the most; a version in a registry is one, too. None in a
 * repository says nothing: many publish their packages without.
 */
function countReleases(
  { lastActivityAt }: ScoreInputs,
  { repository, pypi }: Evidence,
  now: number,
): number | null {
  const inRepository = repository?.figures?.releases ?? [];
  const lists = pypi.flatMap(({ figures }) => (figures ? [figures.releases] : []));
  if (inRepository.length > 0) lists.push(inRepository);
  if (lists.length === 0) return null;
  if (lastActivityAt !== null) lists.push([lastActivityAt]);
  const since = now - YEAR_MS;
  return Math.max(...lists.map((times) => times.filter((at) => at >= since).length));
}

/**
 * npm's downloads, of the package that has the most, or the installs from this marketplace if they are more. Servers that
 * name the same package share its downloads, because a wrapper's package is that of many. No installs from here say nothing.
 */
function countInstalls({ npm, installs }: Evidence): number | null {
  const counts = npm.flatMap(({ figures, servers }) =>
    figures ? figures.weeklyDownloads / Math.max(1, servers) : [],
  );
  if (installs > 0) counts.push(installs);
  return counts.length === 0 ? null : Math.max(...counts);
}
