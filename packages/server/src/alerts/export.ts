import type { AlertSummary } from "@auditflow/contracts";
import { stringify } from "csv-stringify/sync";
import type { Kysely } from "kysely";
import type { Schema } from "../database/schema.ts";
import { type Position, readPage } from "./queries.ts";
import type { AlertSelection } from "./selection.ts";
import { alertSummaryOf, type SummaryRow } from "./summary.ts";

/** What alerts can be exported as. */
export type ExportFormat = "ndjson" | "csv";

/** Alerts read and written at once. */
const pageSize = 1000;

/**
 * All alerts that are meant, newest first, as text in portions: NDJSON, one AlertSummary a line, or CSV (RFC 4180) with
 * a line of names first. Each portion is read when the one before was taken, so no more than one is in memory; an
 * alert that is there all the while comes exactly once. Rejects with `database_unavailable` in the middle, too.
 */
export async function* exportAlerts(
  reader: Kysely<Schema>,
  selection: AlertSelection,
  format: ExportFormat,
): AsyncGenerator<string, void, undefined> {
  const write = writers[format];
  let after: Position | undefined;
  let isFirst = true;
  do {
    const { alerts, next } = await readPage(reader, { ...selection, limit: pageSize, after, merged: false });
    yield write(alerts, isFirst);
    after = next;
    isFirst = false;
  } while (after !== undefined);
}

const writers: Readonly<Record<ExportFormat, (rows: readonly SummaryRow[], isFirst: boolean) => string>> = {
  ndjson: (rows) => rows.map((row) => `${JSON.stringify(alertSummaryOf(row))}\n`).join(""),
  csv: (rows, isFirst) =>
    stringify(
      rows.map((row) => Object.values(exportColumns).map((read) => read(alertSummaryOf(row)))),
      {
        header: isFirst,
        columns: Object.keys(exportColumns),
        record_delimiter: "windows",
        // A spreadsheet would take such a text for a formula, and an attacker writes some of them.
        escape_formulas: true,
      },
    ),
};

/** The columns of a CSV export, in their order: new ones are added at the end only. */
export const exportColumns = {
  alert_id: (alert) => alert.alert_id,
  timestamp: (alert) => alert.timestamp,
  severity: (alert) => alert.severity,
  status: (alert) => alert.status,
  alert_name: (alert) => alert.alert_name,
  alert_type: (alert) => alert.alert_type,
  rule_id: (alert) => alert.rule_id,
  rule_name: (alert) => alert.rule_name,
  actor_type: (alert) => alert.triggered_by.actor_type,
  actor_id: (alert) => alert.triggered_by.actor_id,
  client_ip: (alert) => alert.triggered_by.client_ip,
  server_hostname: (alert) => alert.impacted_resource.server_hostname,
  resource_type: (alert) => alert.impacted_resource.resource_type,
  resource_id: (alert) => alert.impacted_resource.resource_id,
  description: (alert) => alert.description,
  count: (alert) => alert.count,
  first_event_at: (alert) => alert.first_event_at,
  last_event_at: (alert) => alert.last_event_at,
  assignee: (alert) => alert.assignee,
  close_reason: (alert) => alert.close_reason,
  incident_id: (alert) => alert.incident_id,
  synthetic: (alert) => String(alert.synthetic === true),
} as const satisfies Readonly<Record<string, (alert: AlertSummary) => string | number | null | undefined>>;
