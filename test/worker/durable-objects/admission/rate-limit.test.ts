import { describe, expect, test } from "vitest";
import { RateLimiter } from "../../../../durable-objects/admission/rate-limit.ts";

describe("the rate limit", () => {
  test("the 201st request in any 60 s is refused, and passes when the first is 60 s old", () => {
    const limiter = new RateLimiter();
    for (let i = 0; i < 200; i++) expect(limiter.take("a", 200, i * 100)).toBeNull();
    expect(limiter.take("a", 200, 20_000)).toBe(40);
    expect(limiter.take("a", 200, 59_999)).toBe(1);
    expect(limiter.take("a", 200, 60_000)).toBeNull();
    expect(limiter.take("a", 200, 60_000)).toBe(1);
  });

  test("a refused request does not count, and keys do not share a window", () => {
    const limiter = new RateLimiter();
    expect(limiter.take("a", 1, 0)).toBeNull();
    for (let i = 1; i < 50; i++) expect(limiter.take("a", 1, i * 1000)).toBeGreaterThan(0);
    expect(limiter.take("b", 1, 1000)).toBeNull();
    expect(limiter.take("a", 1, 60_000)).toBeNull();
  });

  test("a lowered limit is in force at once", () => {
    const limiter = new RateLimiter();
    for (let i = 0; i < 10; i++) limiter.take("a", 100, i);
    expect(limiter.take("a", 5, 10)).not.toBeNull();
  });

  test("the rate limit stays exact over many windows", () => {
    const limiter = new RateLimiter();
    let passed = 0;
    for (let now = 0; now < 600_000; now += 50) if (limiter.take("a", 600, now) === null) passed++;
    expect(passed).toBe(6_000);
  });
});
