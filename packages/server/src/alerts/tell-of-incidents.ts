import { type AlertSeverity, alertSeverities, type Notice } from "@auditflow/contracts";
import { sql } from "kysely";
import type { Transaction } from "../database/database.ts";
import { formatTimestamp } from "../telemetry/clock.ts";
import { deliveriesFor, deliveriesPlan, enabledChannels } from "./deliveries.ts";
import type { IncidentStep, SteppedIncident } from "./incident-steps.ts";
import { alertSummaryOf } from "./summary.ts";

/** What notices are made with. */
export interface TellOptions {
  /** The time, epoch milliseconds. */
  readonly now: number;
  /** Makes a UUIDv7. */
  readonly newId: () => string;
  /** Where people find the page, without a slash at the end; undefined: notices carry no link. */
  readonly baseUrl?: string | undefined;
}

/** The incidents of a batch after it, and what the batch added to them. */
export interface BatchIncidents {
  readonly incidents: readonly SteppedIncident[];
  readonly joining: ReadonlyMap<string, IncidentStep>;
}

/**
 * Writes, for incidents that are new or worse than what was told of them, a line of history and one delivery for each
 * channel that wants to know. Says how many deliveries. At most four statements, none when there is nothing to tell.
 */
export async function tellOfIncidents(
  transaction: Transaction,
  { incidents, joining }: BatchIncidents,
  options: TellOptions,
): Promise<number> {
  const news = incidents.filter(({ severity, told, alert_count }) => severity > told && alert_count > 0);
  if (news.length === 0) return 0;
  await remember(transaction, news, options);
  const channels = await enabledChannels(transaction.db);
  if (channels.length === 0) return 0;
  const notices = news.map((incident) => noticeOf(incident, joining.get(incident.fingerprint)!, options));
  const traceparents = news.map(({ fingerprint }) => joining.get(fingerprint)!.opener.traceparent);
  const rows = deliveriesFor({ channels, notices, traceparents, ...options });
  await transaction.upsert(deliveriesPlan, rows);
  return rows.length;
}

/** The line of history, and that the severity was told. */
async function remember(
  { db, given }: Transaction,
  news: readonly SteppedIncident[],
  { now, newId }: TellOptions,
): Promise<void> {
  const ids = news.map(({ incident_id }) => ({ id: incident_id }));
  const operation = newId();
  const columns = sql`operation_id, subject_id, at, who, action, to_status, version`;
  const lines = news.map(({ incident_id, told }) => ({
    ...{ id: incident_id, action: told < 0 ? "open" : "escalate", operation },
  }));
  const table = given({ id: "uuid", action: "text", operation: "uuid" }, lines);
  await sql`
    insert into history (${columns})
    select operation, id, ${sql.lit(now)}, 'detection', action, 'open', 0 from ${table} where true`.execute(
    db,
  );
  await sql`
    update incidents set told = severity where incident_id in (select id from ${given({ id: "uuid" }, ids)})`.execute(
    db,
  );
}

function noticeOf(
  incident: SteppedIncident,
  { opener }: IncidentStep,
  { baseUrl }: TellOptions,
): Omit<Notice, "delivery_id"> {
  const alert = alertSummaryOf(opener);
  const { incident_id, told, severity, alert_count, first_seen, last_seen } = incident;
  const { actor_id } = alert.triggered_by;
  const { resource_id, server_hostname } = alert.impacted_resource;
  return {
    type: told < 0 ? "incident.opened" : "incident.escalated",
    incident: {
      ...{ incident_id, title: alert.alert_name, severity: alertSeverities[severity] as AlertSeverity },
      ...{ status: "open", rule_id: alert.rule_id, rule_name: alert.rule_name, alert_count },
      ...{ actor: actor_id, resource: resource_id, host: server_hostname },
      ...{ first_seen: formatTimestamp(first_seen), last_seen: formatTimestamp(last_seen) },
      ...(baseUrl === undefined ? {} : { url: `${baseUrl}/incidents/${incident_id}` }),
    },
    alert: {
      ...alert,
      ...{ status: "open", assignee: null, close_reason: null, incident_id, version: 1 },
    },
  };
}
