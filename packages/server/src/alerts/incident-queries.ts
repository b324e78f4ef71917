import { hash } from "node:crypto";
import { type AlertStatus, type AlertSummary, alertSeverities, type Incident } from "@auditflow/contracts";
import type { Expression, Kysely, SqlBool } from "kysely";
import type { IncidentRow, Schema } from "../database/schema.ts";
import { formatTimestamp } from "../telemetry/clock.ts";
import type { Position } from "./queries.ts";
import { alertSummaryOf, summaryColumns } from "./summary.ts";

/** Which alerts an incident must have. */
export interface AlertCondition {
  /** A condition on rows of `alerts`. */
  readonly where: Expression<SqlBool>;
  /** Whether an index leads to the few alerts for which it holds; else each incident's alerts are looked at. */
  readonly isNarrow: boolean;
}

/** Which incidents a list shows. */
export interface IncidentSelection {
  /** Most incidents on the page, at least 1. */
  readonly limit: number;
  /** The page begins after this place; undefined: with the newest. */
  readonly after: Position | undefined;
  /** Only these; undefined: all. */
  readonly statuses: readonly AlertStatus[] | undefined;
  /** What holds for one of its standing alerts; undefined: nothing in particular. */
  readonly withAlert: AlertCondition | undefined;
}

/** A page, and where the next one begins; undefined on the last. */
export interface IncidentPage {
  readonly incidents: Incident[];
  readonly next: Position | undefined;
}

/** One page of incidents, those opened last first; an incident that has no alert any more is not listed. */
export async function listIncidents(
  reader: Kysely<Schema>,
  { limit, after, statuses, withAlert }: IncidentSelection,
): Promise<IncidentPage> {
  let query = reader.selectFrom("incidents").selectAll().where("alert_count", ">", 0);
  if (statuses !== undefined) query = query.where("status", "in", [...statuses]);
  if (after !== undefined) {
    query = query.where((eb) => eb(eb.refTuple("at", "incident_id"), "<", eb.tuple(after.at, after.id)));
  }
  if (withAlert !== undefined) {
    const { where, isNarrow } = withAlert;
    query = query.where((eb) => {
      const matching = eb.selectFrom("alerts").where("merged_into", "is", null).where(where);
      if (isNarrow) return eb("incident_id", "in", matching.select("alerts.incident_id"));
      const own = matching.whereRef("alerts.incident_id", "=", "incidents.incident_id");
      return eb.exists(own.select("alerts.alert_id"));
    });
  }
  const rows = await query
    .orderBy("at", "desc")
    .orderBy("incident_id", "desc")
    .limit(limit + 1)
    .execute();
  const page = rows.slice(0, limit);
  const last = page.at(-1);
  return {
    incidents: await incidentsOf(reader, page),
    next: rows.length > limit && last !== undefined ? { at: last.at, id: last.incident_id } : undefined,
  };
}

/** An incident and its strong ETag: another one whenever anything differs that a reader is told. */
export interface TaggedIncident {
  readonly incident: Incident;
  readonly tag: string;
}

/** The incident, its id in lower case; undefined when there is none, or when it has no alert any more. */
export async function getIncident(
  reader: Kysely<Schema>,
  incidentId: string,
): Promise<TaggedIncident | undefined> {
  const rows = await reader
    .selectFrom("incidents")
    .selectAll()
    .where("incident_id", "=", incidentId)
    .where("alert_count", ">", 0)
    .execute();
  const [incident] = await incidentsOf(reader, rows);
  return incident && { incident, tag: `"${hash("sha256", JSON.stringify(incident), "base64url")}"` };
}

async function incidentsOf(reader: Kysely<Schema>, rows: readonly IncidentRow[]): Promise<Incident[]> {
  const opened = rows.map(({ opened_by }) => JSON.parse(opened_by) as AlertSummary);
  const openers = await summaries(
    reader,
    opened.map(({ alert_id }) => alert_id),
  );
  return rows.map((row, n) => incidentOf(row, openers.get(opened[n]!.alert_id) ?? pruned(row, opened[n]!)));
}

async function summaries(reader: Kysely<Schema>, ids: readonly string[]): Promise<Map<string, AlertSummary>> {
  if (ids.length === 0) return new Map();
  const rows = await reader
    .selectFrom("alerts")
    .select([...summaryColumns])
    .where("alert_id", "in", [...ids])
    .execute();
  return new Map(rows.map((row) => [row.alert_id, alertSummaryOf(row)]));
}

/** The alert that opened an incident, when it is not kept any more. */
function pruned({ incident_id, status }: IncidentRow, opener: AlertSummary): AlertSummary {
  const triage = {
    status: status as AlertStatus,
    assignee: null,
    close_reason: null,
    incident_id,
    version: 1,
  };
  return { ...opener, ...triage };
}

function incidentOf(row: IncidentRow, opened_by: AlertSummary): Incident {
  const { incident_id, status, rule_id, alert_count } = row;
  return {
    incident_id,
    title: opened_by.alert_name,
    status: status as AlertStatus,
    severity: alertSeverities[row.severity] ?? "INFO",
    ...{ rule_id, rule_name: opened_by.rule_name, alert_count },
    first_seen: formatTimestamp(row.first_seen),
    last_seen: formatTimestamp(row.last_seen),
    opened_at: formatTimestamp(row.at),
    takes_alerts: row.joinable === 1,
    opened_by,
  };
}
