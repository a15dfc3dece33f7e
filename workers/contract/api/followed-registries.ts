import { z } from "zod";
import { Person } from "./resources.ts";

/** Names that a follow takes: a namespace and a name, `*` for any characters but a slash. */
const FollowPattern = z
  .string()
  .max(200)
  .regex(
    /^[a-zA-Z0-9.*-]+\/[a-zA-Z0-9._*-]+$/,
    "write namespace/name, with * for any characters, such as com.example.*/*",
  );

const SecretText = z
  .string()
  .min(1)
  .max(8192)
  .regex(/^[\x20-\x7e]+$/, "use visible ASCII characters and spaces");

/** Where a value may be sent. */
const Place = z
  .string()
  .max(300)
  .refine(
    (place) =>
      /^npm:[^\s]+$/.test(place) || (URL.canParse(place) && new URL(place).origin === place),
    "give the origin of a server, such as https://mcp.example.com, or npm: and a package",
  );

const MAX_VALUES = 50;

/** A value for a header of the servers of one origin, or a variable of an npm package. Null removes it. */
const FollowValue = z.strictObject({
  for: Place,
  name: z.string().min(1).max(128),
  value: SecretText.nullable(),
});

/** What is applied without a further approval, once a plan was approved. */
const Automatic = z.strictObject({
  /** New entries of the pattern. */
  additions: z.boolean(),
  /** Changes of entries that keep their host, package and required values. */
  changes: z.boolean(),
});

/** Body that follows a registry. */
export const FollowInput = z.strictObject({
  /** The address of the registry's API, with or without `/v0.1`. */
  url: z.url({ protocol: /^https?$/ }).max(2_000),
  pattern: FollowPattern,
  /** Sent to the registry's origin as a bearer token. Write-only. */
  token: SecretText.optional(),
  /** Write-only, stored encrypted and bound to `for`. */
  values: z.array(FollowValue).max(MAX_VALUES).optional(),
});
export type FollowInput = z.infer<typeof FollowInput>;

/** Changes of a follow. Another address or pattern needs the approval of a plan again. `token` null removes it. */
export const FollowPatch = FollowInput.extend({
  token: SecretText.nullable(),
  automatic: Automatic,
}).partial();
export type FollowPatch = z.infer<typeof FollowPatch>;

/** Body that approves a plan. */
export const PlanApproval = z.strictObject({
  /** Of the plan that the admin has read. */
  version: z.string().max(100),
  /** The entries whose proposals are approved, removals included; the others are left out until they are approved. */
  names: z.array(z.string().max(200)).max(500),
  automatic: Automatic,
});

/** A registry that a workspace follows. Times in epoch ms. */
export const FollowedRegistry = z
  .object({
    id: z.string(),
    /** The base of the registry's API, to which `/v0.1/servers` is added. */
    url: z.string(),
    pattern: z.string(),
    hasToken: z.boolean(),
    values: z.array(z.object({ for: z.string(), name: z.string(), setAt: z.int() })),
    automatic: Automatic,
    createdAt: z.int(),
    /** Null: no plan of this address and pattern is approved, and nothing is added. */
    approvedAt: z.int().nullable(),
    approvedBy: Person.nullable(),
    /** Whether it is being read or applied now. */
    isRunning: z.boolean(),
    /** When the registry was last read to its end. Null: not yet. */
    checkedAt: z.int().nullable(),
    /** Why the last reading failed; null: it did not. */
    problem: z.string().nullable(),
    /** When it is read next. */
    nextRunAt: z.int(),
    /** Proposals that wait for an admin's decision. */
    waiting: z.int(),
    /** Proposals that cannot be applied: refused, or decided on and failed. Each has its reason in the plan. */
    failing: z.int(),
    /** Servers and hosted servers that it keeps. */
    kept: z.int(),
  })
  .meta({ id: "FollowedRegistry" });
export type FollowedRegistry = z.infer<typeof FollowedRegistry>;

/** An entry of a followed registry, and what is proposed for it. */
export const PlanItem = z
  .object({
    /** The entry's name. */
    name: z.string(),
    title: z.string().nullable(),
    version: z.string().nullable(),
    /**
     * `add` a server, `deploy` a hosted one, `change` or `remove` the one that is kept. `refused`: it cannot be done.
     * `kept`: nothing is to do.
     */
    kind: z.enum(["add", "deploy", "change", "remove", "refused", "kept"]),
    /** The slug of the server that is kept; null: there is none. */
    server: z.string().nullable(),
    /** The address or npm package that the registry names; null: none that can be used. */
    address: z.string().nullable(),
    /** What is proposed or noticed, as sentences. */
    notes: z.array(z.string()),
    /** Why it cannot be done, or why the last attempt failed. */
    reason: z.string().nullable(),
    /** `decide`: an admin approves it or leaves it out. `due`: it is applied without one. `left-out`: an admin left it out. */
    state: z.enum(["decide", "due", "left-out", "none"]),
  })
  .meta({ id: "PlanItem" });
export type PlanItem = z.infer<typeof PlanItem>;

/** A follow with its plan. */
export const FollowPlan = z
  .object({
    follow: FollowedRegistry,
    /** Changes with each proposal. */
    version: z.string(),
    items: z.array(PlanItem),
  })
  .meta({ id: "FollowPlan" });
export type FollowPlan = z.infer<typeof FollowPlan>;

/** A server that a follow keeps. */
export const FollowedServer = z
  .object({
    /** Its slug. */
    server: z.string(),
    follow: z.object({ id: z.string(), url: z.string() }),
    /** The entry's name, and its version in the registry; null: it states none, or it is gone. */
    entry: z.string(),
    version: z.string().nullable(),
    /** Whether the registry no longer has the entry. */
    isGone: z.boolean(),
    /** Why the entry is deprecated; empty: the registry does not say; null: it is not deprecated. */
    deprecated: z.string().nullable(),
  })
  .meta({ id: "FollowedServer" });
export type FollowedServer = z.infer<typeof FollowedServer>;
