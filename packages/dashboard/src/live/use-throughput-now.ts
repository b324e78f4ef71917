import type { Throughput } from "../client/generated/auditflow.ts";
import type { ChartSpan } from "../parts/chart-range.ts";

/** Services report every 2 s, and every 10 s while nothing happens. */
const reportSeconds = 2;
const window = 10;
const longestSilence = 24;

/** What to ask for to know the rate of now: long enough that a service at rest has reported. */
export function recentSpan(now: number): ChartSpan {
  const width = reportSeconds * 1_000;
  // A report about the bucket that has just ended may still be on its way.
  const to = Math.floor((now - 500) / width) * width;
  return {
    from: new Date(to - longestSilence * 1_000).toISOString(),
    to: new Date(to).toISOString(),
    bucket_seconds: reportSeconds,
  };
}

/** Events per second over the last ten seconds of the answer; null when nobody reported in all of it. */
export function newestRate({
  to,
  buckets,
}: Throughput): { readonly taken: number; readonly evaluated: number } | null {
  if (buckets.length === 0) return null;
  const since = Date.parse(to) - window * 1_000;
  const newest = buckets.filter(({ at }) => Date.parse(at) >= since);
  const sum = (count: (bucket: Throughput["buckets"][number]) => number): number =>
    newest.reduce((total, bucket) => total + count(bucket), 0) / window;
  return {
    taken: sum(({ accepted, generated }) => accepted + generated),
    evaluated: sum(({ evaluated }) => evaluated),
  };
}
