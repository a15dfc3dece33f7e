import { runInDurableObject } from "cloudflare:test";
import { describe, expect, test } from "vitest";
import { RateLimiter } from "../../../../durable-objects/admission/rate-limit.ts";
import { migrate } from "../../../../durable-objects/storage/migrations.ts";
import { bindings } from "../../support/gateway-client.ts";

/** Runs a test with limits whose windows are stored in a new object's SQLite. */
async function withSql(slug: string, work: (sql: SqlStorage) => void): Promise<void> {
  await runInDurableObject(bindings.WORKSPACES.getByName(slug), (_object, { storage }) => {
    migrate(storage);
    work(storage.sql);
  });
}

describe("the rate limit", () => {
  test("the 201st request in any 60 s is refused, and passes when the first is 60 s old", () =>
    withSql("rate-201", (sql) => {
      const limiter = new RateLimiter(sql, 0);
      for (let i = 0; i < 200; i++) expect(limiter.take("a", 200, i * 100)).toBeNull();
      expect(limiter.take("a", 200, 20_000)).toBe(40);
      expect(limiter.take("a", 200, 59_999)).toBe(1);
      expect(limiter.take("a", 200, 60_000)).toBeNull();
      expect(limiter.take("a", 200, 60_000)).toBe(1);
    }));

  test("a refused request does not count, and keys do not share a window", () =>
    withSql("rate-keys", (sql) => {
      const limiter = new RateLimiter(sql, 0);
      expect(limiter.take("a", 1, 0)).toBeNull();
      for (let i = 1; i < 50; i++) expect(limiter.take("a", 1, i * 1000)).toBeGreaterThan(0);
      expect(limiter.take("b", 1, 1000)).toBeNull();
      expect(limiter.take("a", 1, 60_000)).toBeNull();
    }));

  test("a lowered limit is in force at once", () =>
    withSql("rate-lowered", (sql) => {
      const limiter = new RateLimiter(sql, 0);
      for (let i = 0; i < 10; i++) limiter.take("a", 100, i);
      expect(limiter.take("a", 5, 10)).not.toBeNull();
    }));

  test("the rate limit stays exact over many windows", () =>
    withSql("rate-windows", (sql) => {
      const limiter = new RateLimiter(sql, 0);
      let passed = 0;
      for (let now = 0; now < 600_000; now += 50)
        if (limiter.take("a", 600, now) === null) passed++;
      expect(passed).toBe(6_000);
    }));

  test("stored windows continue exactly, and windows that are over are not stored", () =>
    withSql("rate-stored", (sql) => {
      const before = new RateLimiter(sql, 0);
      for (let i = 0; i < 200; i++) before.take("a", 200, 1_000 + i * 150);
      before.take("old", 200, 0);
      before.save(31_000);
      const after = new RateLimiter(sql, 40_000);
      expect(after.take("a", 200, 40_000)).toBe(21);
      expect(after.take("a", 200, 61_000)).toBeNull();
      expect(after.take("a", 200, 61_000)).toBe(1);
      after.save(200_000);
      expect(sql.exec("SELECT key FROM rate_windows").toArray()).toEqual([]);
    }));
});
