import {
  type AlertFacets,
  alertSeverities,
  alertStatuses,
  type FacetField,
  type FilterPattern,
  type FilterTerm,
  facetFields,
  type TimeBounds,
} from "@auditflow/contracts";
import { type Expression, type Kysely, type RawBuilder, type SqlBool, sql } from "kysely";
import type { Schema } from "../database/schema.ts";
import { countPairs, valuesOf, within } from "./pair-counts.ts";
import { newestPlaces } from "./queries.ts";
import { type AlertSelection, splitSelection, timesOf, walkedCondition } from "./selection.ts";

/** How many alerts have a value. */
interface ValueCount {
  readonly value: string;
  readonly count: number;
}

type Counts = Record<FacetField, ValueCount[]>;

/** How much a facet tells, and how much is counted for it. */
export interface FacetLimits {
  /** Most values of each field, the most frequent first. */
  readonly values: number;
  /** Most rows that are read and counted for a filter; 10,000 by default, which take about a tenth of a second. */
  readonly newest?: number;
}

/** So many values of a field are counted one after the other; more are counted in one walk over its index. */
const mostApart = 2000;

/**
 * The most frequent values of each field among the alerts that are meant, merged ones apart. Where nothing but times is
 * asked for, all are counted, in each field's index; else the `newest`, and `counted` says how many those were.
 */
export async function countFacets(
  reader: Kysely<Schema>,
  selection: AlertSelection,
  { values: most, newest = 10_000 }: FacetLimits,
): Promise<AlertFacets> {
  const times = timesOf(selection);
  const counted =
    times === undefined
      ? await countNewest(reader, selection, newest)
      : { counts: await countAll(reader, times), isWhole: true };
  const { counts, isWhole } = counted;
  const rules = await withNames(reader, top(counts.rule, most));
  return {
    facets: {
      severity: top(counts.severity, most),
      status: top(counts.status, most),
      rule: rules,
      user: top(counts.user, most),
      host: top(counts.host, most),
    },
    counted: isWhole ? null : totalOf(counts),
  };
}

function totalOf({ severity }: Counts): number {
  return severity.reduce((sum, { count }) => sum + count, 0);
}

/** The most frequent first; nobody can ask for an empty value. */
function top(counts: readonly ValueCount[], most: number): ValueCount[] {
  return counts
    .filter(({ value, count }) => value !== "" && count > 0)
    .sort((a, b) => b.count - a.count || (a.value < b.value ? -1 : 1))
    .slice(0, most);
}

const columnOf = {
  severity: "severity",
  status: "status",
  rule: "rule_id",
  user: "actor",
  host: "host",
} as const satisfies Record<FacetField, string>;

async function countAll(reader: Kysely<Schema>, times: TimeBounds): Promise<Counts> {
  const [{ severity, status }, rule, user, host] = await Promise.all([
    countChoices(reader, times),
    countValues(reader, "rule", times),
    countValues(reader, "user", times),
    countValues(reader, "host", times),
  ]);
  return { severity, status, rule, user, host };
}

async function countChoices(
  reader: Kysely<Schema>,
  times: TimeBounds,
): Promise<Pick<Counts, "severity" | "status">> {
  const pairs = await countPairs(reader, { severities: alertSeverities, statuses: alertStatuses, times });
  const sum = (field: "severity" | "status", value: string): ValueCount => ({
    value,
    count: pairs.reduce((total, pair) => (pair[field] === value ? total + pair.count : total), 0),
  });
  return {
    severity: alertSeverities.map((value) => sum("severity", value)),
    status: alertStatuses.map((value) => sum("status", value)),
  };
}

/** Hops from value to value in the field's index and counts each where its entries stand side by side. */
async function countValues(
  reader: Kysely<Schema>,
  field: "rule" | "user" | "host",
  times: TimeBounds,
): Promise<ValueCount[]> {
  const column = sql.ref(columnOf[field]);
  const least = (more: RawBuilder<unknown>) =>
    sql`(select min(${column}) from alerts where merged_into is null${more})`;
  const { rows: values } = await sql<{ value: string }>`
    with recursive hop(value) as (
      select ${least(sql``)} union all
      select ${least(sql` and ${column} > hop.value`)} from hop where hop.value is not null
    )
    select value from hop where value is not null limit ${sql.lit(mostApart + 1)}`.execute(reader);
  if (values.length > mostApart) return await countInOneWalk(reader, column, times);
  if (values.length === 0) return [];
  const { rows } = await sql<ValueCount>`
    select known.column1 as value, (
      select count(*) from alerts where merged_into is null and ${column} = known.column1${within(times)}
    ) as count
    from (${valuesOf(values.map(({ value }) => value))}) as known`.execute(reader);
  return rows;
}

async function countInOneWalk(
  reader: Kysely<Schema>,
  column: RawBuilder<unknown>,
  times: TimeBounds,
): Promise<ValueCount[]> {
  const { rows } = await sql<ValueCount>`
    select ${column} as value, count(*) as count from alerts where merged_into is null${within(times)}
    group by ${column} order by count desc, value limit 200`.execute(reader);
  return rows;
}

async function countNewest(
  reader: Kysely<Schema>,
  selection: AlertSelection,
  limit: number,
): Promise<{ counts: Counts; isWhole: boolean }> {
  const one = (field: FacetField) => sql`
    select ${sql.lit(field)} as field, ${sql.ref(columnOf[field])} as value, count(*) as count
    from newest group by ${sql.ref(columnOf[field])}`;
  const { rows } = await sql<ValueCount & { field: FacetField }>`
    with newest as materialized ${newestRows(reader, selection, limit)}
    ${sql.join(facetFields.map(one), sql` union all `)}`.execute(reader);
  const of = (field: FacetField) =>
    rows.filter((row) => row.field === field).map(({ value, count }) => ({ value, count }));
  const counts = Object.fromEntries(facetFields.map((field) => [field, of(field)])) as Counts;
  return { counts, isWhole: totalOf(counts) < limit };
}

/** Severity and status by themselves narrow it to at most so many lists of one severity and status each. */
const fewPairs = 8;

/** The columns that are counted of the newest alerts: found in an index first where the alerts stand far apart. */
function newestRows(reader: Kysely<Schema>, selection: AlertSelection, limit: number): Expression<unknown> {
  const counted = [columnOf.severity, columnOf.status, columnOf.rule, columnOf.user, columnOf.host] as const;
  const { severities, statuses } = splitSelection(selection);
  if (severities.length * statuses.length <= fewPairs || selection.filter.terms.some(isSpread)) {
    const places = newestPlaces(reader, { ...selection, merged: false, limit });
    const none = reader.selectFrom("alerts").select(counted).where(sql<SqlBool>`1 = 0`);
    if (places === undefined) return none;
    return reader
      .selectFrom(places.as("place"))
      .innerJoin("alerts", "alerts.alert_id", "place.alert_id")
      .select(counted);
  }
  return reader
    .selectFrom("alerts")
    .select(counted)
    .where(walkedCondition(selection))
    .orderBy("at", "desc")
    .orderBy("alert_id", "desc")
    .limit(limit);
}

/** Whether a term lets through several values of an index, which together are not in the order of time. */
function isSpread({ field, not, values }: FilterTerm): boolean {
  if (not || !(field === "user" || field === "host" || field === "rule")) return false;
  return (
    values.length > 1 || values.some((pattern) => (pattern as FilterPattern).some((piece) => "wild" in piece))
  );
}

/** With the name that the newest alert of each rule has for it. */
async function withNames(
  reader: Kysely<Schema>,
  rules: readonly ValueCount[],
): Promise<(ValueCount & { label: string })[]> {
  if (rules.length === 0) return [];
  const { rows } = await sql<{ value: string; label: string | null }>`
    select known.column1 as value, (
      select coalesce(summary->>'rule_name', summary->>'alert_name') from alerts where merged_into is null and rule_id = known.column1
      order by at desc, alert_id desc limit 1
    ) as label
    from (${valuesOf(rules.map(({ value }) => value))}) as known`.execute(reader);
  const names = new Map(rows.map(({ value, label }) => [value, label]));
  return rules.map(({ value, count }) => ({ value, label: names.get(value) ?? value, count }));
}
