import type { AlertSeverity } from "@auditflow/contracts";
import type { AlertHistogram, Throughput } from "../client/generated/auditflow.ts";
import type { ChartSpan } from "./chart-range.ts";
import { severities } from "./severity.tsx";

/** One bucket of a span; `value` is undefined where the service knows nothing of it. */
export interface Bucket<T> {
  /** Its start, epoch seconds. */
  readonly start: number;
  readonly value: T | undefined;
}

/** Every bucket of the span, oldest first: those the answer left out too. */
export function everyBucket<T extends { readonly at: string }>(
  span: ChartSpan,
  given: readonly T[],
): Bucket<T>[] {
  const width = span.bucket_seconds;
  const first = Math.floor(Date.parse(span.from) / 1_000 / width) * width;
  const end = Date.parse(span.to) / 1_000;
  const byStart = new Map(given.map((bucket) => [Date.parse(bucket.at) / 1_000, bucket]));
  return Array.from({ length: Math.max(0, Math.ceil((end - first) / width)) }, (_, place) => {
    const start = first + place * width;
    return { start, value: byStart.get(start) };
  });
}

/** Events per second in one bucket; null where nobody reported, which is not the same as none. */
export interface RatePoint {
  readonly start: number;
  readonly taken: number | null;
  readonly evaluated: number | null;
}

/** Events taken in (real and synthetic) and events evaluated per second, bucket by bucket. */
export function ratePoints(answer: Throughput): RatePoint[] {
  const width = answer.bucket_seconds;
  return everyBucket(answer, answer.buckets).map(({ start, value }) =>
    value === undefined
      ? { start, taken: null, evaluated: null }
      : { start, taken: (value.accepted + value.generated) / width, evaluated: value.evaluated / width },
  );
}

/** Alerts per severity that began in one bucket. */
export interface CountPoint {
  readonly start: number;
  readonly counts: Readonly<Record<AlertSeverity, number>>;
  readonly total: number;
}

/** Alerts per severity, bucket by bucket; none where the answer left a bucket out. */
export function countPoints(answer: AlertHistogram): CountPoint[] {
  return everyBucket(answer, answer.buckets).map(({ start, value }) => {
    const counts = Object.fromEntries(severities.map((severity) => [severity, value?.counts[severity] ?? 0]));
    const total = severities.reduce((sum, severity) => sum + (counts[severity] ?? 0), 0);
    return { start, counts: counts as Record<AlertSeverity, number>, total };
  });
}

/** How many alerts of these severities there are in all the buckets. */
export function sumOf(points: readonly CountPoint[], wanted: readonly AlertSeverity[] = severities): number {
  return points.reduce(
    (sum, { counts }) => sum + wanted.reduce((part, severity) => part + counts[severity], 0),
    0,
  );
}

/**
 * The tops of stacked bars, the worst severity at the bottom: per severity, worst first, one number per bucket; null
 * where there is no bar.
 */
export function stackTops(points: readonly CountPoint[]): (number | null)[][] {
  const height = points.map(() => 0);
  return severities.map((severity) =>
    points.map(({ counts, total }, place) => {
      height[place] = (height[place] ?? 0) + counts[severity];
      return total === 0 ? null : height[place];
    }),
  );
}
