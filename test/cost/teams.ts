import type { Counts } from "./counters.ts";
import { toMonth } from "./counters.ts";
import type { Month } from "./price.ts";
import type { Costs } from "./scenarios.ts";

/** How a deployment is used in a month. */
export interface Team {
  label: string;
  workspaces: number;
  /** Calls far from each other, and calls in bursts. */
  isolatedCalls: number;
  burstCalls: number;
  /** Hours of all clients that listen. */
  listeningHours: number;
  /** Checks of all workspaces. */
  checks: number;
  deployments: number;
}

const DAYS = 30;
/** Checks a day of a workspace that is used around the clock: every five minutes. */
const BUSY = 24 * 12;
/** Of one that is used for nine hours on 22 of 30 days: every 15 minutes at night, about hourly on other days. */
const OFFICE = (22 * (9 * 12 + 15 * 4) + 8 * 24) / DAYS;
/** Of one that was not used for a week. */
const IDLE = 4;

/** A deployment for each size of team; the last two are the aims of the project. */
export const TEAMS: readonly Team[] = [
  {
    label: "5 people, 1 workspace",
    workspaces: 1,
    isolatedCalls: 2_000,
    burstCalls: 18_000,
    listeningHours: 5 * 22 * 9,
    checks: DAYS * OFFICE,
    deployments: 4,
  },
  {
    label: "50 people, 5 workspaces",
    workspaces: 5,
    isolatedCalls: 20_000,
    burstCalls: 380_000,
    listeningHours: 50 * 22 * 9,
    checks: 5 * DAYS * OFFICE,
    deployments: 4,
  },
  {
    label: "1,000 people, 100 workspaces",
    workspaces: 100,
    isolatedCalls: 400_000,
    burstCalls: 7_600_000,
    listeningHours: 1_000 * 22 * 9,
    checks: 100 * DAYS * OFFICE,
    deployments: 4,
  },
  {
    label: "100 workspaces, in each one client that always listens",
    workspaces: 100,
    isolatedCalls: 0,
    burstCalls: 0,
    listeningHours: 100 * DAYS * 24,
    checks: 100 * DAYS * BUSY,
    deployments: 4,
  },
  {
    label: "1,000 workspaces with 1,000 isolated calls each",
    workspaces: 1_000,
    isolatedCalls: 1_000_000,
    burstCalls: 0,
    listeningHours: 0,
    checks: 0,
    deployments: 0,
  },
  {
    label: "1,000 idle workspaces with 500 tools each",
    workspaces: 1_000,
    isolatedCalls: 0,
    burstCalls: 0,
    listeningHours: 0,
    checks: 1_000 * DAYS * IDLE,
    deployments: 0,
  },
];

/** The bill of a team's month. */
export function toTeamMonth(team: Team, costs: Costs): Month {
  const part = (counts: Counts, times: number) => ({ counts, times });
  return toMonth([
    part(costs.isolatedCall, team.isolatedCalls),
    part(costs.burstCall, team.burstCalls),
    part(costs.check, team.checks),
    part(costs.listeningHour, team.listeningHours),
    part(costs.deployment, team.deployments * team.workspaces),
  ]);
}
