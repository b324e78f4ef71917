/** How far back the overview can look: in words, in seconds, and the width of one bucket of both charts in seconds. */
export const chartRanges = {
  "15m": { label: "15 min", words: "the last 15 minutes", seconds: 900, bucket: 20 },
  "1h": { label: "1 h", words: "the last hour", seconds: 3_600, bucket: 60 },
  "6h": { label: "6 h", words: "the last 6 hours", seconds: 21_600, bucket: 300 },
  "24h": { label: "24 h", words: "the last 24 hours", seconds: 86_400, bucket: 1_200 },
} as const;

/** The name of a range, as it stands in the address. */
export type ChartRange = keyof typeof chartRanges;

/** Every range, the shortest first. */
export const chartRangeNames = Object.keys(chartRanges) as readonly ChartRange[];

/** The range that a value of the address names; the shortest for anything else. */
export function readChartRange(value: unknown): ChartRange {
  return chartRangeNames.find((name) => name === value) ?? "15m";
}

/** What the address says of the overview; without a range it is the last 15 minutes. */
export interface OverviewSearch {
  readonly range?: ChartRange;
}

/** Reads the overview's part of an address; what it does not know is left out. */
export function readOverviewSearch(search: Record<string, unknown>): OverviewSearch {
  const range = readChartRange(search["range"]);
  return range === "15m" ? {} : { range };
}

/** A span of time as the API takes it. */
export interface ChartSpan {
  readonly from: string;
  readonly to: string;
  readonly bucket_seconds: number;
}

/** The span up to and with the bucket of now (epoch milliseconds), so that what happens now is counted. */
export function spanUntilNow(range: ChartRange, now: number): ChartSpan {
  const width = chartRanges[range].bucket * 1_000;
  return spanTo((Math.floor(now / width) + 1) * width, range);
}

/** How long after its end the last report about a bucket may still be on its way, milliseconds. */
const reportDelay = 3_000;

/** The span up to the last bucket that nothing can be added to any more: one half full would look like a fall. */
export function spanOfWholeBuckets(range: ChartRange, now: number): ChartSpan {
  const width = chartRanges[range].bucket * 1_000;
  return spanTo(Math.floor((now - reportDelay) / width) * width, range);
}

function spanTo(to: number, range: ChartRange): ChartSpan {
  const { seconds, bucket } = chartRanges[range];
  const from = to - seconds * 1_000;
  return { from: new Date(from).toISOString(), to: new Date(to).toISOString(), bucket_seconds: bucket };
}
