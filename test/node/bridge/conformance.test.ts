import { expect, test } from "vitest";
import { runServerSuite } from "../../conformance/suite.ts";
import { SERVERS, startBridge } from "./start-bridge.ts";

/** What a server of the legacy era cannot know or say, however it is bridged. */
const LOSSY = [
  // It cannot know which capabilities a client's next request declares, so it never answers -32021.
  "server-stateless",
  // It does not name its questions.
  "input-required-result-basic-elicitation",
  // It was told once that every kind of question can be asked.
  "input-required-result-capability-check",
];

test.each([
  ["2025-11-25", []],
  ["2026-07-28", LOSSY],
] as const)(
  "the official suite of %s passes but for what a legacy server cannot do",
  async (revision, lossy) => {
    const bridge = await startBridge(SERVERS.conformance, { env: { MCP_CONCURRENCY: "parallel" } });
    const scenarios = await runServerSuite(`${bridge.url}/mcp`, "", revision);
    const failed = [...scenarios]
      .filter(([, { failures }]) => failures.length > 0)
      .map(([name]) => name);
    expect(failed).toEqual(lossy);
    expect(scenarios.size).toBeGreaterThanOrEqual(30);
  },
  120_000,
);
