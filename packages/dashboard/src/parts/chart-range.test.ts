import { describe, expect, test } from "vitest";
import {
  chartRangeNames,
  chartRanges,
  readChartRange,
  spanOfWholeBuckets,
  spanUntilNow,
} from "./chart-range.ts";

const now = Date.parse("2026-11-23T11:22:33.456Z");

describe("chart ranges", () => {
  test("anything but a known range is the shortest", () => {
    expect(["1h", "24h", "2h", undefined, 7, ["1h"]].map(readChartRange)).toEqual([
      "1h",
      "24h",
      "15m",
      "15m",
      "15m",
      "15m",
    ]);
  });

  test("the span until now holds the bucket of now, and begins and ends with a bucket", () => {
    for (const range of chartRangeNames) {
      const { from, to, bucket_seconds } = spanUntilNow(range, now);
      expect(Date.parse(to)).toBeGreaterThan(now);
      expect(Date.parse(to) - bucket_seconds * 1_000).toBeLessThanOrEqual(now);
      expect(Date.parse(from) % (bucket_seconds * 1_000)).toBe(0);
      expect(Date.parse(to) - Date.parse(from)).toBe(chartRanges[range].seconds * 1_000);
    }
  });

  test("a bucket is whole only when its last report has had three seconds to arrive", () => {
    expect(spanOfWholeBuckets("15m", Date.parse("2026-11-23T11:20:02.999Z")).to).toBe(
      "2026-11-23T11:19:40.000Z",
    );
    expect(spanOfWholeBuckets("15m", Date.parse("2026-11-23T11:20:03.000Z")).to).toBe(
      "2026-11-23T11:20:00.000Z",
    );
  });
});
