import { z } from "zod";
import { HOUR_MS } from "../contract/units.ts";
import type { Env } from "../runtime/env.ts";
import { fetchJson, parseRetryAfter, type JsonFailure } from "../upstream/fetch-json.ts";

// GitHub's GraphQL API: https://docs.github.com/en/graphql, and for its limits
// https://docs.github.com/en/graphql/overview/rate-limits-and-query-limits-for-the-graphql-api.

/** Longest time for a request: GitHub ends its own after 10 s. */
const REQUEST_MS = 20_000;
/** Points of the hour that are left to other programs with the same token. A request costs about one of 5,000. */
const SPARED_POINTS = 500;
/** GitHub asks for it after a limit without a time. */
const LIMITED_SECONDS = 60;
/** A wrong token is not corrected sooner. */
const REFUSED_SECONDS = HOUR_MS / 1_000;

/** The address of GitHub's API, and the token that it is asked with. */
export interface GithubAccess {
  baseUrl: string;
  token: string;
}

/** A request for GitHub. `query`: with `rateLimit { remaining resetAt }`, it says when to pause. */
export interface GithubQuery {
  query: string;
  variables?: Record<string, string | number>;
  maxMib: number;
}

const GithubError = z.object({
  type: z.string().nullish(),
  path: z.array(z.union([z.string(), z.number()])).nullish(),
});
/** An error of a part of a request. `path`: which part. */
export type GithubError = z.infer<typeof GithubError>;

const Result = z.object({
  data: z.record(z.string(), z.unknown()).nullish(),
  errors: z.array(GithubError).default([]),
});
const RateLimit = z.object({ remaining: z.number(), resetAt: z.string() });

/** What GitHub has responded. `pause`: why it is not asked again before `waitSeconds`; null: it can be. */
export type GithubAnswer =
  | {
      ok: true;
      data: Record<string, unknown>;
      errors: GithubError[];
      pause: { problem: string; waitSeconds: number } | null;
    }
  | GithubFailure;

/** Why GitHub has responded nothing that can be used, and when to ask again. */
export interface GithubFailure {
  ok: false;
  problem: string;
  waitSeconds: number;
  /** The same request can succeed by itself. */
  isTemporary: boolean;
  isTooLarge: boolean;
}

/** Asks GitHub. Follows no redirect, so that no other host gets the token. Never throws. */
export async function queryGithub(
  env: Env,
  { baseUrl, token }: GithubAccess,
  { query, variables, maxMib }: GithubQuery,
): Promise<GithubAnswer> {
  const fetched = await fetchJson(env, {
    url: `${baseUrl}/graphql`,
    service: "GitHub",
    document: "GitHub's response",
    maxMib,
    totalMs: REQUEST_MS,
    headers: { authorization: `Bearer ${token}` },
    body: JSON.stringify({ query, variables }),
  });
  if (!fetched.ok) return toFailure(fetched);
  const result = Result.safeParse(fetched.value);
  if (!result.success) return failed("GitHub's response is not a result of GraphQL", 0);
  const { data, errors } = result.data;
  if (errors.some(({ type }) => type === "RATE_LIMITED"))
    return failed("GitHub's limit for this hour is reached", secondsToReset(fetched.headers));
  if (!data) {
    // A secondary limit has status 200, too, and says with a header that it is one.
    const isLimited = fetched.headers.has("retry-after");
    return failed(
      "GitHub could not execute the request",
      isLimited ? secondsToReset(fetched.headers) : 0,
    );
  }
  return { ok: true, data, errors, pause: toPause(data["rateLimit"]) };
}

/** Waits for the next hour before the token's points are used up. */
function toPause(value: unknown) {
  const limit = RateLimit.safeParse(value);
  if (!limit.success || limit.data.remaining > SPARED_POINTS) return null;
  const seconds = (Date.parse(limit.data.resetAt) - Date.now()) / 1_000;
  const waitSeconds = Math.min(Math.max(LIMITED_SECONDS, seconds || 0), HOUR_MS / 1_000);
  return { problem: "Few requests of the token are left for this hour", waitSeconds };
}

function toFailure({
  problem,
  refusal,
  isTemporary,
  isTooLarge,
  retryAfterSeconds,
}: JsonFailure): GithubFailure {
  if (refusal?.status === 401)
    return { ...failed("GitHub refuses GITHUB_TOKEN", REFUSED_SECONDS), isTemporary: false };
  if (refusal?.status === 403 || refusal?.status === 429)
    return failed(problem, secondsToReset(refusal.headers));
  const waitSeconds = isTemporary ? retryAfterSeconds : REFUSED_SECONDS;
  return { ...failed(problem, waitSeconds), isTemporary, isTooLarge };
}

/** How long GitHub asks to wait after a limit. */
function secondsToReset(headers: Headers): number {
  const asked = parseRetryAfter(headers.get("retry-after"));
  if (asked > 0) return asked;
  if (headers.get("x-ratelimit-remaining") !== "0") return LIMITED_SECONDS;
  const seconds = Number(headers.get("x-ratelimit-reset")) - Date.now() / 1_000;
  return Math.min(Math.max(LIMITED_SECONDS, seconds || 0), HOUR_MS / 1_000);
}

function failed(problem: string, waitSeconds: number): GithubFailure {
  return { ok: false, problem, waitSeconds, isTemporary: true, isTooLarge: false };
}
