import type { TimeBounds } from "@auditflow/contracts";
import { type Kysely, type RawBuilder, sql } from "kysely";
import type { Schema } from "../database/schema.ts";

/** How many alerts have a status and a severity. */
export interface PairCount {
  readonly status: string;
  readonly severity: string;
  readonly count: number;
}

/** Which pairs are counted, within which times. */
export interface Pairs {
  readonly severities: readonly string[];
  readonly statuses: readonly string[];
  readonly times: TimeBounds;
}

/** Counts the alerts that stand for themselves, each pair where its entries stand side by side in their index. */
export async function countPairs(
  reader: Kysely<Schema>,
  { severities, statuses, times }: Pairs,
): Promise<PairCount[]> {
  if (severities.length === 0 || statuses.length === 0) return [];
  const { rows } = await sql<PairCount>`
    select statuses.column1 as status, severities.column1 as severity, (
      select count(*) from alerts
      where merged_into is null and status = statuses.column1 and severity = severities.column1${within(times)}
    ) as count
    from (${valuesOf(statuses)}) as statuses cross join (${valuesOf(severities)}) as severities`.execute(
    reader,
  );
  return rows;
}

/** Words as a small table to select from; its column is `column1` on both engines. */
export function valuesOf(values: readonly string[]): RawBuilder<unknown> {
  return sql`values ${sql.join(values.map((value) => sql`(${value})`))}`;
}

/** What follows other conditions on `alerts` to keep them within times. */
export function within({ from, to }: TimeBounds): RawBuilder<unknown> {
  const after = from === undefined ? sql`` : sql` and at >= ${sql.lit(from)}`;
  return to === undefined ? after : sql`${after} and at < ${sql.lit(to)}`;
}
