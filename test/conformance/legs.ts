import type { ManagementApi } from "../../scripts/management-client.ts";
import { createGovernedWorkspace, createOpenWorkspace } from "../fixtures/local-gateway.ts";
import { openAuthorizationServer } from "./authorization-server.ts";
import type { Eras } from "./fixture/eras.ts";
import {
  listClientScenarios,
  runClientScenario,
  runServerScenario,
  runServerSuite,
  SKILL_SCENARIOS,
  type Outcome,
  type Revision,
  type Scenarios,
} from "./suite.ts";

/** The servers that all legs use: the gateway, one fixture of each kind, and other upstreams. */
export interface Stage {
  api: ManagementApi;
  fixtures: Record<Exclude<Eras, "both">, string>;
  /** The second fixture, whose names are those of the first. */
  second: { slug: string; url: string };
  /** Servers with other names. */
  examples: { slug: string; url: string }[];
}

/** One pairing of client and servers in which the suite tests the gateway. */
export interface Leg {
  id: string;
  client: string;
  servers: string;
  run(stage: Stage): Promise<LegResult>;
  /** Whether a scenario is impossible in this pairing. */
  isExcluded?: (outcome: Outcome) => boolean;
}
/** The outcomes of all scenarios of a leg, and a function that runs one scenario again. */
export interface LegResult {
  scenarios: Scenarios;
  runAgain: (name: string) => Promise<Outcome>;
}

const PREFIX = "fixture";
const NOT_RUN: Outcome = {
  failures: [{ check: "suite", message: "did not run" }],
  warnings: [],
  names: [],
};

const NAMES: Record<keyof Stage["fixtures"], string> = {
  legacy: "one of 2025-11-25, with sessions",
  "legacy-stateless": "one of 2025-11-25, without sessions",
  modern: "one of 2026-07-28",
};

/** The extensions of the sign-in that the gateway has. The suite runs them on request, and does not score them. */
const SIGN_IN_EXTENSIONS = [
  "auth/client-credentials-basic",
  "auth/client-credentials-jwt",
  "auth/wif-jwt-bearer",
];

/** Every leg, in the order of the table. */
export const LEGS: readonly Leg[] = [
  direct("legacy-direct", "2025-11-25", "legacy"),
  direct("modern-direct", "2026-07-28", "modern"),
  asOnlyServer("legacy-to-legacy", "2025-11-25", "legacy"),
  asOnlyServer("legacy-to-stateless", "2025-11-25", "legacy-stateless"),
  asOnlyServer("modern-to-modern", "2026-07-28", "modern"),
  asOnlyServer("legacy-to-modern", "2025-11-25", "modern"),
  asOnlyServer("modern-to-legacy", "2026-07-28", "legacy"),
  amongOthers("legacy-among-others", "2025-11-25", "legacy"),
  amongOthers("modern-among-others", "2026-07-28", "modern"),
  governed("legacy-with-rules", "2025-11-25", "legacy"),
  governed("modern-with-rules", "2026-07-28", "modern"),
  asClient("as-legacy-client", "2025-11-25"),
  asClient("as-modern-client", "2026-07-28"),
  asClient("as-client-with-extensions", "2026-07-28", SIGN_IN_EXTENSIONS),
  withSkills("legacy-skills", "2025-11-25", "modern"),
  withSkills("modern-skills", "2026-07-28", "legacy"),
  asClient("as-legacy-client-with-skills", "2025-11-25", SKILL_SCENARIOS.client),
  asClient("as-modern-client-with-skills", "2026-07-28", SKILL_SCENARIOS.client),
  {
    id: "authorization-server",
    client: "the suite's",
    servers: "the authorization server of the gateway",
    async run({ api }) {
      const runAll = await openAuthorizationServer(api);
      // The second scenario needs what the first has read.
      const runAgain = async (name: string) => (await runAll()).get(name) ?? NOT_RUN;
      return { scenarios: await runAll(), runAgain };
    },
  },
];

/** The fixture without the gateway: a failure here is not the gateway's. */
function direct(id: string, revision: Revision, fixture: keyof Stage["fixtures"]): Leg {
  return {
    id,
    client: revision,
    servers: `${NAMES[fixture]}; without the gateway`,
    run: ({ fixtures }) => testServer(fixtures[fixture], "", revision, fixture),
  };
}

/** The fixture as the workspace's only server, without a prefix: all required scenarios count. */
function asOnlyServer(id: string, revision: Revision, fixture: keyof Stage["fixtures"]): Leg {
  return {
    id,
    client: revision,
    servers: NAMES[fixture],
    async run({ api, fixtures }) {
      const servers = [{ slug: "fixture", url: fixtures[fixture] }];
      const { gatewayUrl, token } = await createOpenWorkspace(api, id, servers);
      return testServer(gatewayUrl, token, revision, fixture);
    },
  };
}

/** The fixture among other servers, all with prefixes. Scenarios that send a name without the prefix do not count. */
function amongOthers(id: string, revision: Revision, fixture: keyof Stage["fixtures"]): Leg {
  return {
    id,
    client: revision,
    servers: `${NAMES[fixture]}, and three others, with prefixes`,
    async run({ api, fixtures, second, examples }) {
      const servers = [
        { slug: "fixture", url: fixtures[fixture], prefix: PREFIX },
        ...[second, ...examples].map((server) => ({ ...server, prefix: server.slug })),
      ];
      const { gatewayUrl, token } = await createOpenWorkspace(api, id, servers);
      return testServer(gatewayUrl, token, revision, fixture);
    },
    isExcluded: ({ names }) => names.some((sent) => !sent.startsWith(`${PREFIX}_`)),
  };
}

/**
 * The fixture among servers with other names, all with prefixes, for a member who is allowed to use this server only. All
 * required scenarios count: a name without its prefix is accepted as long as only one server has it.
 */
function governed(id: string, revision: Revision, fixture: keyof Stage["fixtures"]): Leg {
  return {
    id,
    client: revision,
    servers: `${NAMES[fixture]}, and two others, with prefixes and rules`,
    async run({ api, fixtures, examples }) {
      const servers = [
        { slug: "fixture", url: fixtures[fixture], prefix: PREFIX },
        ...examples.map((server) => ({ ...server, prefix: server.slug })),
      ];
      const workspace = await createGovernedWorkspace(api, id, servers, ["fixture:*"]);
      return testServer(workspace.gatewayUrl, workspace.token, revision, fixture);
    },
  };
}

/** The fixture and another one with the same skills, both with prefixes. */
function withSkills(id: string, revision: Revision, fixture: keyof Stage["fixtures"]): Leg {
  return {
    id,
    client: `${revision}, skills`,
    servers: `${NAMES[fixture]}, and one with the same skills, with prefixes`,
    async run({ api, fixtures, second }) {
      const servers = [
        { slug: "fixture", url: fixtures[fixture], prefix: PREFIX },
        { ...second, prefix: second.slug },
      ];
      const { gatewayUrl, token } = await createOpenWorkspace(api, id, servers);
      const runAgain = (name: string) => runServerScenario(name, gatewayUrl, token, revision);
      const scenarios: Scenarios = new Map();
      for (const name of SKILL_SCENARIOS.server) scenarios.set(name, await runAgain(name));
      return { scenarios, runAgain };
    },
  };
}

/** The gateway as the client of the suite's own servers, in the required scenarios, or those of `extensions`. */
function asClient(id: string, revision: Revision, extensions?: readonly string[]): Leg {
  return {
    id,
    client: `the gateway, ${revision}${extensions ? ", extensions" : ""}`,
    servers: "the suite's own",
    async run({ api, fixtures }) {
      const env = {
        MCPNEST_API_URL: api.apiUrl,
        MCPNEST_OPERATOR_KEY: api.operatorKey,
        MCPNEST_FIXTURE_URL: fixtures.legacy,
      };
      const runAgain = (name: string) => runClientScenario(name, revision, env);
      const names = extensions ?? (await listClientScenarios(revision));
      const outcomes: Scenarios = new Map();
      const waiting = [...names];
      const work = async () => {
        for (let name = waiting.shift(); name !== undefined; name = waiting.shift())
          outcomes.set(name, await runAgain(name));
      };
      // Each has a separate workspace, and most of its time is the start of processes.
      await Promise.all([work(), work()]);
      const scenarios = new Map(names.map((name) => [name, outcomes.get(name) ?? NOT_RUN]));
      return { scenarios, runAgain };
    },
  };
}

/** With the scenarios of tasks where client and server are of 2026-07-28: tasks are not translated between the eras. */
async function testServer(
  url: string,
  token: string,
  revision: Revision,
  fixture: keyof Stage["fixtures"],
): Promise<LegResult> {
  const hasTasks = revision === "2026-07-28" && fixture === "modern";
  return {
    scenarios: await runServerSuite(url, token, revision, hasTasks),
    runAgain: (name) => runServerScenario(name, url, token, revision),
  };
}
