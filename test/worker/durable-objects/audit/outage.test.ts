import { runInDurableObject } from "cloudflare:test";
import { expect, test } from "vitest";
import { OutboxTable } from "../../../../durable-objects/audit/outbox-table.ts";
import { MINUTE_MS } from "../../../../workers/contract/units.ts";
import wrangler from "../../../../wrangler.toml?raw";
import { bindings, makeWorkspace } from "../../support/gateway-client.ts";

const SECOND_MS = 1_000;
/** Each sends a message a second: together 100. They do the same, so that the outbox of one is enough. */
const WORKSPACES = 100;
/** Calls of one batch of the outbox. */
const ROWS = 5;
const BATCH = JSON.stringify(Array.from({ length: ROWS }, () => ["x".repeat(150)]));
/** Time of one batch of D1: for itself, and for each row. */
const D1_BATCH_MS = 50;
const D1_ROW_MS = 0.1;
const OUTAGE = { from: 2 * MINUTE_MS, to: 62 * MINUTE_MS };

/** A number of the queue's consumer in wrangler.toml. */
const read = (name: string) => Number(new RegExp(`^${name} = (\\d+)$`, "m").exec(wrangler)?.[1]);

interface Queued {
  batches: number[];
  deliverAt: number;
  attempts: number;
}

/** The queue and its consumers, second by second. While D1 is away, a message is tried again or dropped. */
class Pipeline {
  readonly #batchSize = read("max_batch_size");
  readonly #retries = read("max_retries");
  readonly #retryDelayMs = read("retry_delay") * SECOND_MS;
  #queue: Queued[] = [];
  /** Time of D1, which executes one batch at a time; negative: it still has work of the seconds before. */
  #leftMs = 0;
  /** Calls that D1 has written, each time they were. */
  written = 0;

  send(batches: number[], now: number): void {
    this.#queue.push({ batches, deliverAt: now, attempts: 0 });
  }

  /** One second of the consumers; returns the batches that are stored. Each message counts for all workspaces. */
  run(now: number, isAway: boolean): number[] {
    const stored: number[] = [];
    this.#leftMs = Math.min(this.#leftMs, 0) + SECOND_MS;
    for (const message of this.#queue.filter(({ deliverAt }) => deliverAt <= now)) {
      if (this.#leftMs <= 0) break;
      this.#leftMs -= (WORKSPACES / this.#batchSize) * D1_BATCH_MS;
      this.#queue = this.#queue.filter((queued) => queued !== message);
      if (isAway) this.#retry(message, now);
      else {
        const rows = message.batches.length * ROWS * WORKSPACES;
        this.#leftMs -= rows * D1_ROW_MS;
        this.written += rows;
        stored.push(...message.batches);
      }
    }
    return stored;
  }

  #retry({ batches, attempts }: Queued, now: number): void {
    const deliverAt = now + this.#retryDelayMs;
    if (attempts < this.#retries) this.#queue.push({ batches, deliverAt, attempts: attempts + 1 });
  }
}

function simulate(sql: SqlStorage) {
  const outbox = new OutboxTable(sql);
  const pipeline = new Pipeline();
  const countWaiting = () => sql.exec<{ n: number }>("SELECT count(*) AS n FROM outbox").one().n;
  let made = 0;
  let recoveredAt = 0;
  for (let now = 0; now < OUTAGE.to + 15 * MINUTE_MS; now += SECOND_MS) {
    outbox.add(BATCH);
    made += ROWS * WORKSPACES;
    for (let message; (message = outbox.nextMessage(now)); outbox.markSent(message.batches, now))
      pipeline.send(message.batches, now);
    outbox.confirm(pipeline.run(now, now >= OUTAGE.from && now < OUTAGE.to));
    if (countWaiting() > 10) recoveredAt = now;
  }
  const minutes = Math.ceil((recoveredAt - OUTAGE.to) / MINUTE_MS);
  return { minutes, writes: pipeline.written / made, left: countWaiting() };
}

test("an hour without D1 at 100 messages a second is made up within 10 minutes, with at most 1.5 times the writes", async () => {
  await makeWorkspace("outage");
  const stub = bindings.WORKSPACES.getByName("outage");
  const { minutes, writes, left } = await runInDurableObject(stub, (_instance, { storage }) =>
    simulate(storage.sql),
  );
  expect(left).toBeLessThanOrEqual(1);
  expect(minutes).toBeLessThanOrEqual(10);
  expect(writes).toBeLessThanOrEqual(1.5);
}, 90_000);
