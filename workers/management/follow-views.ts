import type {
  FollowedRegistry,
  FollowedServer,
  FollowPlan,
} from "../contract/api/followed-registries.ts";
import type { FollowRow } from "../db/followed-registries.ts";
import type { Names } from "../db/names.ts";
import { findTarget, toPlanVersion, type Proposal } from "../marketplace/follow/plan.ts";
import type { PlanSources } from "../marketplace/follow/read-plan.ts";
import { isRegistryPlace } from "../marketplace/follow/secrets.ts";

/** API view of a follow: which values it has, never what they are. */
export function toFollowView(
  follow: FollowRow,
  proposals: Proposal[],
  names: Names,
): FollowedRegistry {
  const { id, url, pattern, createdAt, approvedAt, approvedBy, checkedAt, problem } = follow;
  const approver = names.find(approvedBy);
  return {
    id,
    url,
    pattern,
    createdAt,
    approvedAt,
    checkedAt,
    problem,
    hasToken: follow.secrets.some(({ place }) => isRegistryPlace(place)),
    values: follow.secrets
      .filter(({ place }) => !isRegistryPlace(place))
      .map(({ place, name, setAt }) => ({ for: place, name, setAt })),
    automatic: { additions: follow.addsEntries, changes: follow.appliesChanges },
    approvedBy:
      approvedBy === null
        ? null
        : { id: approvedBy, name: approver?.name ?? null, hasLeft: approver?.isGone ?? false },
    isRunning: follow.phase !== "idle",
    nextRunAt: follow.nextRunAt,
    waiting: proposals.filter(({ state }) => state === "decide").length,
    failing: proposals.filter(
      ({ kind, state, reason }) => kind === "refused" || (state === "due" && reason !== null),
    ).length,
    kept: proposals.filter(({ server }) => server !== null).length,
  };
}

/** API view of a follow with its plan. */
export function toFollowPlan(follow: FollowRow, proposals: Proposal[], names: Names): FollowPlan {
  return {
    follow: toFollowView(follow, proposals, names),
    version: toPlanVersion(proposals),
    items: proposals.map(({ row: _row, key: _key, ...item }) => item),
  };
}

/** The servers that follows keep, by slug. */
export function toFollowedServers(follows: FollowRow[], sources: PlanSources): FollowedServer[] {
  const urls = new Map(follows.map(({ id, url }) => [id, url]));
  return sources.entries
    .flatMap(({ followId, name, target, found }) => {
      const url = urls.get(followId);
      const server = findTarget(target, sources);
      if (url === undefined || server === null) return [];
      return [
        {
          server,
          follow: { id: followId, url },
          entry: name,
          version: found?.version ?? null,
          isGone: found === null,
          deprecated: found?.deprecated ?? null,
        },
      ];
    })
    .toSorted((a, b) => a.server.localeCompare(b.server));
}
