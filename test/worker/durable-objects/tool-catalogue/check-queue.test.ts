import { expect, test } from "vitest";
import {
  CheckQueue,
  type CheckTurn,
} from "../../../../durable-objects/tool-catalogue/check-queue.ts";
import type { ServerCheck } from "../../../../workers/contract/rpc/tool-catalogue.ts";

const GOOD: ServerCheck = { checkedAt: 1, latencyMs: 1, error: null };
const TOO_LARGE: ServerCheck = { ...GOOD, error: { code: "upstream_too_large", message: "" } };
const LARGE_BYTES = 5 * 1024 * 1024;

test("servers with large messages are checked one after the other, and other servers beside them", async () => {
  const queue = new CheckQueue(60_000);
  const turns: string[] = [];
  let running = 0;
  let mostRunning = 0;
  const finishes: (() => void)[] = [];
  const large = (id: string) => async (turn: CheckTurn) => {
    turns.push(id);
    if (turn.maxMessageBytes < LARGE_BYTES) return TOO_LARGE;
    mostRunning = Math.max(mostRunning, ++running);
    await new Promise<void>((resolve) => finishes.push(resolve));
    running--;
    return GOOD;
  };
  const ids = ["a", "b", "c", "d", "e", "f"];
  const checks = Promise.all(ids.map((id) => queue.check(id, large(id))));
  for (const _ of ids) {
    await expect.poll(() => finishes.length).toBe(1);
    expect(await queue.check("small", () => Promise.resolve(GOOD))).toEqual(GOOD);
    finishes.pop()?.();
  }
  expect(await checks).toEqual(ids.map(() => GOOD));
  expect(mostRunning).toBe(1);
  // The first turn shows that a server has large messages; later checks begin with a turn for them.
  expect(turns).toHaveLength(12);
  const again = queue.check("a", large("a"));
  await expect.poll(() => finishes.length).toBe(1);
  finishes.pop()?.();
  expect(await again).toEqual(GOOD);
  expect(turns).toHaveLength(13);
});
