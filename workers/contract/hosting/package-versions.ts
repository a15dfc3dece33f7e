import { z } from "zod";

/** One release: `1.2.3`, `2025.7.1-beta.2`. No tag, no range: an installation has to be repeatable. */
export const ExactVersion = z
  .string()
  .max(100)
  .regex(/^\d+\.\d+\.\d+(?:-[0-9A-Za-z.-]+)?$/, "name one release, such as 1.2.3 or 1.2.3-beta.1");

/** Versions that a response lists, the newest first. */
export const MAX_LISTED_VERSIONS = 200;

/** A version of a package in the npm registry. */
export const PackageVersion = z
  .strictObject({
    version: ExactVersion,
    /** Epoch ms; null: the registry does not say. */
    publishedAt: z.int().nullable(),
    isPrerelease: z.boolean(),
    /** What its authors say about its end; null: it is not deprecated. */
    deprecated: z.string().max(500).nullable(),
  })
  .meta({ id: "PackageVersion" });
export type PackageVersion = z.infer<typeof PackageVersion>;

/** Response of a host to `GET /v1/packages/{catalogueId}`. */
export const PackageVersions = z.strictObject({
  package: z.string(),
  /** The newest first, by number. */
  versions: z.array(PackageVersion).max(MAX_LISTED_VERSIONS),
});
export type PackageVersions = z.infer<typeof PackageVersions>;

/** Pure: orders versions by Semantic Versioning 2.0.0, section 11. Negative: `a` is before `b`. */
export function orderVersions(a: string, b: string): number {
  const [one, other] = [split(a), split(b)];
  for (let index = 0; index < 3; index++) {
    const difference = (one.release[index] ?? 0) - (other.release[index] ?? 0);
    if (difference !== 0) return difference;
  }
  if (one.pre.length === 0 || other.pre.length === 0)
    return Number(other.pre.length > 0) - Number(one.pre.length > 0);
  for (let index = 0; index < Math.max(one.pre.length, other.pre.length); index++) {
    const difference = orderIdentifiers(one.pre[index], other.pre[index]);
    if (difference !== 0) return difference;
  }
  return 0;
}

function split(version: string): { release: number[]; pre: string[] } {
  const dash = version.indexOf("-");
  const release = (dash < 0 ? version : version.slice(0, dash)).split(".").map(Number);
  return { release, pre: dash < 0 ? [] : version.slice(dash + 1).split(".") };
}

function orderIdentifiers(a: string | undefined, b: string | undefined): number {
  if (a === undefined || b === undefined) return Number(a !== undefined) - Number(b !== undefined);
  const [isNumberA, isNumberB] = [/^\d+$/.test(a), /^\d+$/.test(b)];
  if (isNumberA && isNumberB) return Number(a) - Number(b);
  if (isNumberA !== isNumberB) return isNumberA ? -1 : 1;
  return a < b ? -1 : Number(a > b);
}
