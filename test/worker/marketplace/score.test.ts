import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { DAY_MS } from "../../../workers/contract/units.ts";
import { scoreServer, toRecency, type ScoreInputs } from "../../../workers/marketplace/score.ts";

const NOW = Date.parse("2026-07-01");
const daysAgo = (days: number) => NOW - days * DAY_MS;

/** Everything is known, and as good as it can be, but for the numbers of stars and installs. */
const BEST: ScoreInputs = {
  isInstallable: true,
  isPinned: true,
  hasDescribedVariables: true,
  runsInMainClients: true,
  lastActivityAt: daysAgo(1),
  isUnreachable: null,
  releasesLastYear: 12,
  versionCount: null,
  isInOfficialRegistry: true,
  isNamespaceOwner: true,
  hasPublicRepository: true,
  isArchived: false,
  isDeprecated: false,
  licence: "MIT",
  stars: null,
  serversInRepository: 1,
  weeklyInstalls: null,
  hasRealDescription: true,
  hasTitle: true,
  hasIconOrWebsite: true,
  readmeChars: 5_000,
  tools: "described",
};
const OUTSIDE_REGISTRY = { isInOfficialRegistry: false, isNamespaceOwner: false } as const;
const NOTHING_TO_INSTALL = {
  isInstallable: false,
  isPinned: false,
  hasDescribedVariables: false,
  runsInMainClients: false,
} as const;

const score = (inputs: Partial<ScoreInputs>) => scoreServer({ ...BEST, ...inputs }, NOW);
const summarize = (inputs: Partial<ScoreInputs>) => {
  const { bars, grade, score: points } = score(inputs);
  return [...bars.map((bar) => bar.points), `${points} ${grade ?? "not rated"}`];
};

describe("the score of ten servers, worked by hand", () => {
  test.each<[string, Partial<ScoreInputs>, (number | string)[]]>([
    [
      "a popular one with everything",
      { stars: 6_231, weeklyInstalls: 24_239 },
      [25, 30, 20, 13.7, 10, "99 A"],
    ],
    [
      "a popular one without a title",
      { stars: 15_266, weeklyInstalls: 19_359, lastActivityAt: daysAgo(7), hasTitle: false },
      [25, 30, 20, 14, 9, "98 A"],
    ],
    [
      "a famous one with a title, an icon and tools, and no README that is known",
      { stars: 58_383, weeklyInstalls: 329_224, lastActivityAt: daysAgo(2), readmeChars: null },
      [25, 30, 20, 15, 7, "97 A"],
    ],
    [
      "one whose installs nobody counts",
      { stars: 488, lastActivityAt: daysAgo(9), hasTitle: false },
      [25, 30, 20, 5.4, 9, "89 A"],
    ],
    [
      "a young one",
      {
        stars: 330,
        weeklyInstalls: 739,
        lastActivityAt: daysAgo(2),
        hasTitle: false,
        hasIconOrWebsite: false,
        readmeChars: null,
      },
      [25, 30, 20, 9.1, 5, "89 A"],
    ],
    [
      "an unpinned one outside the official registry",
      {
        ...OUTSIDE_REGISTRY,
        stars: 377,
        lastActivityAt: daysAgo(8),
        isPinned: false,
        hasTitle: false,
        hasIconOrWebsite: false,
        tools: "listed",
      },
      [21, 30, 4, 5.2, 7, "67 C"],
    ],
    [
      "one with a variable without a description, and few releases",
      {
        ...OUTSIDE_REGISTRY,
        stars: 432,
        lastActivityAt: daysAgo(5),
        hasDescribedVariables: false,
        releasesLastYear: null,
      },
      [22, 26, 4, 5.3, 10, "67 C"],
    ],
    [
      "one that rests for four months",
      {
        ...OUTSIDE_REGISTRY,
        stars: 5_275,
        weeklyInstalls: 7_063,
        lastActivityAt: daysAgo(134),
        releasesLastYear: 1,
        licence: null,
        hasTitle: false,
      },
      [25, 17.8, 2, 8.1, 9, "62 C"],
    ],
    [
      "an abandoned one",
      {
        ...OUTSIDE_REGISTRY,
        stars: 1_520,
        weeklyInstalls: 327,
        lastActivityAt: daysAgo(582),
        hasTitle: false,
        hasIconOrWebsite: false,
        tools: null,
      },
      [25, 0, 4, 2.5, 6, "38 F"],
    ],
    [
      "a famous abandoned one that nothing says how to install",
      {
        ...OUTSIDE_REGISTRY,
        ...NOTHING_TO_INSTALL,
        stars: 6_747,
        lastActivityAt: daysAgo(433),
        hasRealDescription: false,
        hasTitle: false,
        hasIconOrWebsite: false,
        tools: null,
      },
      [0, 0, 4, 1.9, 3, "9 F"],
    ],
  ])("%s", (_what, inputs, expected) => {
    expect(summarize(inputs)).toEqual(expected);
  });
});

test.each([
  [0, 1],
  [30, 1],
  [60, 0.9],
  [90, 0.8],
  [135, 0.625],
  [180, 0.45],
  [365, 0.1],
  [366, 0],
])("activity of %d days ago has the recency %d", (days, recency) => {
  expect(toRecency(days)).toBeCloseTo(recency, 10);
});

test.each<[Partial<ScoreInputs>, string, number]>([
  [NOTHING_TO_INSTALL, "not_installable", 59],
  [{ lastActivityAt: daysAgo(181) }, "inactive_180_days", 69],
  [{ lastActivityAt: daysAgo(366) }, "inactive_365_days", 44],
  [{ lastActivityAt: daysAgo(731) }, "inactive_730_days", 29],
  [{ isUnreachable: true }, "unreachable", 44],
  [{ isArchived: true }, "archived", 39],
  [{ isDeprecated: true }, "deprecated", 39],
])("a server with %j has the cap %s of %d", (inputs, cap, max) => {
  const famous = { stars: 1_000_000, weeklyInstalls: 1_000_000, ...inputs };
  expect(score(famous).caps[0]).toEqual({ cap, max });
  expect(score(famous).score).toBeLessThanOrEqual(max);
});

test("a server of whose activity nothing is known is not rated, and gets no points for what is not known", () => {
  const unknown = score({
    lastActivityAt: null,
    stars: null,
    licence: null,
    readmeChars: null,
    tools: null,
  });
  expect(unknown.grade).toBeNull();
  const items = unknown.bars.flatMap((bar) => bar.items);
  expect(items.filter(({ points }) => points === null).map(({ item }) => item)).toEqual([
    "recent_activity",
    "licence",
    "stars",
    "weekly_installs",
    "readme",
    "tools",
  ]);
});

test("servers of one repository share its stars", () => {
  const alone = score({ stars: 1_000 }).bars[3]?.points;
  const shared = score({ stars: 10_000, serversInRepository: 10 }).bars[3]?.points;
  expect(shared).toBe(alone);
});

const maybe = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: null });
const count = fc.nat({ max: 2_000_000 });
const anyInputs: fc.Arbitrary<ScoreInputs> = fc.record({
  isInstallable: fc.boolean(),
  isPinned: fc.boolean(),
  hasDescribedVariables: fc.boolean(),
  runsInMainClients: fc.boolean(),
  lastActivityAt: maybe(fc.double({ min: -10, max: 4_000, noNaN: true }).map(daysAgo)),
  isUnreachable: maybe(fc.boolean()),
  releasesLastYear: maybe(fc.nat({ max: 400 })),
  versionCount: maybe(fc.nat({ max: 400 })),
  isInOfficialRegistry: fc.boolean(),
  isNamespaceOwner: fc.boolean(),
  hasPublicRepository: fc.boolean(),
  isArchived: maybe(fc.boolean()),
  isDeprecated: fc.boolean(),
  licence: maybe(fc.constant("MIT")),
  stars: maybe(count),
  serversInRepository: fc.integer({ min: 1, max: 300 }),
  weeklyInstalls: maybe(count),
  hasRealDescription: fc.boolean(),
  hasTitle: fc.boolean(),
  hasIconOrWebsite: fc.boolean(),
  readmeChars: maybe(count),
  tools: fc.constantFrom("described", "listed", null),
});

test("an abandoned server of 3,000 stars never beats a maintained one of 300", () => {
  const abandonedFor = fc.double({ min: 366, max: 4_000, noNaN: true });
  const maintainedFor = fc.double({ min: 0, max: 30, noNaN: true });
  fc.assert(
    fc.property(
      anyInputs,
      anyInputs,
      abandonedFor,
      maintainedFor,
      (a, b, abandoned, maintained) => {
        const old = { ...a, stars: 3_000, lastActivityAt: daysAgo(abandoned) };
        const cared = {
          ...b,
          stars: 300,
          serversInRepository: 1,
          lastActivityAt: daysAgo(maintained),
          isInstallable: true,
          isUnreachable: false,
          hasPublicRepository: true,
          isArchived: false,
          isDeprecated: false,
          hasRealDescription: true,
        };
        expect(scoreServer(old, NOW).score).toBeLessThan(scoreServer(cared, NOW).score);
      },
    ),
    { numRuns: 2_000 },
  );
});

test("a score is between 0 and 100, its points add up, and its items are within their most", () => {
  fc.assert(
    fc.property(anyInputs, (inputs) => {
      const { score: points, bars, caps } = scoreServer(inputs, NOW);
      const sum = bars.reduce((total, bar) => total + Math.round(bar.points * 10), 0) / 10;
      expect(points).toBe(Math.round(Math.min(sum, caps[0]?.max ?? 100)));
      expect(bars.map(({ max }) => max)).toEqual([25, 30, 20, 15, 10]);
      for (const bar of bars)
        for (const { points: given, max } of bar.items) {
          expect(given ?? 0).toBeGreaterThanOrEqual(0);
          expect(given ?? 0).toBeLessThanOrEqual(max);
        }
    }),
  );
});

test("more stars, more installs and later activity never lower a score", () => {
  fc.assert(
    fc.property(anyInputs, count, (inputs, more) => {
      const { stars, weeklyInstalls, lastActivityAt } = inputs;
      const changes: Partial<ScoreInputs>[] = [
        { stars: (stars ?? 0) + more },
        { weeklyInstalls: (weeklyInstalls ?? 0) + more },
        { lastActivityAt: lastActivityAt === null ? null : lastActivityAt + more * 1_000 },
      ];
      for (const change of changes)
        expect(scoreServer({ ...inputs, ...change }, NOW).score).toBeGreaterThanOrEqual(
          scoreServer(inputs, NOW).score,
        );
    }),
  );
});
