import { expect, test } from "vitest";
import { runServerSuite } from "../../conformance/suite.ts";
import { SERVERS, startBridge } from "./start-bridge.ts";

/** Scenarios of 2026-07-28 that a legacy server behind the bridge cannot pass. */
const IMPOSSIBLE = [
  // It does not know the client capabilities of each request, so it never responds with -32021.
  "server-stateless",
  // It has no keys for its requests.
  "input-required-result-basic-elicitation",
  // The bridge declares all capabilities to it once.
  "input-required-result-capability-check",
];

test.each([
  ["2025-11-25", []],
  ["2026-07-28", IMPOSSIBLE],
] as const)(
  "the official suite of %s passes through the bridge except for scenarios that are impossible for a legacy server",
  async (revision, expectedFailures) => {
    const bridge = await startBridge(SERVERS.conformance, { env: { MCP_CONCURRENCY: "parallel" } });
    const scenarios = await runServerSuite(`${bridge.url}/mcp`, "", revision);
    const failed = [...scenarios]
      .filter(([, { failures }]) => failures.length > 0)
      .map(([name]) => name);
    expect(failed).toEqual(expectedFailures);
    expect(scenarios.size).toBeGreaterThanOrEqual(30);
  },
  120_000,
);
