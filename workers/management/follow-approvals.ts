import type { Context } from "hono";
import type { z } from "zod";
import type { PlanApproval } from "../contract/api/followed-registries.ts";
import type { Refusal } from "../contract/rpc/commands.ts";
import {
  approvePlan,
  findFollow,
  type FollowRow,
  type PlanDecisions,
} from "../db/followed-registries.ts";
import { makeAuditEvent } from "../identity/audit-events.ts";
import { toPlanVersion, type Proposal } from "../marketplace/follow/plan.ts";
import { sendStep, toLease } from "../marketplace/follow/run.ts";
import type { ManagementEnv } from "./authorize.ts";

type Approval = z.infer<typeof PlanApproval>;

/** An approval's decisions on each proposal, or why it is refused. */
type Decided = { ok: true; decisions: PlanDecisions } | { ok: false; refusal: Refusal };

/**
 * Decides an approval against the plan as it is now. A proposal that is not named is left out, unless it is to be applied
 * without a decision anyway.
 */
export function decideApproval(
  follow: FollowRow,
  proposals: Proposal[],
  { version, names }: Approval,
): Decided {
  const refuseWith = (code: Refusal["code"], message: string): Decided => ({
    ok: false,
    refusal: { code, message },
  });
  if (follow.checkedAt === null)
    return refuseWith("conflict", "The registry was not read to its end yet: there is no plan.");
  if (toPlanVersion(proposals) !== version)
    return refuseWith("conflict", "version: the plan has changed since. Read it again.");
  const open = proposals.filter(({ state }) => state !== "none");
  const wanted = new Set(names);
  const unknown = names.find((name) => !open.some((proposal) => proposal.name === name));
  if (unknown !== undefined)
    return refuseWith("invalid", `names: the plan proposes nothing for ${unknown}.`);
  const toPair = ({ name, key }: Proposal): [string, string] => [name, key];
  return {
    ok: true,
    decisions: {
      approved: open.filter(({ name }) => wanted.has(name)).map(toPair),
      leftOut: open.filter(({ name }) => !wanted.has(name)).map(toPair),
    },
  };
}

/** Stores an approval and begins to apply it. Undefined: the follow was changed meanwhile. */
export async function approve(
  c: Context<ManagementEnv>,
  follow: FollowRow,
  decisions: PlanDecisions,
  { additions, changes }: Approval["automatic"],
): Promise<FollowRow | undefined> {
  const { db, actor, person, workspace } = c.var;
  const detail = {
    name: follow.url,
    pattern: follow.pattern,
    entries: decisions.approved.map(([name]) => name),
    leftOut: decisions.leftOut.length,
    automatic: { additions, changes },
  };
  const object = `follow:${follow.id}`;
  const event = makeAuditEvent(
    actor,
    "followed_registry.plan_approved",
    object,
    detail,
    workspace.id,
  );
  const isIdle = follow.phase === "idle";
  const change = {
    addsEntries: additions,
    appliesChanges: changes,
    approvedAt: Date.now(),
    approvedBy: person,
    // A run that is in progress applies it at its end.
    ...(isIdle
      ? {
          phase: "apply" as const,
          run: follow.run + 1,
          step: follow.step + 1,
          pages: 0,
          leaseUntil: toLease(),
        }
      : {}),
  };
  if (!(await approvePlan(db, follow, decisions, change, event))) return undefined;
  const approved = await findFollow(db, workspace.id, follow.id);
  if (approved && isIdle) await sendStep(c.env, approved);
  return approved;
}
