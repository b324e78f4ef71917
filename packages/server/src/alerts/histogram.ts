import type { Database } from "../database/database.ts";
import type { AlertSelection } from "./queries.ts";

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

/** Counts alerts by bucket of event time and severity, oldest first; merged ones are not counted. Reads an index only. */
export async function countAlerts(
  database: Pick<Database, "reader" | "bucket">,
  { from, to, width }: BucketedSpan,
  { severities, ruleId }: AlertSelection,
): Promise<BucketCount[]> {
  let query = database.reader
    .selectFrom("alerts")
    .select((eb) => [
      database.bucket(eb.ref("at"), width).as("bucket"),
      "severity",
      eb.fn.countAll<number>().as("count"),
    ])
    .where("at", ">=", from)
    .where("at", "<", to)
    .where("merged_into", "is", null);
  if (severities !== undefined) query = query.where("severity", "in", [...severities]);
  if (ruleId !== undefined) query = query.where("rule_id", "=", ruleId);
  return await query
    .groupBy((eb) => [database.bucket(eb.ref("at"), width), "severity"])
    .orderBy("bucket")
    .execute();
}
