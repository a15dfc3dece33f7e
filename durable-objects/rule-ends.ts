import type { LoadedWorkspace } from "./admission/loaded-workspace.ts";
import type { AlarmTask } from "./alarm-clock.ts";
import type { AccessPolicy } from "./policy/access-policy.ts";

/**
 * The ends of rules as a task of the object's alarm. Admission refuses by itself from the end on; `onEnded` has clients with
 * open streams know of the lists that changed.
 */
export function ruleEndsTask(onEnded: () => void): AlarmTask {
  /** Until when ends are announced, epoch ms; null: what ended while the object was not in memory can be new to clients. */
  let announcedAt: number | null = null;
  return {
    nextDueAt(loaded) {
      const ends = endsOf(loaded);
      const after = announcedAt ?? Date.now();
      // Streams outlive the object's time in memory. Without rules that have ended, nothing costs anything.
      if (announcedAt === null && ends.some((at) => at <= after)) onEnded();
      announcedAt ??= after;
      return ends.find((at) => at > after) ?? null;
    },
    run(loaded) {
      const ends = endsOf(loaded);
      const now = Date.now();
      const since = announcedAt ?? 0;
      announcedAt = now;
      if (ends.some((at) => at > since && at <= now)) onEnded();
      return Promise.resolve(ends.find((at) => at > now) ?? null);
    },
  };
}

/** When the next rule ends, epoch ms; null: none does. */
export function nextRuleEnd(loaded: LoadedWorkspace | null, now: number): number | null {
  return (loaded && endsOf(loaded).find((at) => at > now)) ?? null;
}

/** The ends of all rules, sorted, epoch ms. Kept with the policy: each written call asks for the next one. */
function endsOf({ config, policy }: LoadedWorkspace): readonly number[] {
  const known = KNOWN.get(policy);
  if (known) return known;
  const holders = [...config.members.values(), ...config.teams.values()];
  const ends = holders
    .flatMap(({ terms }) => Object.values(terms).map(({ endsAt }) => endsAt))
    .filter((endsAt) => endsAt !== null)
    .toSorted((one, other) => one - other);
  KNOWN.set(policy, ends);
  return ends;
}

const KNOWN = new WeakMap<AccessPolicy, readonly number[]>();
