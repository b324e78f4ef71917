import { describe, expect, test } from "vitest";
import { formatBucket, formatCount, formatRate, formatTick, formatTimeTicks } from "./chart-format.ts";

describe("numbers and times of charts", () => {
  test("a rate shows as many digits as tell something", () => {
    expect([0, 0.25, 1, 5.23, 99.96, 340.4, 12_345].map(formatRate)).toEqual([
      "0",
      "0.25",
      "1.0",
      "5.2",
      "100.0",
      "340",
      "12,345",
    ]);
  });

  test("a count has separators, a tick is short", () => {
    expect(formatCount(12_345)).toBe("12,345");
    expect([0.5, 200, 50_000].map(formatTick)).toEqual(["0.5", "200", "50K"]);
  });

  test("ticks show seconds only where they differ, and midnight as its day", () => {
    const noon = new Date(2026, 10, 23, 12, 0, 0).getTime() / 1_000;
    expect(formatTimeTicks([noon, noon + 60])).toEqual(["12:00", "12:01"]);
    expect(formatTimeTicks([noon, noon + 30])).toEqual(["12:00:00", "12:00:30"]);
    expect(formatTimeTicks([noon + 43_200])).toEqual(["24 Nov"]);
  });

  test("a bucket is told by its start and its end", () => {
    const start = new Date(2026, 10, 23, 9, 5, 0).getTime() / 1_000;
    expect(formatBucket(start, 20)).toBe("09:05:00 to 09:05:20");
    expect(formatBucket(start, 300)).toBe("09:05 to 09:10");
  });
});
