import { describe, expect, test } from "vitest";
import { newestRate, recentSpan } from "./use-throughput-now.ts";

const now = Date.parse("2026-11-23T11:22:33.456Z");
const span = recentSpan(now);
const bucket = (secondsBeforeEnd: number, evaluated: number) => ({
  at: new Date(Date.parse(span.to) - secondsBeforeEnd * 1_000).toISOString(),
  generated: 0,
  accepted: evaluated,
  evaluated,
});

describe("the rate of now", () => {
  test("only the last ten seconds count", () => {
    const buckets = [bucket(12, 1_000), bucket(10, 20), bucket(2, 30)];
    expect(newestRate({ ...span, buckets })).toEqual({ taken: 5, evaluated: 5 });
  });

  test("a service that reported before and had nothing since is at 0, and no report at all is unknown", () => {
    expect(newestRate({ ...span, buckets: [bucket(20, 0)] })).toEqual({ taken: 0, evaluated: 0 });
    expect(newestRate({ ...span, buckets: [] })).toBeNull();
  });

  test("the span ends with a whole bucket in the past", () => {
    expect(span.to).toBe("2026-11-23T11:22:32.000Z");
    expect(Date.parse(span.to) - Date.parse(span.from)).toBe(24_000);
  });
});
