import {
  type AlertSeverity,
  type AlertStatus,
  alertSeverities,
  alertStatuses,
  type Filter,
  type TimeBounds,
  timeBounds,
} from "@auditflow/contracts";
import { type Expression, expressionBuilder, type Kysely, type SqlBool } from "kysely";
import type { Schema } from "../database/schema.ts";
import { filterSets } from "./filter-clauses.ts";
import { filterCondition } from "./filter-sql.ts";
import { countPairs } from "./pair-counts.ts";

/** Which alerts are meant; without a term, a rule and bounds: all. */
export interface AlertSelection {
  readonly filter: Filter;
  /** The first event time, epoch milliseconds. */
  readonly from?: number | undefined;
  /** The first event time that is meant no more, epoch milliseconds. */
  readonly to?: number | undefined;
  /** Exactly this rule's alerts, as its id is written. */
  readonly ruleId?: string | undefined;
  /** What the filter's `now` is, epoch milliseconds. */
  readonly now: number;
}

/** Alerts that stand for themselves, or those that became part of another. */
export type Standing = "standing" | "merged";

const alerts = expressionBuilder<Schema, "alerts">();

/** The condition that holds for the alerts that are meant, for `where` of a query that names the table `alerts`. */
export function selectionCondition(
  selection: AlertSelection,
  which: Standing = "standing",
): Expression<SqlBool> {
  const { filter, from, to, ruleId, now } = selection;
  return alerts.and([
    alerts("alerts.merged_into", which === "standing" ? "is" : "is not", null),
    ...(from === undefined ? [] : [alerts("alerts.at", ">=", from)]),
    ...(to === undefined ? [] : [alerts("alerts.at", "<", to)]),
    ...(ruleId === undefined ? [] : [alerts("alerts.rule_id", "=", ruleId)]),
    ...(filter.terms.length === 0 ? [] : [filterCondition(filter, now)]),
  ]);
}

/** How many alerts are meant, counted one by one; `merged`: those that became part of another too. */
export async function countSelected(
  reader: Kysely<Schema>,
  selection: AlertSelection,
  merged = false,
): Promise<number> {
  const counts = await Promise.all([
    countStanding(reader, selection),
    merged ? countRows(reader, selection, "merged") : 0,
  ]);
  return counts[0] + counts[1];
}

async function countStanding(reader: Kysely<Schema>, selection: AlertSelection): Promise<number> {
  const { severities, statuses, narrows, rest } = splitSelection(selection);
  const times = timesOf(rest);
  if (!narrows || times === undefined) return await countRows(reader, selection, "standing");
  const pairs = await countPairs(reader, { severities, statuses, times });
  return pairs.reduce((sum, { count }) => sum + count, 0);
}

async function countRows(
  reader: Kysely<Schema>,
  selection: AlertSelection,
  which: Standing,
): Promise<number> {
  const { count } = await reader
    .selectFrom("alerts")
    .select((eb) => eb.fn.countAll<number>().as("count"))
    .where(selectionCondition(selection, which))
    .executeTakeFirstOrThrow();
  return count;
}

/** A selection as some severities and statuses, and what else it asks for. */
export interface SplitSelection {
  readonly severities: readonly AlertSeverity[];
  readonly statuses: readonly AlertStatus[];
  /** Whether they are fewer than all. */
  readonly narrows: boolean;
  readonly rest: AlertSelection;
}

/** Takes severities and statuses out of a selection, by which one index holds the alerts. */
export function splitSelection(selection: AlertSelection): SplitSelection {
  const { severities, statuses } = filterSets(selection.filter);
  const terms = selection.filter.terms.filter(({ field }) => field !== "severity" && field !== "status");
  const narrows = severities.length < alertSeverities.length || statuses.length < alertStatuses.length;
  return { severities, statuses, narrows, rest: { ...selection, filter: { terms } } };
}

/**
 * The same as `selectionCondition`, written so that no index of severity or status is tempted: for a walk over the
 * newest alerts of which most are meant.
 */
export function walkedCondition(selection: AlertSelection): Expression<SqlBool> {
  const { severities, statuses, rest } = splitSelection(selection);
  const without = (column: "severity" | "status", all: readonly string[], wanted: readonly string[]) => {
    const others = all.filter((value) => !wanted.includes(value));
    return others.length === 0 ? [] : [alerts(`alerts.${column}`, "not in", others)];
  };
  return alerts.and([
    selectionCondition(rest),
    ...without("severity", alertSeverities, severities),
    ...without("status", alertStatuses, statuses),
  ]);
}

/** The times that a selection leaves; undefined when it asks for more than times, or for several spans. */
export function timesOf({ filter, from, to, ruleId, now }: AlertSelection): TimeBounds | undefined {
  let times: TimeBounds = { from, to };
  for (const term of filter.terms) {
    const [time, ...others] = term.field === "time" && !term.not ? term.values : [];
    if (time === undefined || others.length > 0) return undefined;
    times = both(times, timeBounds(term.operator, time, now));
  }
  return ruleId === undefined ? times : undefined;
}

function both(one: TimeBounds, other: TimeBounds): TimeBounds {
  const from = Math.max(one.from ?? Number.NEGATIVE_INFINITY, other.from ?? Number.NEGATIVE_INFINITY);
  const to = Math.min(one.to ?? Number.POSITIVE_INFINITY, other.to ?? Number.POSITIVE_INFINITY);
  return { from: Number.isFinite(from) ? from : undefined, to: Number.isFinite(to) ? to : undefined };
}
