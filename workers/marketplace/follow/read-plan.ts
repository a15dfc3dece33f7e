import type { Db } from "../../db/database.ts";
import {
  listWorkspaceEntries,
  type EntryRow,
  type FollowRow,
} from "../../db/followed-registries.ts";
import { listInstances } from "../../db/instances.ts";
import { listServers } from "../../db/workspaces.ts";
import { decidePlan, findTarget, type PlanContext, type Proposal } from "./plan.ts";

/** What the plans of a workspace's follows are made of. */
export interface PlanSources extends Pick<PlanContext, "servers" | "instances"> {
  /** Of all follows. */
  entries: EntryRow[];
}

/** Reads what the plans of a workspace's follows are made of. */
export async function readPlanSources(db: Db, workspaceId: string): Promise<PlanSources> {
  const entries = await listWorkspaceEntries(db, workspaceId);
  const servers = await listServers(db, workspaceId);
  const instances = await listInstances(db, workspaceId);
  return { entries, servers, instances };
}

/** The plan of one of the follows. */
export function toPlan(follow: FollowRow, sources: PlanSources): Proposal[] {
  const keptElsewhere = new Map(
    sources.entries.flatMap(({ followId, name, target }) => {
      const slug = followId === follow.id ? null : findTarget(target, sources);
      return slug === null ? [] : [[name, slug] as const];
    }),
  );
  const own = sources.entries.filter(({ followId }) => followId === follow.id);
  return decidePlan(own, { follow, ...sources, keptElsewhere });
}

/** Reads the plan of a follow. */
export async function readPlan(db: Db, follow: FollowRow): Promise<Proposal[]> {
  return toPlan(follow, await readPlanSources(db, follow.workspaceId));
}
