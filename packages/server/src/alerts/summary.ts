import type { Alert, AlertSeverity, AlertSummary } from "@auditflow/contracts";
import type { AlertRow } from "../database/schema.ts";
import { formatTimestamp } from "../telemetry/clock.ts";
import { type TriageRow, triageColumns, triageOf } from "./triage-of.ts";

/** What the column `summary` keeps: what of an AlertSummary no other column says, nor says by being left out. */
interface KeptSummary
  extends Pick<
    AlertSummary,
    "alert_name" | "alert_type" | "description" | "triggered_by" | "impacted_resource"
  > {
  /** Left out when it is the alert's name. */
  rule_name?: string;
  /** Left out when they are the alert's time. */
  first_event_at?: string;
  last_event_at?: string;
}

/** The JSON of the column \`summary\`. Half as long as the summary: it is written with every alert. */
export function keptSummary(alert: Alert): string {
  const { alert_name, timestamp, first_event_at, last_event_at } = alert;
  const { rule_name } = alert.analysis_rule;
  const kept: KeptSummary = {
    alert_name,
    alert_type: alert.alert_type,
    description: alert.description,
    triggered_by: alert.triggered_by,
    impacted_resource: alert.impacted_resource,
  };
  if (rule_name !== alert_name) kept.rule_name = rule_name;
  if (first_event_at !== timestamp) kept.first_event_at = first_event_at;
  if (last_event_at !== timestamp) kept.last_event_at = last_event_at;
  return JSON.stringify(kept);
}

/** The columns that \`alertSummaryOf\` needs. */
export const summaryColumns = [
  ...(["alert_id", "at", "severity", "count", "revision", "merged_into", "rule_id", "synthetic"] as const),
  ...(["summary", ...triageColumns] as const),
] as const;

/** What a query reads for a list. */
export type SummaryRow = Pick<AlertRow, (typeof summaryColumns)[number]> & TriageRow;

/** An alert as a list shows it. */
export function alertSummaryOf(row: SummaryRow): AlertSummary {
  const kept = JSON.parse(row.summary) as KeptSummary;
  const timestamp = formatTimestamp(row.at);
  return {
    alert_id: row.alert_id,
    timestamp,
    alert_name: kept.alert_name,
    alert_type: kept.alert_type,
    severity: row.severity as AlertSeverity,
    description: kept.description,
    triggered_by: kept.triggered_by,
    impacted_resource: kept.impacted_resource,
    count: row.count,
    first_event_at: kept.first_event_at ?? timestamp,
    last_event_at: kept.last_event_at ?? timestamp,
    revision: row.revision,
    ...(row.merged_into === null ? {} : { merged_into: row.merged_into }),
    rule_id: row.rule_id,
    rule_name: kept.rule_name ?? kept.alert_name,
    ...(row.synthetic === 1 ? { synthetic: true } : {}),
    ...triageOf(row),
  };
}
