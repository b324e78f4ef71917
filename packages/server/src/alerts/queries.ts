import { type Alert, type AlertSeverity, type AlertSummary, alertSeverities } from "@auditflow/contracts";
import type { Kysely } from "kysely";
import type { Schema } from "../database/schema.ts";

/** A place in a list that is ordered newest first: the time (epoch milliseconds) and id of the row before it. */
export interface Position {
  readonly at: number;
  readonly id: string;
}

/** Which alerts are meant; what is left out narrows nothing. */
export interface AlertSelection {
  readonly severities?: readonly AlertSeverity[] | undefined;
  readonly ruleId?: string | undefined;
}

/** Which alerts a list shows. */
export interface AlertFilter extends AlertSelection {
  /** Most alerts on the page, at least 1. */
  readonly limit: number;
  /** The page begins after this place; undefined: with the newest. */
  readonly after?: Position | undefined;
  /** The first event time that is listed, epoch milliseconds. */
  readonly from?: number | undefined;
  /** The first event time that is listed no more, epoch milliseconds. */
  readonly to?: number | undefined;
  /** Whether alerts that became part of another are listed too. */
  readonly merged: boolean;
}

/** A page, and where the next one begins; undefined on the last. */
export interface AlertPage {
  readonly alerts: AlertSummary[];
  readonly next: Position | undefined;
}

/**
 * One page of alerts, newest first. An alert that is there from the first page to the last is listed exactly once,
 * whatever is stored meanwhile. Reads no bodies, and of each severity and rule no more rows than a page.
 */
export async function listAlerts(reader: Kysely<Schema>, filter: AlertFilter): Promise<AlertPage> {
  const { limit, severities, ruleId } = filter;
  // Each severity by itself is in order in its index; several together are not.
  const wanted = severities ?? (ruleId === undefined ? [undefined] : alertSeverities);
  const [first, ...others] = [...new Set(wanted)].map((severity) =>
    reader.selectFrom(newest(reader, filter, severity).as("part")).selectAll(),
  );
  if (first === undefined) return { alerts: [], next: undefined };
  const rows = await others
    .reduce((all, part) => all.unionAll(part), first)
    .orderBy("at", "desc")
    .orderBy("alert_id", "desc")
    .limit(limit + 1)
    .execute();
  const page = rows.slice(0, limit);
  const last = page.at(-1);
  return {
    alerts: page.map(({ summary }) => JSON.parse(summary) as AlertSummary),
    next: rows.length > limit && last !== undefined ? { at: last.at, id: last.alert_id } : undefined,
  };
}

function newest(reader: Kysely<Schema>, filter: AlertFilter, severity: AlertSeverity | undefined) {
  const { limit, after, ruleId, from, to, merged } = filter;
  let query = reader.selectFrom("alerts").select(["alert_id", "at", "summary"]);
  if (!merged) query = query.where("merged_into", "is", null);
  if (severity !== undefined) query = query.where("severity", "=", severity);
  if (ruleId !== undefined) query = query.where("rule_id", "=", ruleId);
  if (from !== undefined) query = query.where("at", ">=", from);
  if (to !== undefined) query = query.where("at", "<", to);
  if (after !== undefined) {
    query = query.where((eb) => eb(eb.refTuple("at", "alert_id"), "<", eb.tuple(after.at, after.id)));
  }
  // One more than the page tells whether there is a next one.
  return query
    .orderBy("at", "desc")
    .orderBy("alert_id", "desc")
    .limit(limit + 1);
}

/** The whole alert, merged or not; the id in lower case. */
export async function getAlert(reader: Kysely<Schema>, alertId: string): Promise<Alert | undefined> {
  const row = await reader
    .selectFrom("alerts")
    .select("body")
    .where("alert_id", "=", alertId)
    .executeTakeFirst();
  return row === undefined ? undefined : (JSON.parse(row.body) as Alert);
}

/** Which revision, with which content, is stored per alert id; ids that are not stored are absent. */
export async function storedRevisions(
  reader: Kysely<Schema>,
  alertIds: readonly string[],
): Promise<Map<string, { revision: number; digest: string }>> {
  const rows = await reader
    .selectFrom("alerts")
    .select(["alert_id", "revision", "digest"])
    .where("alert_id", "in", [...new Set(alertIds)])
    .execute();
  return new Map(rows.map(({ alert_id, revision, digest }) => [alert_id, { revision, digest }]));
}
