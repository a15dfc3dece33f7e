import { z } from "zod";
import {
  ExactVersion,
  MAX_LISTED_VERSIONS,
  orderVersions,
  type PackageVersion,
} from "../../workers/contract/hosting/package-versions.ts";
import { PackageError } from "./package-store.ts";

const REGISTRY_TIMEOUT_MS = 10_000;
/** The document of a package with thousands of versions. */
const MAX_DOCUMENT_BYTES = 40 * 1024 * 1024;

/** A package's document in a registry (npm, "package metadata"), as far as it is read. Odd members are as absent ones. */
const Packument = z.object({
  versions: z.record(
    z.string(),
    z.object({ deprecated: z.union([z.string(), z.boolean()]).optional().catch(undefined) }),
  ),
  time: z.record(z.string(), z.string()).catch({}),
});

/**
 * The versions of a package that the registry offers, the newest first.
 * @throws PackageError when the registry does not respond as one
 */
export async function listVersions(registry: string, name: string): Promise<PackageVersion[]> {
  const parsed = Packument.safeParse(await fetchDocument(registry, name));
  if (!parsed.success)
    throw new PackageError(`The npm registry ${registry} has sent no document of ${name}.`);
  const { versions, time } = parsed.data;
  return Object.entries(versions)
    .filter(([version]) => ExactVersion.safeParse(version).success)
    .toSorted(([a], [b]) => orderVersions(b, a))
    .slice(0, MAX_LISTED_VERSIONS)
    .map(([version, { deprecated }]) => ({
      version,
      publishedAt: toInstant(time[version]),
      isPrerelease: version.includes("-"),
      deprecated: toReason(deprecated),
    }));
}

async function fetchDocument(registry: string, name: string): Promise<unknown> {
  const unreachable = `The npm registry ${registry} does not respond, so its versions of ${name} are not known now.`;
  try {
    const response = await fetch(`${registry}/${name.replace("/", "%2f")}`, {
      signal: AbortSignal.timeout(REGISTRY_TIMEOUT_MS),
    });
    if (response.status === 404)
      throw new PackageError(`The npm registry ${registry} has no package ${name}.`);
    if (!response.ok || !response.body) throw new PackageError(unreachable);
    const chunks: Uint8Array[] = [];
    let size = 0;
    const body: AsyncIterable<Uint8Array> = response.body;
    for await (const chunk of body) {
      size += chunk.length;
      if (size > MAX_DOCUMENT_BYTES)
        throw new PackageError(`The npm registry has sent too large a document of ${name}.`);
      chunks.push(chunk);
    }
    return JSON.parse(Buffer.concat(chunks).toString("utf8"));
  } catch (error) {
    // All else is a failure of the registry or the network.
    throw error instanceof PackageError ? error : new PackageError(unreachable);
  }
}

function toInstant(text: string | undefined): number | null {
  const at = Date.parse(text ?? "");
  return Number.isNaN(at) ? null : at;
}

function toReason(deprecated: string | boolean | undefined): string | null {
  if (!deprecated) return null;
  return typeof deprecated === "string" ? deprecated.slice(0, 500) : "It is deprecated.";
}
