import { sql } from "kysely";
import type { Database } from "../database/database.ts";
import { valuesOf } from "./pair-counts.ts";
import { type AlertSelection, selectionCondition, splitSelection, timesOf } from "./selection.ts";

/** A span of event time in equal buckets: [from, to) in epoch milliseconds, and the width of a bucket. */
export interface BucketedSpan {
  readonly from: number;
  readonly to: number;
  readonly width: number;
}

/** How many alerts of one severity began in the bucket that starts at `bucket`, epoch milliseconds. */
export interface BucketCount {
  readonly bucket: number;
  readonly severity: string;
  readonly count: number;
}

type Source = Pick<Database, "reader" | "bucket">;

/**
 * Counts alerts by bucket of event time and severity, oldest first; merged ones are not counted. Reads an index only
 * when nothing but severity, status and time is asked for; else the rows of the span.
 */
export async function countAlerts(
  source: Source,
  span: BucketedSpan,
  selection: AlertSelection,
): Promise<BucketCount[]> {
  const times = timesOf(splitSelection(selection).rest);
  if (times === undefined) return await countRows(source, span, selection);
  const { width } = span;
  const from = Math.max(span.from, times.from ?? span.from);
  const to = Math.min(span.to, times.to ?? span.to);
  if (to <= from) return [];
  const first = from - (((from % width) + width) % width);
  const middle = first + Math.ceil((to - first) / width / 2) * width;
  // Two at once, for two processors or reading threads.
  const halves = await Promise.all([
    countEntries(source, { from, to: Math.min(middle, to), width }, selection),
    middle < to ? countEntries(source, { from: middle, to, width }, selection) : [],
  ]);
  return halves.flat();
}

/**
 * Counts the entries of each bucket, severity and status where they stand side by side in their index: nothing is
 * sorted, and no row is read.
 */
async function countEntries(
  { reader }: Source,
  { from, to, width }: BucketedSpan,
  selection: AlertSelection,
): Promise<BucketCount[]> {
  const { severities, statuses } = splitSelection(selection);
  if (severities.length === 0 || statuses.length === 0) return [];
  const w = sql.lit(width);
  const first = from - (((from % width) + width) % width);
  const [start, end] = [
    sql`case when bucket < ${sql.lit(from)} then ${sql.lit(from)} else bucket end`,
    sql.lit(to),
  ];
  const { rows } = await sql<BucketCount>`
    with recursive buckets(bucket) as (
      select cast(${sql.lit(first)} as bigint) union all select bucket + ${w} from buckets where bucket + ${w} < ${end}
    ), counted as materialized (
      select bucket, severities.column1 as severity, (
        select count(*) from alerts
        where merged_into is null and status = statuses.column1 and severity = severities.column1 and at >= ${start}
          and at < case when bucket + ${w} > ${end} then ${end} else bucket + ${w} end
      ) as entries
      from buckets cross join (${valuesOf(severities)}) as severities cross join (${valuesOf(statuses)}) as statuses
    )
    select bucket, severity, sum(entries) as count from counted
    group by bucket, severity having sum(entries) > 0 order by bucket, severity`.execute(reader);
  return rows;
}

async function countRows(
  source: Source,
  { from, to, width }: BucketedSpan,
  selection: AlertSelection,
): Promise<BucketCount[]> {
  return await source.reader
    .selectFrom("alerts")
    .select((eb) => [
      source.bucket(eb.ref("at"), width).as("bucket"),
      "severity",
      eb.fn.countAll<number>().as("count"),
    ])
    .where("at", ">=", from)
    .where("at", "<", to)
    .where(selectionCondition(selection))
    .groupBy((eb) => [source.bucket(eb.ref("at"), width), "severity"])
    .orderBy("bucket")
    .orderBy("severity")
    .execute();
}
