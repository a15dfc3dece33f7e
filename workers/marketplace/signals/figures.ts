/** What GitHub says of a repository. Times in epoch ms; null: it is not known. Stored as JSON. */
export interface RepositoryFigures {
  stars: number;
  forks: number;
  lastCommitAt: number | null;
  /** When the newest releases were published, at most `KEPT_RELEASES`, the newest first. */
  releases: number[];
  isArchived: boolean;
  /** SPDX identifier. */
  licence: string | null;
  /** Of the README in the main folder. */
  readmeBytes: number | null;
}

/** What npm says of a package. Stored as JSON. */
export interface NpmFigures {
  /** Of the last 7 days. */
  weeklyDownloads: number;
}

/** What PyPI says of a package. Stored as JSON. */
export interface PypiFigures {
  /** As those of a repository. */
  releases: number[];
}

/** Figures of a subject of any service. */
export type Figures = RepositoryFigures | NpmFigures | PypiFigures;

/** As many releases a year get all points. */
export const KEPT_RELEASES = 3;

/** What a service has said of one subject. `gone`: it has no such public one. `failed`: it has not said. */
export type SignalResult = { subject: string } & (
  | { outcome: "known"; figures: Figures }
  | { outcome: "gone" | "failed" }
);

/** What a service has said in one step. Subjects without a result are asked for again. */
export interface SignalBatch {
  results: SignalResult[];
  /** Why the service is left alone for at least `waitSeconds`; null: it is not. */
  stop: { problem: string; waitSeconds: number } | null;
}

/** The time of a date text, epoch ms; null: it is none, or a time in the future, which is not known. */
export function toKnownTime(text: string | null | undefined, now: number): number | null {
  const at = Date.parse(text ?? "");
  return Number.isNaN(at) || at > now ? null : at;
}

/** Returns the newest of the times that are known, as they are stored. */
export function toNewest(times: (number | null)[]): number[] {
  return times
    .filter((at) => at !== null)
    .toSorted((a, b) => b - a)
    .slice(0, KEPT_RELEASES);
}
