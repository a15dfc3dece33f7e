import { z } from "zod";
import { HOUR_MS } from "../../contract/units.ts";
import type { Env } from "../../runtime/env.ts";
import { fetchJson, parseRetryAfter, type JsonFailure } from "../fetch-json.ts";
import {
  KEPT_RELEASES,
  toKnownTime,
  toNewest,
  type SignalBatch,
  type SignalResult,
} from "./figures.ts";

// GitHub's GraphQL API: https://docs.github.com/en/graphql, and for its limits
// https://docs.github.com/en/graphql/overview/rate-limits-and-query-limits-for-the-graphql-api.

/** Longest time for a request: GitHub ends its own after 10 s. */
const REQUEST_MS = 20_000;
const MAX_MIB = 4;
/** Points of the hour that are left to other programs with the same token. A request costs about one of 5,000. */
const SPARED_POINTS = 500;
/** GitHub asks for it after a limit without a time. */
const LIMITED_SECONDS = 60;
/** A wrong token is not corrected sooner. */
const REFUSED_SECONDS = HOUR_MS / 1_000;

const README_NAMES = ["README.md", "readme.md", "Readme.md", "README.rst", "README"];

const FRAGMENT = `fragment figures on Repository {
  isPrivate isArchived stargazerCount forkCount
  licenseInfo { spdxId }
  defaultBranchRef { target { ... on Commit { committedDate } } }
  releases(first: ${KEPT_RELEASES}, orderBy: { field: CREATED_AT, direction: DESC }) { nodes { publishedAt } }
  ${README_NAMES.map((name, i) => `readme${i}: object(expression: "HEAD:${name}") { ... on Blob { byteSize } }`).join("\n  ")}
}`;

const Count = z.int().min(0);
const Readme = z.object({ byteSize: Count.optional() }).nullish();

const Repository = z.object({
  isPrivate: z.boolean(),
  isArchived: z.boolean(),
  stargazerCount: Count,
  forkCount: Count,
  licenseInfo: z.object({ spdxId: z.string().max(100).nullable() }).nullable(),
  defaultBranchRef: z
    .object({ target: z.object({ committedDate: z.string().optional() }).nullable() })
    .nullable(),
  releases: z.object({ nodes: z.array(z.object({ publishedAt: z.string().nullable() })).max(100) }),
  readme0: Readme,
  readme1: Readme,
  readme2: Readme,
  readme3: Readme,
  readme4: Readme,
});

const Result = z.object({
  data: z.record(z.string(), z.unknown()).nullish(),
  errors: z
    .array(
      z.object({
        type: z.string().nullish(),
        path: z.array(z.union([z.string(), z.number()])).nullish(),
      }),
    )
    .default([]),
});
const RateLimit = z.object({ remaining: z.number(), resetAt: z.string() });

/** Asks GitHub for repositories (`owner/name`) in one request. */
export async function fetchRepositories(
  env: Env,
  { baseUrl, token }: { baseUrl: string; token: string },
  repositories: string[],
): Promise<SignalBatch> {
  const fetched = await fetchJson(env, {
    url: `${baseUrl}/graphql`,
    service: "GitHub",
    document: "GitHub's response",
    maxMib: MAX_MIB,
    totalMs: REQUEST_MS,
    headers: { authorization: `Bearer ${token}` },
    body: JSON.stringify({ query: toQuery(repositories) }),
  });
  if (!fetched.ok) return toStopped(fetched);
  const result = Result.safeParse(fetched.value);
  if (!result.success) return stopped("GitHub's response is not a result of GraphQL", 0);
  const { data, errors } = result.data;
  if (errors.some(({ type }) => type === "RATE_LIMITED"))
    return stopped("GitHub's limit for this hour is reached", secondsToReset(fetched.headers));
  if (!data) return stopped("GitHub could not execute the request", 0);
  const missing = new Set(
    errors.flatMap(({ type, path }) => (type === "NOT_FOUND" ? (path?.[0] ?? []) : [])),
  );
  const now = Date.now();
  const results = repositories.map((subject, i) =>
    toResult(subject, data[`r${i}`], missing.has(`r${i}`), now),
  );
  return { results, stop: toPause(data["rateLimit"]) };
}

/** Subjects have neither quotes nor backslashes: see `toSubjects`. */
function toQuery(repositories: string[]): string {
  const fields = repositories.map((subject, i) => {
    const [owner = "", name = ""] = subject.split("/");
    return `r${i}: repository(owner: ${JSON.stringify(owner)}, name: ${JSON.stringify(name)}) { ...figures }`;
  });
  return `query { rateLimit { remaining resetAt }\n${fields.join("\n")} }\n${FRAGMENT}`;
}

/** A repository that only the token's owner sees is none for the marketplace, which is public. */
function toResult(subject: string, value: unknown, isMissing: boolean, now: number): SignalResult {
  if (isMissing) return { subject, outcome: "gone" };
  const parsed = Repository.safeParse(value);
  if (!parsed.success) return { subject, outcome: "failed" };
  const { data } = parsed;
  if (data.isPrivate) return { subject, outcome: "gone" };
  const spdxId = data.licenseInfo?.spdxId ?? null;
  const readmes = [data.readme0, data.readme1, data.readme2, data.readme3, data.readme4];
  return {
    subject,
    outcome: "known",
    figures: {
      stars: data.stargazerCount,
      forks: data.forkCount,
      lastCommitAt: toKnownTime(data.defaultBranchRef?.target?.committedDate, now),
      releases: toNewest(
        data.releases.nodes.map(({ publishedAt }) => toKnownTime(publishedAt, now)),
      ),
      isArchived: data.isArchived,
      // GitHub has found a licence, but not which.
      licence: spdxId === "NOASSERTION" ? null : spdxId,
      readmeBytes: readmes.find((readme) => readme?.byteSize !== undefined)?.byteSize ?? null,
    },
  };
}

/** Waits for the next hour before the token's points are used up. */
function toPause(value: unknown): SignalBatch["stop"] {
  const limit = RateLimit.safeParse(value);
  if (!limit.success || limit.data.remaining > SPARED_POINTS) return null;
  const seconds = (Date.parse(limit.data.resetAt) - Date.now()) / 1_000;
  const waitSeconds = Math.min(Math.max(LIMITED_SECONDS, seconds || 0), HOUR_MS / 1_000);
  return { problem: "Few requests of the token are left for this hour", waitSeconds };
}

function toStopped({ problem, refusal, isTemporary, retryAfterSeconds }: JsonFailure): SignalBatch {
  if (refusal?.status === 401) return stopped("GitHub refuses GITHUB_TOKEN", REFUSED_SECONDS);
  if (refusal?.status === 403 || refusal?.status === 429)
    return stopped(problem, secondsToReset(refusal.headers));
  return stopped(problem, isTemporary ? retryAfterSeconds : REFUSED_SECONDS);
}

/** How long GitHub asks to wait after a limit. */
function secondsToReset(headers: Headers): number {
  const asked = parseRetryAfter(headers.get("retry-after"));
  if (asked > 0) return asked;
  if (headers.get("x-ratelimit-remaining") !== "0") return LIMITED_SECONDS;
  const seconds = Number(headers.get("x-ratelimit-reset")) - Date.now() / 1_000;
  return Math.min(Math.max(LIMITED_SECONDS, seconds || 0), HOUR_MS / 1_000);
}

function stopped(problem: string, waitSeconds: number): SignalBatch {
  return { results: [], stop: { problem, waitSeconds } };
}
