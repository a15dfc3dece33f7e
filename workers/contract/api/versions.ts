import { z } from "zod";
import { ConfigurationDocument, ConfigurationPlan, EntryDifference } from "../versions/document.ts";
import { DefinitionDifference } from "./contracts.ts";

/** A version of a workspace's configuration. */
export const Version = z
  .object({
    number: z.int(),
    /** Epoch ms. */
    createdAt: z.int(),
    /** The id of who made the change. */
    actor: z.string(),
    actorName: z.string().nullable(),
    /** The audit event of the change; null: the state before the first change of which versions are kept. */
    eventId: z.string().nullable(),
    /** The event as a sentence. */
    summary: z.string(),
  })
  .meta({ id: "Version" });
export type Version = z.infer<typeof Version>;

/** A version as a whole, in the form of the configuration document. */
export const WholeVersion = Version.extend({ document: ConfigurationDocument }).meta({
  id: "WholeVersion",
});

/** The differences of two versions. */
export const VersionComparison = z
  .object({
    before: Version,
    after: Version,
    differences: z.array(EntryDifference),
    /** Servers of both versions whose approved definitions differ, which the differences name by digest only. */
    contracts: z.array(
      z.object({
        slug: z.string(),
        /** The worst first. */
        changes: z.array(DefinitionDifference),
      }),
    ),
  })
  .meta({ id: "VersionComparison" });
export type VersionComparison = z.infer<typeof VersionComparison>;

/** `POST …/versions/{number}/restore`. */
export const RestoreInput = z.strictObject({
  /** True: only the plan. */
  dryRun: z.boolean().optional(),
  /** The version of the plan: refused if the workspace has changed since. Absent: not compared. */
  ifVersion: z.int().min(0).optional(),
});

/** What an application changes, and whether it has. */
export const AppliedConfiguration = z
  .object({ isApplied: z.boolean(), plan: ConfigurationPlan })
  .meta({ id: "AppliedConfiguration" });
export type AppliedConfiguration = z.infer<typeof AppliedConfiguration>;
