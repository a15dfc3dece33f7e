import { runInDurableObject } from "cloudflare:test";
import { expect, test } from "vitest";
import { OutboxTable } from "../../../../durable-objects/audit/outbox-table.ts";
import wrangler from "../../../../wrangler.toml?raw";
import { bindings, makeWorkspace } from "../../support/gateway-client.ts";

const SECOND_MS = 1_000;
const MINUTE_MS = 60 * SECOND_MS;
const HOUR_MS = 60 * MINUTE_MS;
/** Each has one message a second: together 100. They do the same, so that the outbox of one is enough. */
const WORKSPACES = 100;
/** Calls of a message. */
const ROWS = 5;
const BATCH = JSON.stringify(Array.from({ length: ROWS }, () => ["x".repeat(150)]));
/** Of one batch of D1: what it needs for itself, and for each row. */
const D1_BATCH_MS = 50;
const D1_ROW_MS = 0.1;
/** Messages that a consumer tries alone after its batch has failed. */
const TRIES = 3;

/** A number of the queue's consumer in wrangler.toml. */
const read = (name: string) => Number(new RegExp(`^${name} = (\\d+)$`, "m").exec(wrangler)?.[1]);

interface Queued {
  batches: number[];
  deliverAt: number;
  attempts: number;
}

/**
 * A queue and its consumer, second by second, with a simulated clock. While D1 is away, a batch fails and is tried again
 * or dropped, as `consume.ts` does.
 */
class Pipeline {
  readonly #settings = {
    batchSize: read("max_batch_size"),
    concurrency: read("max_concurrency"),
    retries: read("max_retries"),
    retryDelayMs: read("retry_delay") * SECOND_MS,
  };
  #queue: Queued[] = [];
  /** Calls that D1 has written, each time they were. */
  written = 0;
  /** Statements that D1 did not accept. */
  failed = 0;

  send(batches: number[], now: number): void {
    this.#queue.push({ batches, deliverAt: now, attempts: 0 });
  }

  /** One second of the consumers; returns the batches that are stored. Each message counts for all workspaces. */
  run(now: number, isAway: boolean): number[] {
    const stored: number[] = [];
    let leftMs = this.#settings.concurrency * SECOND_MS;
    const due = this.#queue.filter(({ deliverAt }) => deliverAt <= now);
    for (const message of due) {
      const rows = message.batches.length * ROWS * WORKSPACES;
      const deliveries = WORKSPACES / this.#settings.batchSize;
      leftMs -= deliveries * D1_BATCH_MS + (isAway ? 0 : rows * D1_ROW_MS);
      if (leftMs < 0) break;
      this.#queue.splice(this.#queue.indexOf(message), 1);
      if (!isAway) {
        this.written += rows;
        stored.push(...message.batches);
        continue;
      }
      this.failed += deliveries * (1 + TRIES);
      if (message.attempts < this.#settings.retries)
        this.#queue.push({
          ...message,
          attempts: message.attempts + 1,
          deliverAt: now + this.#settings.retryDelayMs,
        });
    }
    return stored;
  }
}

test("an hour without D1 at 100 messages a second is made up within minutes, with at most 1.5 times the writes", async () => {
  await makeWorkspace("outage");
  const result = await runInDurableObject(
    bindings.WORKSPACES.getByName("outage"),
    (_instance, { storage }) => simulate(storage.sql),
  );
  expect(result.left).toBe(0);
  expect(result.recoveredAfterMs).toBeLessThanOrEqual(10 * MINUTE_MS);
  expect(result.written / result.made).toBeLessThanOrEqual(1.5);
  // D1 comes back to no more than it can take: the queue has only what the consumers still try.
  expect(result.failed / result.made).toBeLessThanOrEqual(1);
});

function simulate(sql: SqlStorage) {
  const outbox = new OutboxTable(sql);
  const pipeline = new Pipeline();
  const [from, to] = [10 * MINUTE_MS, 10 * MINUTE_MS + HOUR_MS];
  let made = 0;
  let recoveredAt = 0;
  for (let now = SECOND_MS; now <= to + HOUR_MS; now += SECOND_MS) {
    outbox.add(BATCH);
    made += ROWS * WORKSPACES;
    for (let message; (message = outbox.nextMessage(now)); outbox.markSent(message.batches, now))
      pipeline.send(message.batches, now);
    outbox.confirm(pipeline.run(now, now > from && now <= to));
    const waiting = sql.exec<{ n: number }>("SELECT count(*) AS n FROM outbox").one().n;
    if (waiting > 10) recoveredAt = now;
  }
  const left = sql.exec<{ n: number }>("SELECT count(*) AS n FROM outbox").one().n;
  const { written, failed } = pipeline;
  return { made, written, failed, left, recoveredAfterMs: recoveredAt - to };
}
