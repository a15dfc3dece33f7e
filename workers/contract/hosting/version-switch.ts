import { z } from "zod";
import { Difference } from "../definitions/definition.ts";
import { ChangeType, LockedKind, type LockedChange } from "../records/contract.ts";
import { SEVERITIES } from "../severity.ts";
import { ExactVersion, PackageVersion } from "./package-versions.ts";

const Digest = z.string().regex(/^[0-9a-f]{64}$/, "is no SHA-256 in lowercase hex");

/** A version that ran before, with the contract that was in force then; null: there was none. */
const EarlierVersion = z.strictObject({
  version: ExactVersion,
  contractDigest: z.string().nullable(),
});

/** The version of a hosted server that an admin chose, and where its switch is. */
export const VersionState = z.strictObject({
  /** What runs, or is being started. */
  current: ExactVersion,
  /** What ran before; null: nothing. */
  earlier: EarlierVersion.nullable(),
  /**
   * A switch whose version has not run yet: what is put back if it does not start, and the contract that is in force as soon
   * as it runs; null: the present one stays.
   */
  switching: z
    .strictObject({ from: EarlierVersion, contractDigest: z.string().nullable() })
    .nullable(),
  /** The last switch, if its version did not start; null: it did. `at`: epoch ms. */
  failed: z.strictObject({ version: ExactVersion, message: z.string(), at: z.int() }).nullable(),
});
export type VersionState = z.infer<typeof VersionState>;

/** The versions of a hosted server's package. */
export const InstanceVersions = z
  .object({
    package: z.string(),
    current: z.string(),
    /** The version that ran before, to which one click goes back; null: there is none. */
    earlier: z.string().nullable(),
    /** The newest first; empty: they are not known now. */
    versions: z.array(PackageVersion),
    /** Why versions are not known, as a sentence; null: they are. A version can be typed all the same. */
    problem: z.string().nullable(),
  })
  .meta({ id: "InstanceVersions" });
export type InstanceVersions = z.infer<typeof InstanceVersions>;

/** The version to compare with the approved contract. */
export const VersionComparisonInput = z.strictObject({ version: ExactVersion });

/** What another version of a hosted server shows, compared with the approved contract, or else with what the server shows now. */
export const PackageComparison = z
  .object({
    version: z.string(),
    current: z.string(),
    /** Of all that the version shows. A switch that approves it names this digest. */
    digest: z.string(),
    /** Definitions that are as approved. */
    same: z.int(),
    /** The worst first. */
    changes: z.array(
      z.object({
        kind: LockedKind,
        key: z.string(),
        change: ChangeType,
        before: z.string().nullable(),
        after: z.string().nullable(),
        severity: z.enum(SEVERITIES),
        differences: z.array(Difference),
      }),
    ),
  })
  .meta({ id: "PackageComparison" });
export type PackageComparison = z.infer<typeof PackageComparison>;

/**
 * A switch to another version. `contract`: what is approved once it runs. `keep`: what is approved now; the server's policy
 * decides on the rest. `seen`: what the version shows, if that still has the digest `seen` of a comparison. `earlier`: what was
 * approved when the earlier version ran, to which `version` goes back.
 */
export const VersionSwitch = z
  .strictObject({
    version: ExactVersion,
    contract: z.enum(["keep", "seen", "earlier"]).default("keep"),
    seen: Digest.optional(),
  })
  .refine(({ contract, seen }) => (contract === "seen") === (seen !== undefined), {
    message: "give the digest of a comparison with “contract”: “seen”, and only then",
    path: ["seen"],
  })
  .meta({ id: "VersionSwitch" });
export type VersionSwitch = z.infer<typeof VersionSwitch>;

/** What a version has shown beside the running one. */
export interface VersionTrial {
  current: string;
  digest: string;
  same: number;
  changes: LockedChange[];
}
