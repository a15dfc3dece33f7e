import { z } from "zod";
import type { Env } from "../../runtime/env.ts";
import { fetchJson, type FetchedJson, type JsonFailure } from "../../upstream/fetch-json.ts";
import { toKnownTime, toNewest, type SignalBatch, type SignalResult } from "./figures.ts";

/** Longest time for one request, and the time after which a step begins no further one. The lease of a step is longer. */
const REQUEST_MS = 10_000;
const STEP_MS = 30_000;
/** Waiting time after a failure that does not pass by itself. */
const REFUSED_SECONDS = 60 * 60;
/** A package with many files has some MB. */
const MAX_MIB = 8;

const Downloads = z.object({ downloads: z.int().min(0) });

/**
 * Asks npm for the downloads of packages: of all without a scope in one request, which the API does not allow for the
 * others (https://github.com/npm/registry/blob/main/docs/download-counts.md).
 */
export async function fetchNpmDownloads(
  env: Env,
  baseUrl: string,
  packages: string[],
): Promise<SignalBatch> {
  const plain = packages.filter((name) => !name.startsWith("@"));
  const scoped = packages.filter((name) => name.startsWith("@"));
  const bulks = plain.length === 0 ? [] : [plain];
  return fetchEach([...bulks, ...scoped.map((name) => [name])], async (names) => {
    const fetched = await fetchJson(env, {
      url: `${baseUrl}/downloads/point/last-week/${names.map(encodePath).join(",")}`,
      ...toLimits("npm"),
    });
    return readEach(fetched, names, (value, name) => {
      // The response for one package is its figures, for several an object of them by name.
      const [figures] =
        names.length === 1 ? [value] : [z.record(z.string(), z.unknown()).parse(value)[name]];
      if (figures === null) return { subject: name, outcome: "gone" };
      const { downloads } = Downloads.parse(figures);
      return { subject: name, outcome: "known", figures: { weeklyDownloads: downloads } };
    });
  });
}

const Project = z.object({
  files: z
    .array(z.object({ filename: z.string().max(1_000), "upload-time": z.string().nullish() }))
    .max(50_000),
});

/**
 * Asks PyPI for the files of packages, with the time of each (PEP 691 and 700;
 * https://docs.pypi.org/api/index-api/). The older JSON API has the releases only until PyPI takes them out.
 */
export async function fetchPypiReleases(
  env: Env,
  baseUrl: string,
  packages: string[],
): Promise<SignalBatch> {
  return fetchEach(packages, async (name) => {
    const fetched = await fetchJson(env, {
      url: `${baseUrl}/simple/${name}/`,
      headers: { accept: "application/vnd.pypi.simple.v1+json" },
      ...toLimits("PyPI"),
    });
    return readEach(fetched, [name], (value) => ({
      subject: name,
      outcome: "known",
      figures: { releases: toReleases(Project.parse(value).files) },
    }));
  });
}

/** The times of the releases: of the first file of each version. */
function toReleases(files: z.infer<typeof Project>["files"]): number[] {
  const first = new Map<string, number>();
  const now = Date.now();
  for (const { filename, "upload-time": text } of files) {
    const at = toKnownTime(text, now);
    if (at === null) continue;
    const version = toVersion(filename);
    first.set(version, Math.min(at, first.get(version) ?? at));
  }
  return toNewest([...first.values()]);
}

/** `name-version-….whl`, or `name-version.tar.gz`, in whose name hyphens are allowed. */
function toVersion(filename: string): string {
  const found = filename.endsWith(".whl")
    ? /^[^-]+-([^-]+)-/.exec(filename)
    : /-([^-]+?)\.(?:tar\.gz|tar\.bz2|zip|tgz)$/.exec(filename);
  return found?.[1] ?? filename;
}

/** Sends one request after the other, until one fails or the time of the step is over. */
async function fetchEach<T>(
  requests: T[],
  fetchOne: (request: T) => Promise<SignalBatch>,
): Promise<SignalBatch> {
  const end = Date.now() + STEP_MS;
  const results: SignalResult[] = [];
  for (const request of requests) {
    if (Date.now() > end) break;
    const batch = await fetchOne(request);
    results.push(...batch.results);
    if (batch.stop) return { results, stop: batch.stop };
  }
  return { results, stop: null };
}

/** What a response says of each package. One that has another form than expected is a failure of its packages alone. */
function readEach(
  fetched: FetchedJson,
  names: string[],
  read: (value: unknown, name: string) => SignalResult,
): SignalBatch {
  if (!fetched.ok) return toFailed(fetched, names);
  const results = names.map((subject): SignalResult => {
    try {
      return read(fetched.value, subject);
    } catch {
      // Only the schemas throw: the service's response is not as they describe it.
      return { subject, outcome: "failed" };
    }
  });
  return { results, stop: null };
}

function toFailed(failure: JsonFailure, names: string[]): SignalBatch {
  const { problem, refusal, isTemporary, retryAfterSeconds } = failure;
  const all = (outcome: "gone" | "failed") => names.map((subject) => ({ subject, outcome }));
  if (refusal?.status === 404 && names.length === 1) return { results: all("gone"), stop: null };
  // Its name or its size is the reason, and not the service.
  if (!isTemporary && (refusal === null || [400, 404, 405].includes(refusal.status)))
    return { results: all("failed"), stop: null };
  return {
    results: [],
    stop: { problem, waitSeconds: isTemporary ? retryAfterSeconds : REFUSED_SECONDS },
  };
}

/** A name with its scope is two parts of a path. */
function encodePath(name: string): string {
  return name.split("/").map(encodeURIComponent).join("/");
}

function toLimits(service: string) {
  return { service, document: `${service}'s response`, maxMib: MAX_MIB, totalMs: REQUEST_MS };
}
