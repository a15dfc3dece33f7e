import { mkdirSync } from "node:fs";
import { resolve } from "node:path";
import { cloudflareTest, readD1Migrations } from "@cloudflare/vitest-plugin";
import { defineConfig, type TestProjectInlineConfiguration } from "vitest/config";
import { LongFirst } from "./test/fixtures/long-first.ts";

process.env["WRANGLER_SEND_METRICS"] ??= "false";
process.env["CLOUDFLARE_CF_FETCH_ENABLED"] ??= "false";
/** `npm start` fetches from these services, and probes what they list, but not in tests. */
const WITHOUT_NETWORK = {
  MARKETPLACE_REGISTRY: "",
  MARKETPLACE_GITHUB: "",
  MARKETPLACE_NPM: "",
  MARKETPLACE_PYPI: "",
  MARKETPLACE_READMES: "",
  MARKETPLACE_PROBES: "off",
  MARKETPLACE_PUBLISHING: "off",
};
for (const [name, value] of Object.entries(WITHOUT_NETWORK)) process.env[name] ??= value;
// wrangler.toml requires them; the values that tests use are set below.
process.env["MCPNEST_OPERATOR_KEY"] ??= "unused";
process.env["MCPNEST_MASTER_KEYS"] ??= "unused";

// The configuration names the dashboard's folder, which is made when the dashboard is built.
mkdirSync("./web/dist", { recursive: true });

/** Suites that run hosted servers in containers. */
const ENGINE = [
  "test/node/container-host/**/*.test.ts",
  "test/node/hosting/**/*.test.ts",
  "test/node/dashboard/{hosting,workshop-generate}.test.ts",
];

/** Suites that wait for real time budgets, or handle large amounts: `npm test` leaves them out, CI runs them. */
const SLOW = [
  "test/node/{cost,full-disk,hang-ups,inspector,many-versions,marketplace-probes,marketplace-sync,memory,refresh-kills,restore-kills,stops,strangers,suspended-calls,tasks,time-limits}.test.ts",
  "test/node/bridge/{catalogue,clients,conformance,deviating,gateway,hostile}.test.ts",
  "test/node/dashboard/{accessibility,accessibility-of-popups,large-audit-log,unreachable}.test.ts",
];

/**
 * The dashboard's suites in Chromium, which compute for long: `npm test` leaves them out, CI runs them. `npm test` has those of
 * the frame, the sign-up and an owner's tasks, which visit most pages, and those that need no browser.
 */
const BROWSER =
  "test/node/dashboard/!(claude-bundle|connect|files|journey|owner-tasks|readme|shell|words).test.ts";

/** How long `expect.poll` waits for a condition: a busy machine is slow. */
const EXPECT = { poll: { timeout: 20_000 } };

const processes: TestProjectInlineConfiguration["test"] = {
  expect: EXPECT,
  // After the worker project, and few files at a time: each starts several processes.
  sequence: { groupOrder: 1 },
  pool: "forks",
  env: {
    // workerd's configuration has each certificate of this file, and they double the time of a gateway's start.
    NODE_EXTRA_CA_CERTS: "",
    // Half of what a short program of Node does is to compile itself.
    NODE_COMPILE_CACHE: resolve(".build/compile-cache"),
  },
  testTimeout: 30_000,
  hookTimeout: 60_000,
};

const migrations = await readD1Migrations("./d1-migrations");

export default defineConfig({
  test: {
    reporters: ["default", "./test/fixtures/stalled-run-reporter.ts"],
    sequence: { sequencer: LongFirst },
    projects: [
      {
        plugins: [
          cloudflareTest({
            wrangler: { configPath: "./wrangler.toml" },
            miniflare: {
              // Many tests wait for rows of the audit log.
              queueConsumers: { "mcpnest-audit": { maxBatchTimeout: 0.1 } },
              ratelimits: {
                // Tests without an address of their own share one.
                STRANGER_LIMIT: {
                  namespace_id: "14001",
                  simple: { limit: 1_000_000, period: 60 },
                },
                VISITOR_LIMIT: {
                  namespace_id: "14003",
                  simple: { limit: 1_000_000, period: 60 },
                },
                SMALL_STRANGER_LIMIT: {
                  namespace_id: "14002",
                  simple: { limit: 5, period: 60 },
                },
              },
              bindings: {
                TEST_MIGRATIONS: migrations,
                MCPNEST_OPERATOR_KEY: "test-operator-key-0123456789abcdef",
                MCPNEST_MASTER_KEYS:
                  '[{"kid":"k1","key":"MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY="}]',
                ALLOWED_HOSTS: "127.0.0.1:8787,gateway.test",
                ALLOW_PRIVATE_UPSTREAMS: "true",
                ...WITHOUT_NETWORK,
                BUDGETS:
                  '{"connectMs":2500,"firstByteMs":2500,"idleMs":2500,"totalMs":4000,"mergeMs":3500,"keepAliveMs":300,"bodyIdleMs":1500,"bodyTotalMs":3000}',
              },
            },
          }),
        ],
        test: {
          name: "worker",
          // The pool sends what is logged in another context than the test's, such as that of an object, with its next
          // message. A file whose last line is logged so has no next message, and vitest waits for its end for ever.
          disableConsoleIntercept: true,
          // A runtime for each file would take longer than the tests: the files of one worker share theirs, and D1.
          isolate: false,
          testTimeout: 30_000,
          hookTimeout: 60_000,
          expect: EXPECT,
          // These files wait for time budgets more than they compute.
          maxWorkers: 5,
          sequence: { groupOrder: 0 },
          include: ["test/worker/**/*.test.ts"],
          setupFiles: ["test/worker/support/setup.ts"],
          globalSetup: ["test/worker/support/global-upstreams.ts"],
        },
      },
      {
        test: {
          ...processes,
          name: "node",
          // These files compute. A process for each would spend seconds on the import of miniflare and Playwright.
          isolate: false,
          maxWorkers: 2,
          include: ["test/node/**/*.test.ts"],
          exclude: [...ENGINE, ...SLOW, BROWSER],
        },
      },
      {
        test: {
          ...processes,
          name: "slow",
          // After the engine's.
          sequence: { groupOrder: 3 },
          // Most of these files wait more than they compute.
          maxWorkers: 3,
          // The first test can have to build the bundle.
          testTimeout: 60_000,
          include: SLOW,
          globalSetup: ["test/node/support/install-catalogue.ts"],
        },
      },
      {
        test: {
          ...processes,
          name: "browser",
          // After the slow files.
          sequence: { groupOrder: 4 },
          maxWorkers: 2,
          // As in `node`.
          isolate: false,
          include: [BROWSER],
          exclude: [...ENGINE, ...SLOW],
        },
      },
      {
        // Their files say why they are skipped where there is no container engine. One at a time: two beside the static
        // checks and the conformance run took longer than one after the other, and met their time limits.
        test: {
          ...processes,
          name: "engine",
          sequence: { groupOrder: 2 },
          maxWorkers: 1,
          // Some of these tests take 25 s alone.
          testTimeout: 90_000,
          hookTimeout: 120_000,
          include: ENGINE,
        },
      },
    ],
  },
});
