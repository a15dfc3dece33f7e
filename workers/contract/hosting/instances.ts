import { z } from "zod";
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

// Hosted servers as the gateway keeps and shows them; `hosting.ts` has what it says to container hosts.

/** Why an instance does not run: the host's reasons, and the gateway's own. */
const DeploymentReasonCode = z.enum([
  ...InstanceReasonCode.options,
  /** No registered host can take it now. */
  "no_host",
  /** Its host does not answer. */
  "host_unreachable",
  /** The host refused the deployment. */
  "host_refused",
  /** The stored credentials cannot be opened. */
  "credential_unreadable",
]);

const DeploymentReason = z.strictObject({
  code: DeploymentReasonCode,
  /** What happened and what to do. Holds no value of a variable. */
  message: z.string(),
});
export type DeploymentReason = z.infer<typeof DeploymentReason>;

/** A value of a hosted server's variable, sealed with the workspace's data key for this instance and name. */
const SealedVariable = z.strictObject({ key: z.string(), sealed: z.string(), setAt: z.int() });
export type SealedVariable = z.infer<typeof SealedVariable>;

export const InstanceRecord = z.strictObject({
  id: z.string(),
  /** Of its server in the gateway; it appears there when the instance first runs. */
  slug: Slug,
  name: z.string(),
  prefix: z.string().nullable(),
  catalogueId: Slug,
  profile: Profile,
  /** Null: no host has taken it yet. */
  hostId: z.string().nullable(),
  state: InstanceState,
  reason: DeploymentReason.nullable(),
  health: InstanceHealth,
  variables: z.array(SealedVariable),
  /** Epoch ms at which it last became `running`; null: not yet. */
  runningAt: z.int().nullable(),
  /** How often its host started it again by itself since it was deployed there. */
  restarts: z.int(),
  createdAt: z.int(),
});
export type InstanceRecord = z.infer<typeof InstanceRecord>;

/** What is known of an instance's run. */
export type InstanceObservation = Pick<
  InstanceRecord,
  "state" | "reason" | "health" | "runningAt" | "restarts"
>;

/** A host's word on an instance, as far as the gateway keeps it. */
export function toObservation(instance: Instance): InstanceObservation {
  const { state, reason, health, runningAt, restarts } = instance;
  return { state, reason, health, runningAt, restarts };
}

/** Values for variables of the catalogue entry; what is empty counts as not given. */
const Variables = z.record(z.string().max(64), z.string().max(16_384));
const Name = z.string().trim().min(1).max(120);

/** `POST …/instances`. */
export const InstanceInput = z.strictObject({
  catalogueId: Slug,
  /** Of the server that appears in the gateway. Absent: the catalogue entry's id. */
  slug: Slug.optional(),
  name: Name.optional(),
  /** Null or absent: tools keep their own names. */
  prefix: z
    .string()
    .regex(/^[a-zA-Z0-9][a-zA-Z0-9_-]{0,31}$/, "use 1 to 32 of a-z, A-Z, 0-9, _ and -")
    .nullable()
    .optional(),
  /** Write-only: stored encrypted, bound to this instance, never shown again. */
  credentials: Variables.optional(),
  /** Absent: the smallest that the catalogue entry runs in. */
  profile: Profile.optional(),
});
export type InstanceInput = z.infer<typeof InstanceInput>;

/** `POST …/instances/{id}/restart`: what is given takes the place of what is stored; null takes a variable away. */
export const RestartInput = z.strictObject({
  credentials: z.record(z.string().max(64), z.string().max(16_384).nullable()).optional(),
  profile: Profile.optional(),
});
export type RestartInput = z.infer<typeof RestartInput>;

/** An instance as the API shows it: of its variables, only which are set. */
export const HostedInstance = InstanceRecord.omit({ variables: true })
  .extend({
    variables: z.array(z.strictObject({ key: z.string(), setAt: z.int() })),
    /** Sums over its whole life; at most a minute behind. */
    usage: InstanceUsage,
  })
  .meta({ id: "HostedInstance" });
export type HostedInstance = z.infer<typeof HostedInstance>;

export const Plan = z.enum(["team", "enterprise"]);
export type Plan = z.infer<typeof Plan>;

/** Most instances of a workspace by its plan. */
const PLAN_INSTANCES: Record<Plan, number> = { team: 3, enterprise: 20 };

/** A workspace's plan, and how many instances it may have. */
export const HostingPlan = z
  .strictObject({
    plan: Plan,
    /** Set for this workspace in place of the plan's own number; null: the plan's. */
    maxInstances: z.int().min(0).max(1_000).nullable(),
  })
  .meta({ id: "HostingPlan" });
export type HostingPlan = z.infer<typeof HostingPlan>;

/** The most instances that the workspace may have. */
export function instanceLimit({ plan, maxInstances }: HostingPlan): number {
  return maxInstances ?? PLAN_INSTANCES[plan];
}

/** A workspace's instances, and how many it may have. */
export const HostedInstances = z
  .object({ items: z.array(HostedInstance), plan: HostingPlan, limit: z.int() })
  .meta({ id: "HostedInstances" });

/** What can be deployed, where, and what to warn of. */
export const HostingCatalogue = z
  .object({
    /** `isAvailable`: a host that takes instances has it. */
    items: z.array(
      HostingCatalogueEntry.extend({ isAvailable: z.boolean() }).meta({
        id: "HostingCatalogueEntry",
      }),
    ),
    /** Hosts that answer and take instances. */
    hosts: z.int(),
    /** To be shown wherever servers are deployed; null: nothing. */
    warning: z.string().nullable(),
  })
  .meta({ id: "HostingCatalogue" });

/** One day (UTC, days since 1970) of an instance's usage; it stays when the instance goes. */
export const UsageDay = InstanceUsage.extend({
  instanceId: z.string(),
  slug: z.string(),
  day: z.int(),
}).meta({ id: "HostingUsageDay" });
export type UsageDay = z.infer<typeof UsageDay>;

/** What the instance's host says of it. `missing`: it does not know it. `unreachable`: it does not answer. */
export interface InstanceReport {
  id: string;
  hostId: string | null;
  seen: Instance | "missing" | "unreachable";
  /** Epoch ms; its host was asked after it. */
  at: number;
}
