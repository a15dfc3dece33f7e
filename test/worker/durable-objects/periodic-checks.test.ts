import { runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { expect, inject, test } from "vitest";
import { DAY_MS, HOUR_MS, MINUTE_MS } from "../../../workers/contract/units.ts";
import { later } from "../support/clock.ts";
import {
  bindings,
  callTool,
  makeWorkspace,
  upstreamStats,
  waitForRows,
} from "../support/gateway-client.ts";
import { manage } from "../support/management-client.ts";
import { readMeta } from "../support/workspace-object.ts";

/** Makes the server of a name fail every request in this way; without one, no request. */
const switchServer = (name: string, fault = "") =>
  fetch(`${inject("hostileUrl")}/switched/${name}/${fault}`, { method: "PUT" });

/** A workspace with one server, whose alarm the test runs. */
async function makeChecked(slug: string) {
  const path = `/switched/${slug}`;
  const client = await makeWorkspace(slug, { up: path });
  const stub = bindings.WORKSPACES.getByName(slug);
  /** The checks of the server so far. */
  const count = async () => (await upstreamStats(path)).methods["tools/list"] ?? 0;
  let known = await count();
  return {
    client,
    stub,
    /** Runs the alarm that much later, and what waits for its effect. */
    ring: (ms: number, wait: () => Promise<unknown> = () => Promise.resolve()) =>
      later(ms, async () => {
        await runDurableObjectAlarm(stub);
        await wait();
      }),
    /** How many times the server was checked since the last time. */
    checks: async (expected: number) => {
      await expect.poll(async () => (await count()) - known).toBeGreaterThanOrEqual(expected);
      const made = (await count()) - known;
      known += made;
      return made;
    },
  };
}

test("a workspace with calls checks its servers every five minutes, by its own alarm", async () => {
  const { client, ring, checks } = await makeChecked("rhythm-used");
  await callTool(client, "echo");
  await waitForRows("rhythm-used", 1);
  await ring(3 * MINUTE_MS);
  expect(await checks(0)).toBe(0);
  await ring(6.1 * MINUTE_MS);
  expect(await checks(1)).toBe(1);
});

test("a workspace without calls checks its servers more and more seldom", async () => {
  const { ring, checks } = await makeChecked("rhythm-unused");
  // [when the alarm is run, checks]: every 15 minutes, after a day every hour, after a week every 6 hours; a fifth off.
  const runs: [number, number][] = [
    [11 * MINUTE_MS, 0],
    [19 * MINUTE_MS, 1],
    [19 * MINUTE_MS + 11 * MINUTE_MS, 0],
    [DAY_MS + HOUR_MS, 1],
    [DAY_MS + HOUR_MS + 47 * MINUTE_MS, 0],
    [DAY_MS + HOUR_MS + 73 * MINUTE_MS, 1],
    [8 * DAY_MS, 1],
    [8 * DAY_MS + 4.7 * HOUR_MS, 0],
    [8 * DAY_MS + 7.3 * HOUR_MS, 1],
  ];
  for (const [at, expected] of runs) {
    // A check that begins is noted in the rhythm at once.
    const before = await readMeta("rhythm-unused", "check_rhythm");
    await ring(at);
    const isChecked = (await readMeta("rhythm-unused", "check_rhythm")) !== before;
    expect([at, Number(isChecked)]).toEqual([at, expected]);
    await checks(expected);
  }
});

test("a workspace without calls checks its servers every five minutes while a client listens", async () => {
  const { stub, ring, checks } = await makeChecked("rhythm-listening");
  await ring(8 * DAY_MS);
  expect(await checks(1)).toBe(1);
  await runInDurableObject(stub, (_instance, state) => {
    state.acceptWebSocket(new WebSocketPair()[1]);
  });
  await ring(8 * DAY_MS + 6.1 * MINUTE_MS);
  expect(await checks(1)).toBe(1);
});

test("checks with the same result are in the history about once an hour, another result at once", async () => {
  const { client, ring, checks } = await makeChecked("rhythm-history");
  const listResults = async () => {
    const { body } = await manage("GET", "/workspaces/rhythm-history/health?server=up");
    return body.history.map(({ error }: { error: unknown }) => error === null);
  };
  expect(await listResults()).toEqual([true]);
  let at = 0;
  const ringAfter = async (ms: number, wait: () => Promise<unknown>) => {
    await callTool(client, "echo");
    at += ms;
    await ring(at, wait);
  };
  const checkAfter = (ms: number, expected: boolean[]) =>
    ringAfter(ms, async () => {
      await expect.poll(listResults).toEqual(expected);
    });
  for (let i = 0; i < 3; i++) await ringAfter(6.1 * MINUTE_MS, () => checks(1));
  expect(await listResults()).toEqual([true]);
  await switchServer("rhythm-history", "500");
  await checkAfter(6.1 * MINUTE_MS, [false, true]);
  await switchServer("rhythm-history");
  await checkAfter(6.1 * MINUTE_MS, [true, false, true]);
  await checkAfter(50 * MINUTE_MS, [true, true, false, true]);
});
