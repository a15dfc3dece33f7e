import { z } from "zod";

/** Services that state figures of repositories and packages. */
export const SIGNAL_SERVICES = ["github", "npm", "pypi"] as const;
/** One of the services. */
export type SignalService = (typeof SIGNAL_SERVICES)[number];

const JOBS = [...SIGNAL_SERVICES, "scores"] as const;
/** Work that is done in steps: the requests to a service, or the nightly scores. */
export type JobName = (typeof JOBS)[number];

/** A message of the queue: do this step of a job. */
export const JobMessage = z.object({ job: z.enum(JOBS), step: z.int() });
export type JobMessage = z.infer<typeof JobMessage>;

/** When the service said so, epoch ms. Null: it was not asked so far, so that nothing is known. */
const checkedAt = z.int().nullable();
/** The service has no such public repository or package. */
const isGone = z.boolean();

/** What GitHub says of a server's repository. Times in epoch ms; null: it is not known. */
const RepositorySignals = z.object({
  /** `owner/name`, in lower case. */
  repository: z.string(),
  checkedAt,
  isGone,
  /** Servers of the marketplace in this repository, which share its stars in the score. */
  servers: z.int(),
  stars: z.int().nullable(),
  forks: z.int().nullable(),
  lastCommitAt: z.int().nullable(),
  latestReleaseAt: z.int().nullable(),
  isArchived: z.boolean().nullable(),
  /** SPDX identifier. */
  licence: z.string().nullable(),
  /** Of the README of the whole repository. */
  readmeBytes: z.int().nullable(),
});

/** What a package registry says of one of a server's packages. Times in epoch ms; null: it is not known. */
const PackageSignals = z.object({
  registry: z.enum(["npm", "pypi"]),
  name: z.string(),
  checkedAt,
  isGone,
  /** Of the last 7 days; of npm only. */
  weeklyDownloads: z.int().nullable(),
  /** Of PyPI only. */
  latestReleaseAt: z.int().nullable(),
});

/** Figures of a server's repository and packages. */
export const ServerSignals = z
  .object({
    /** Null: no source names a repository on GitHub. */
    repository: RepositorySignals.nullable(),
    packages: z.array(PackageSignals),
  })
  .meta({ id: "MarketplaceServerSignals" });
export type ServerSignals = z.infer<typeof ServerSignals>;

/** How far the figures of a service are. Times in epoch ms. */
export const SignalProgress = z
  .object({
    service: z.enum(SIGNAL_SERVICES),
    /** Why it is not asked, and what the operator can do; null: it is asked. */
    offBecause: z.string().nullable(),
    /** Repositories or packages of the marketplace's servers. */
    subjects: z.int(),
    /** Those that the service has answered for. */
    known: z.int(),
    /** Those that it does not have. */
    gone: z.int(),
    /** Those that are asked for next. */
    due: z.int(),
    /** Failures in a row. */
    attempt: z.int(),
    /** The last failure; null: the last step has succeeded. */
    problem: z.string().nullable(),
    /** It is not asked before. */
    nextStepAt: z.int(),
  })
  .meta({ id: "MarketplaceSignalProgress" });
