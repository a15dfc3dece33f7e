import { z } from "zod";
import type { Env } from "../../../runtime/env.ts";
import { brokenJson } from "../../../upstream/fetch-json.ts";
import { queryGithub, type GithubError, type GithubFailure } from "../../github-api.ts";
import type { FetchedPage } from "../fetch-page.ts";
import { FoundRepository, isListed, readServerJson, toEntry } from "./entry.ts";
import {
  decideNext,
  isDivisible,
  needsServerJson,
  PAGE_REPOSITORIES,
  parseWindow,
  shrink,
  toCursor,
  toSearch,
  type Window,
} from "./window.ts";

/** Far more than 100 genuine files have. A response with larger ones is asked for in parts. */
const MAX_MIB = 8;

const QUERY = `query($search: String!, $first: Int!) {
  rateLimit { remaining resetAt }
  search(type: REPOSITORY, query: $search, first: $first) {
    repositoryCount
    pageInfo { hasNextPage }
    nodes { ... on Repository {
      nameWithOwner description homepageUrl createdAt isPrivate isFork isArchived isTemplate
      repositoryTopics(first: 20) { nodes { topic { name } } }
      serverJson: object(expression: "HEAD:server.json") { ... on Blob { text isTruncated } }
    } }
  }
}`;

const Search = z.object({
  repositoryCount: z.int().min(0),
  pageInfo: z.object({ hasNextPage: z.boolean() }),
  nodes: z.array(z.unknown()).max(PAGE_REPOSITORIES),
});

/** Errors that stay: an organization keeps the token out, for instance. */
const LASTING_ERRORS = new Set(["FORBIDDEN", "NOT_FOUND"]);
/** From so many failures on, an error of one repository is taken to stay, so that it does not stop the others. */
const LASTING_FAILURES = 3;

/** Which repositories: those of the run's cursor. `attempt`: how often it has failed. */
export interface RepositoriesRequest {
  baseUrl: string;
  startedAt: number;
  since: number | null;
  cursor: string;
  attempt: number;
}

/** Fetches the repositories of a window as entries of a registry. Never throws. */
export async function fetchRepositories(
  env: Env,
  { baseUrl, startedAt, since, cursor, attempt }: RepositoriesRequest,
): Promise<FetchedPage> {
  const present = parseWindow(cursor, startedAt);
  if (!present) return brokenJson("The run was begun by another release");
  const window = shrink(present, attempt);
  const answer = await queryGithub(
    env,
    { baseUrl, token: env.GITHUB_TOKEN ?? "" },
    {
      query: QUERY,
      variables: { search: toSearch(window, since), first: PAGE_REPOSITORIES },
      maxMib: MAX_MIB,
    },
  );
  if (!answer.ok) return toFailedPage(answer, window);
  const { data, errors, pause } = answer;
  const unreadable = findUnreadable(errors, attempt);
  if (!unreadable)
    return { ...brokenJson("GitHub could not execute the request"), isTemporary: true };
  const search = Search.safeParse(data["search"]);
  if (!search.success) return brokenJson("GitHub's response is not the result of a search");
  const { repositoryCount: count, pageInfo, nodes } = search.data;
  const hasMore = pageInfo.hasNextPage;
  const next = decideNext(window, { count, hasMore });
  const nextCursor = next && toCursor(next);
  if (hasMore && isDivisible(window)) return { ok: true, servers: [], nextCursor, pause };
  const servers = nodes.flatMap((node, i) => toEntries(unreadable.has(i) ? null : node, window));
  return { ok: true, servers, nextCursor, pause };
}

/** Which repositories of a response cannot be read; null: the request failed. */
function findUnreadable(errors: GithubError[], attempt: number): Set<number> | null {
  const positions = new Set<number>();
  for (const { type, path } of errors) {
    const [field, list, position] = path ?? [];
    const isOfOne = field === "search" && list === "nodes" && typeof position === "number";
    if (!isOfOne || !(LASTING_ERRORS.has(type ?? "") || attempt >= LASTING_FAILURES)) return null;
    positions.add(position);
  }
  return positions;
}

/** A response that is too large is one of hostile files: a part of the window has fewer of them. */
function toFailedPage({ isTooLarge, ...failure }: GithubFailure, window: Window): FetchedPage {
  const { problem, waitSeconds, isTemporary } = failure;
  if (isTooLarge && isDivisible(window))
    return { ok: true, servers: [], nextCursor: toCursor(shrink(window, 1)), pause: null };
  return { ...brokenJson(problem), isTemporary, retryAfterSeconds: waitSeconds };
}

/** A repository that cannot be read stays on the page, so that it is recorded as left out. */
function toEntries(node: unknown, window: Window): unknown[] {
  const parsed = FoundRepository.safeParse(node);
  if (!parsed.success) return [node];
  const described = readServerJson(parsed.data);
  const isServer = isListed(parsed.data) && (described !== null || !needsServerJson(window));
  return isServer ? [toEntry(parsed.data, described)] : [];
}
