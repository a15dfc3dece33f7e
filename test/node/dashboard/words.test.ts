import { describe, expect, test } from "vitest";
import {
  formatBytes,
  formatEstimatedLatency,
  formatLatency,
  formatPercentage,
} from "../../../web/src/ui/format-numbers.ts";
import { formatRelative } from "../../../web/src/ui/format-time.ts";
import { Slug } from "../../../workers/contract/records/slug.ts";
import { suggestSlug } from "../../../workers/contract/text/suggest-slug.ts";
import { DAY_MS, HOUR_MS } from "../../../workers/contract/units.ts";

const NOW = Date.UTC(2026, 0, 15, 12);
const MINUTE_MS = 60_000;

describe("a relative time", () => {
  test.each([
    [3 * DAY_MS - 1, "in 3 days"],
    [90 * DAY_MS - 5_000, "in 90 days"],
    [365 * DAY_MS, "in 12 months"],
    [HOUR_MS - 1_000, "in 1 hour"],
    [20_000, "in less than a minute"],
    [-20_000, "just now"],
    [-13 * MINUTE_MS, "13 minutes ago"],
    [-59.7 * MINUTE_MS, "1 hour ago"],
    [-30 * HOUR_MS, "1 day ago"],
    [-3 * 365 * DAY_MS, "3 years ago"],
  ])("of a distance of %d ms is %s", (distanceMs, text) => {
    expect(formatRelative(NOW + distanceMs, NOW)).toBe(text);
  });
});

describe("a figure", () => {
  test("of a share is 100% only for all and 0% only for none", () => {
    const shares = [0, 1, 4_999, 9_996, 10_000].map((part) => formatPercentage(part, 10_000));
    expect(shares).toEqual(["0%", "<0.1%", "49.9%", "99.9%", "100%"]);
    expect(formatPercentage(0, 0)).toBe("–");
  });

  test("of an estimated latency has two digits and is marked", () => {
    const shown = [null, 4.2, 436.7, 1_449, 12_345].map(formatEstimatedLatency);
    expect(shown).toEqual(["–", "~4 ms", "~440 ms", "~1.4 s", "~12.0 s"]);
  });

  test("is carried to the next unit where rounding fills one", () => {
    expect([999.6, 59_970, 125_000].map(formatLatency)).toEqual(["1.0 s", "1 min", "2 min 5 s"]);
    expect([1_023, 1_048_550].map(formatBytes)).toEqual(["1023 B", "1.0 MB"]);
  });
});

describe("a short name", () => {
  test.each([
    ["Zürich", "zurich"],
    ["Straße & Łódź", "strasse-lodz"],
    ["Ærøskøbing", "aeroskobing"],
    ["Ada’s team", "adas-team"],
    ["İstanbul", "istanbul"],
    ["Tiếng Việt đ", "tieng-viet-d"],
    ["データ 7", "7"],
    ["Команда", "workspace"],
    ["—", "workspace"],
    ["a".repeat(38) + " b", "a".repeat(38)],
  ])("suggested for %s is %s", (name, slug) => {
    expect(suggestSlug(name, "workspace")).toBe(slug);
    expect(Slug.safeParse(slug).success).toBe(true);
  });

  test("that is taken gets a number and stays short enough", () => {
    const long = "a".repeat(39);
    expect(suggestSlug("Team", "workspace", new Set(["team", "team-2"]))).toBe("team-3");
    expect(suggestSlug(long, "workspace", new Set([long]))).toBe(`${"a".repeat(37)}-2`);
  });
});
