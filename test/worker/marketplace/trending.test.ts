import * as fc from "fast-check";
import { expect, test } from "vitest";
import { rankTrending } from "../../../workers/marketplace/trending.ts";

const names = (counts: [name: string, week: number, before: number][]) =>
  rankTrending(counts.map(([name, week, before]) => ({ name, week, before }))).map(
    ({ name }) => name,
  );

test("the servers that grow most against the mean of four weeks are first", () => {
  expect(
    names([
      ["steady", 1_000, 4_000],
      ["falling", 100, 800],
      ["doubled", 100, 200],
      ["tripled", 120, 160],
    ]),
  ).toEqual(["tripled", "doubled"]);
});

test("fewer than 20 installs in a week are no trend, however few there were before", () => {
  expect(names([["few", 19, 0]])).toEqual([]);
  expect(names([["enough", 20, 0]])).toEqual(["enough"]);
});

test("a small number without a past is behind a large number that has doubled", () => {
  expect(
    names([
      ["new", 25, 0],
      ["large", 10_000, 16_000],
    ]),
  ).toEqual(["large", "new"]);
});

test("a burst puts a server no further ahead than a growth by five does", () => {
  expect(
    names([
      ["burst", 5_000, 0],
      ["grown", 9_000, 4_000],
    ]),
  ).toEqual(["grown", "burst"]);
});

test("the list has at most 12 servers, each with a growth above 1 and at most 5", () => {
  const counts = fc.array(
    fc.record({ name: fc.string(), week: fc.nat(100_000), before: fc.nat(400_000) }),
    { maxLength: 40 },
  );
  fc.assert(
    fc.property(counts, (given) => {
      const trends = rankTrending(given);
      expect(trends.length).toBeLessThanOrEqual(12);
      for (const { growth, installs } of trends) {
        expect(growth).toBeGreaterThan(1);
        expect(growth).toBeLessThanOrEqual(5);
        expect(installs).toBeGreaterThanOrEqual(20);
      }
    }),
  );
});
