import { z } from "zod";
import { ORIGIN_INPUT, ServerOrigin } from "../marketplace/server-origin.ts";
import { DisplayName } from "../records/display-name.ts";
import { Slug } from "../records/slug.ts";
import { HostingCatalogueEntry } from "./catalogue-entry.ts";
import {
  InstanceHealth,
  InstanceReasonCode,
  InstanceState,
  InstanceUsage,
  Profile,
  type Instance,
} from "./host-protocol.ts";
import { VersionState } from "./version-switch.ts";

// Hosted servers in the gateway's records and API; `host-protocol.ts` has the API of container hosts.

/** Why an instance does not run: reasons of the host, and reasons of the gateway. */
const DeploymentReasonCode = z.enum([
  ...InstanceReasonCode.options,
  /** No registered host has capacity for it. */
  "no_host",
  /** Its host does not respond. */
  "host_unreachable",
  /** The host refused the deployment. */
  "host_refused",
  /** Its hosts cannot take it now; the gateway tries again. */
  "host_busy",
  /** The stored credentials cannot be decrypted. */
  "credential_unreadable",
]);

const DeploymentReason = z.strictObject({
  code: DeploymentReasonCode,
  /** Sentence for an admin: the problem and the remedy. Contains no value of a variable. */
  message: z.string(),
});
export type DeploymentReason = z.infer<typeof DeploymentReason>;

/** A variable's value, sealed with the workspace's data key and bound to this instance and name. */
const SealedVariable = z.strictObject({ key: z.string(), sealed: z.string(), setAt: z.int() });
export type SealedVariable = z.infer<typeof SealedVariable>;

/** The gateway's record of a hosted server. */
export const InstanceRecord = z.strictObject({
  id: z.string(),
  /** Slug of its server record, which is created when the instance first runs. */
  slug: Slug,
  name: z.string(),
  prefix: z.string().nullable(),
  catalogueId: Slug,
  profile: Profile,
  /** Null: not placed on a host yet. */
  hostId: z.string().nullable(),
  state: InstanceState,
  reason: DeploymentReason.nullable(),
  health: InstanceHealth,
  variables: z.array(SealedVariable),
  /** Epoch ms at which it last became `running`; null: not yet. */
  runningAt: z.int().nullable(),
  /** Number of automatic restarts by its host since the deployment there. */
  restarts: z.int(),
  /** Its server's origin; null: it was not made from an entry of the marketplace. */
  origin: ServerOrigin.nullable(),
  /** Null: no version was chosen, and the image's runs. */
  versions: VersionState.nullable(),
  createdAt: z.int(),
});
export type InstanceRecord = z.infer<typeof InstanceRecord>;

/** The observed state of an instance. */
export type InstanceObservation = Pick<
  InstanceRecord,
  "state" | "reason" | "health" | "runningAt" | "restarts"
>;

/** Reduces a host's instance to the state that the gateway stores. */
export function toObservation(instance: Instance): InstanceObservation {
  const { state, reason, health, runningAt, restarts } = instance;
  return { state, reason, health, runningAt, restarts };
}

/** Values for variables of the catalogue entry, by name. An empty value counts as absent. */
const Variables = z.record(z.string().max(64), z.string().max(16_384));

/** `POST …/instances`. */
export const InstanceInput = z.strictObject({
  catalogueId: Slug,
  /** Slug of the server record. Absent: the catalogue entry's id. */
  slug: Slug.optional(),
  name: DisplayName.optional(),
  /** Null or absent: tools keep their names. */
  prefix: z
    .string()
    .regex(/^[a-zA-Z0-9][a-zA-Z0-9_-]{0,31}$/, "use 1 to 32 of a-z, A-Z, 0-9, _ and -")
    .nullable()
    .optional(),
  /** Write-only. Stored encrypted and bound to this instance; no response contains them. */
  credentials: Variables.optional(),
  /** Absent: the smallest profile of the catalogue entry. */
  profile: Profile.optional(),
  ...ORIGIN_INPUT,
});
export type InstanceInput = z.infer<typeof InstanceInput>;

/** `POST …/instances/{id}/restart`: values replace the stored ones; null deletes a variable. */
export const RestartInput = z.strictObject({
  credentials: z.record(z.string().max(64), z.string().max(16_384).nullable()).optional(),
  profile: Profile.optional(),
});
export type RestartInput = z.infer<typeof RestartInput>;

/** API view of an instance: names of variables, never values. */
export const HostedInstance = InstanceRecord.omit({ variables: true })
  .extend({
    variables: z.array(z.strictObject({ key: z.string(), setAt: z.int() })),
    /** Total since its creation; at most a minute old. */
    usage: InstanceUsage,
  })
  .meta({ id: "HostedInstance" });
export type HostedInstance = z.infer<typeof HostedInstance>;

/** A hosting plan, which limits the number of instances. */
export const Plan = z.enum(["team", "enterprise"]);
export type Plan = z.infer<typeof Plan>;

/** Maximum number of instances by plan. */
const PLAN_INSTANCES: Record<Plan, number> = { team: 3, enterprise: 20 };

/** A workspace's plan and its limit of instances. */
export const HostingPlan = z
  .strictObject({
    plan: Plan,
    /** Limit for this workspace in place of the plan's limit; null: the plan's limit. */
    maxInstances: z.int().min(0).max(1_000).nullable(),
  })
  .meta({ id: "HostingPlan" });
export type HostingPlan = z.infer<typeof HostingPlan>;

/** Returns the maximum number of instances of a workspace. */
export function toInstanceLimit({ plan, maxInstances }: HostingPlan): number {
  return maxInstances ?? PLAN_INSTANCES[plan];
}

/** A workspace's instances and its limit. */
export const HostedInstances = z
  .object({ items: z.array(HostedInstance), plan: HostingPlan, limit: z.int() })
  .meta({ id: "HostedInstances" });

/** The hosting catalogue with the availability of its entries. */
export const HostingCatalogue = z
  .object({
    /** `isAvailable`: a host that accepts instances can deploy it. `unavailableReason`: why none can; null: one can. */
    items: z.array(
      HostingCatalogueEntry.extend({
        isAvailable: z.boolean(),
        unavailableReason: z.string().nullable(),
      }).meta({ id: "HostingCatalogueEntry" }),
    ),
    /** Whether a host responds and accepts instances. */
    hasHost: z.boolean(),
    /** Warning to show before a deployment; null: none. */
    warning: z.string().nullable(),
  })
  .meta({ id: "HostingCatalogue" });

/** Usage of an instance on one day (UTC, days since 1970). It is kept after the instance is terminated. */
export const UsageDay = InstanceUsage.extend({
  instanceId: z.string(),
  slug: z.string(),
  day: z.int(),
}).meta({ id: "HostingUsageDay" });
export type UsageDay = z.infer<typeof UsageDay>;

/** The state of an instance by its host. `missing`: the host does not have it. `unreachable`: no response. */
export interface InstanceReport {
  id: string;
  hostId: string | null;
  seen: Instance | "missing" | "unreachable";
  /** Epoch ms, before the request to the host. */
  at: number;
}
