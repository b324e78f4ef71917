import type { AlertDetail, AlertSummary } from "@auditflow/contracts";
import type { Kysely, SelectQueryBuilder } from "kysely";
import type { AlertRow, Schema } from "../database/schema.ts";
import { type AlertSelection, type Standing, selectionCondition, splitSelection } from "./selection.ts";
import { alertSummaryOf, type SummaryRow, summaryColumns } from "./summary.ts";
import { alertDetailOf, alertTag, triageColumns } from "./triage-of.ts";

/** A place in a list that is ordered newest first: the time (epoch milliseconds) and id of the row before it. */
export interface Position {
  readonly at: number;
  readonly id: string;
}

/** Which alerts a list shows. */
export interface AlertQuery extends AlertSelection {
  /** Most alerts on the page, at least 1. */
  readonly limit: number;
  /** The page begins after this place; undefined: with the newest. */
  readonly after?: Position | undefined;
  /** Whether alerts that became part of another are listed too. */
  readonly merged: boolean;
}

/** A page, and where the next one begins; undefined on the last. */
export interface Page<T> {
  readonly alerts: T[];
  readonly next: Position | undefined;
}

/** A page of alerts as the API tells it; see `readPage`. */
export async function listAlerts(reader: Kysely<Schema>, query: AlertQuery): Promise<Page<AlertSummary>> {
  const { alerts, next } = await readPage(reader, query);
  return { alerts: alerts.map(alertSummaryOf), next };
}

/**
 * One page of alerts, newest first. An alert that is there from the first page to the last is listed exactly once,
 * whatever is stored meanwhile. Reads no bodies; by severity and status no more entries of each than a page has.
 */
export async function readPage(reader: Kysely<Schema>, query: AlertQuery): Promise<Page<SummaryRow>> {
  const { limit } = query;
  // One more than the page tells whether there is a next one.
  const places = newestPlaces(reader, { ...query, limit: limit + 1 });
  if (places === undefined) return { alerts: [], next: undefined };
  const rows = await reader
    .selectFrom(places.as("place"))
    .innerJoin("alerts", "alerts.alert_id", "place.alert_id")
    .select(summaryColumns.map((column) => `alerts.${column}` as const))
    .orderBy("place.at", "desc")
    .orderBy("place.alert_id", "desc")
    .execute();
  const page = rows.slice(0, limit);
  const last = page.at(-1);
  const isMore = rows.length > limit && last !== undefined;
  return { alerts: page, next: isMore ? { at: last.at, id: last.alert_id } : undefined };
}

/** The places of the newest alerts that a query asks for, `limit` of them; undefined when there can be none. */
export function newestPlaces(reader: Kysely<Schema>, query: AlertQuery): Places | undefined {
  const [first, ...others] = partsOf(query).map((part) =>
    reader.selectFrom(newest(reader, query, part).as("part")).selectAll(),
  );
  return others
    .reduce<Places | undefined>((all, part) => all?.unionAll(part), first)
    ?.orderBy("at", "desc")
    .orderBy("alert_id", "desc")
    .limit(query.limit);
}

/** A part of the alerts whose order an index has; together they are all that a query asks for. */
interface Part {
  readonly selection: AlertSelection;
  readonly which: Standing;
  readonly severity?: string;
  readonly status?: string;
}

/** Fields whose values are so many that the list of one of them is short, and has an index of its own. */
const selective = new Set(["rule", "user", "host", "incident", "id"]);

function partsOf(query: AlertQuery): Part[] {
  const merged: Part[] = query.merged ? [{ selection: query, which: "merged" }] : [];
  const { severities, statuses, narrows, rest } = splitSelection(query);
  const isSelective =
    query.ruleId !== undefined || query.filter.terms.some(({ field, not }) => !not && selective.has(field));
  if (!narrows || isSelective) return [{ selection: query, which: "standing" }, ...merged];
  // Each pair by itself is in order in its index; several together are not.
  const parts = statuses.flatMap((status) =>
    severities.map((severity): Part => ({ selection: rest, which: "standing", severity, status })),
  );
  return [...parts, ...merged];
}

type Place = Pick<AlertRow, "at" | "alert_id">;
type Places = SelectQueryBuilder<Schema & { part: Place }, "part", Place>;

function newest(
  reader: Kysely<Schema>,
  { limit, after }: AlertQuery,
  part: Part,
): SelectQueryBuilder<Schema, "alerts", Place> {
  const { selection, which, severity, status } = part;
  let query = reader
    .selectFrom("alerts")
    .select(["at", "alert_id"])
    .where(selectionCondition(selection, which));
  if (severity !== undefined) query = query.where("severity", "=", severity);
  if (status !== undefined) query = query.where("status", "=", status);
  if (after !== undefined) {
    query = query.where((eb) => eb(eb.refTuple("at", "alert_id"), "<", eb.tuple(after.at, after.id)));
  }
  return query.orderBy("at", "desc").orderBy("alert_id", "desc").limit(limit);
}

/** An alert whole, and its strong ETag. */
export interface StoredAlert {
  readonly alert: AlertDetail;
  readonly tag: string;
}

const detailColumns = ["body", "revision", "traceparent", ...triageColumns] as const;

/** The whole alert, merged or not; the id in lower case. */
export async function getAlert(reader: Kysely<Schema>, alertId: string): Promise<StoredAlert | undefined> {
  const row = await reader
    .selectFrom("alerts")
    .select(detailColumns)
    .where("alert_id", "=", alertId)
    .executeTakeFirst();
  return row === undefined ? undefined : { alert: alertDetailOf(row), tag: alertTag(row) };
}

/** Alerts by their ids, and the ids that nothing is stored under; both in the order of the question. */
export interface FoundAlerts {
  readonly alerts: (AlertSummary | AlertDetail)[];
  readonly missing: string[];
}

/** The alerts of these ids, merged or not, each once; `detail`: whole. The ids in lower case. */
export async function lookUpAlerts(
  reader: Kysely<Schema>,
  alertIds: readonly string[],
  detail: boolean,
): Promise<FoundAlerts> {
  const wanted = [...new Set(alertIds)];
  const found = detail ? await details(reader, wanted) : await summaries(reader, wanted);
  return {
    alerts: wanted.flatMap((id) => found.get(id) ?? []),
    missing: wanted.filter((id) => !found.has(id)),
  };
}

async function summaries(
  reader: Kysely<Schema>,
  alertIds: readonly string[],
): Promise<Map<string, AlertSummary>> {
  const rows = await reader
    .selectFrom("alerts")
    .select([...summaryColumns])
    .where("alert_id", "in", alertIds)
    .execute();
  return new Map(rows.map((row) => [row.alert_id, alertSummaryOf(row)]));
}

async function details(
  reader: Kysely<Schema>,
  alertIds: readonly string[],
): Promise<Map<string, AlertDetail>> {
  const rows = await reader
    .selectFrom("alerts")
    .select(["alert_id", ...detailColumns])
    .where("alert_id", "in", alertIds)
    .execute();
  return new Map(rows.map((row) => [row.alert_id, alertDetailOf(row)]));
}
