import { describe, expect, test } from "vitest";
import { countPoints, everyBucket, ratePoints, stackTops, sumOf } from "./chart-buckets.ts";

const span = { from: "2026-11-23T11:00:00.000Z", to: "2026-11-23T11:01:00.000Z", bucket_seconds: 20 };
const at = (second: string) => `2026-11-23T11:00:${second}.000Z`;

describe("buckets of a chart", () => {
  test("buckets that the answer leaves out are there, in their place", () => {
    const buckets = everyBucket(span, [{ at: at("20"), n: 3 }]);
    expect(buckets.map(({ value }) => value?.n)).toEqual([undefined, 3, undefined]);
    expect(buckets.map(({ start }) => new Date(start * 1_000).toISOString())).toEqual([
      at("00"),
      at("20"),
      at("40"),
    ]);
  });

  test("a span that begins within a bucket begins with that bucket", () => {
    expect(everyBucket({ ...span, from: at("07") }, [{ at: at("00") }])[0]?.value).toEqual({ at: at("00") });
  });

  test("a rate is the sum by the seconds of the bucket, and a bucket without a report is a gap, not 0", () => {
    const buckets = [
      { at: at("00"), generated: 100, accepted: 60, evaluated: 140 },
      { at: at("40"), generated: 0, accepted: 0, evaluated: 0 },
    ];
    expect(ratePoints({ ...span, buckets }).map(({ taken, evaluated }) => [taken, evaluated])).toEqual([
      [8, 7],
      [null, null],
      [0, 0],
    ]);
  });

  test("a bucket without alerts counts 0, and unknown severities are not counted", () => {
    const points = countPoints({ ...span, buckets: [{ at: at("20"), counts: { HIGH: 2, LOW: 1, ODD: 9 } }] });
    expect(points.map(({ total }) => total)).toEqual([0, 3, 0]);
    expect(sumOf(points)).toBe(3);
    expect(sumOf(points, ["CRITICAL", "HIGH"])).toBe(2);
  });

  test("stacked bars stand on the worst severity and end at the total", () => {
    const points = countPoints({ ...span, buckets: [{ at: at("00"), counts: { CRITICAL: 1, MEDIUM: 2 } }] });
    expect(stackTops(points).map(([first]) => first)).toEqual([1, 1, 3, 3, 3]);
    expect(stackTops(points).map(([, empty]) => empty)).toEqual([null, null, null, null, null]);
  });
});
