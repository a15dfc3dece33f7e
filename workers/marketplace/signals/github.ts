import { z } from "zod";
import type { Env } from "../../runtime/env.ts";
import { queryGithub, type GithubAccess } from "../github-api.ts";
import {
  KEPT_RELEASES,
  toKnownTime,
  toNewest,
  type SignalBatch,
  type SignalResult,
} from "./figures.ts";

const MAX_MIB = 4;

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

/** Asks GitHub for repositories (`owner/name`) in one request. */
export async function fetchRepositories(
  env: Env,
  access: GithubAccess,
  repositories: string[],
): Promise<SignalBatch> {
  const query = `query { rateLimit { remaining resetAt }\n${toFields(repositories)} }\n${FRAGMENT}`;
  const answer = await queryGithub(env, access, { query, maxMib: MAX_MIB });
  if (!answer.ok) {
    const { problem, waitSeconds } = answer;
    return { results: [], stop: { problem, waitSeconds } };
  }
  const { data, errors, pause } = answer;
  const missing = new Set(
    errors.flatMap(({ type, path }) => (type === "NOT_FOUND" ? (path?.[0] ?? []) : [])),
  );
  const now = Date.now();
  const results = repositories.map((subject, i) =>
    toResult(subject, data[`r${i}`], missing.has(`r${i}`), now),
  );
  return { results, stop: pause };
}

/** Subjects have neither quotes nor backslashes: see `toSubjects`. */
function toFields(repositories: string[]): string {
  const fields = repositories.map((subject, i) => {
    const [owner = "", name = ""] = subject.split("/");
    return `r${i}: repository(owner: ${JSON.stringify(owner)}, name: ${JSON.stringify(name)}) { ...figures }`;
  });
  return fields.join("\n");
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
