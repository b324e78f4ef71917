import { createHash } from "node:crypto";
import { Alert, type AlertSummary } from "@auditflow/contracts";
import { Ajv, type ErrorObject } from "ajv";
import type { UpsertPlan } from "../database/database.ts";
import type { AlertRow } from "../database/schema.ts";
import { formatTimestamp } from "../telemetry/clock.ts";
import { canonicalJson } from "./canonical-json.ts";

/** One row per alert id, the one with the highest revision, each change at a position of its own in the stream. */
export const alertsPlan: UpsertPlan<"alerts"> = {
  table: "alerts",
  key: "alert_id",
  newer: "revision",
  stamp: "position",
};

const isAlert = new Ajv({ allErrors: true }).compile<Alert>(Alert);

/** Takes anything for an alert to store: its row, or in one sentence why it is none. */
export function readAlert(value: unknown): { readonly row: AlertRow } | { readonly reason: string } {
  if (!isAlert(value)) return { reason: explain(isAlert.errors ?? []) };
  const unreal = (["timestamp", "first_event_at", "last_event_at"] as const).find(
    (field) => !isRealTime(value[field]),
  );
  if (unreal !== undefined) return { reason: `/${unreal} ${value[unreal]} is not a time of the calendar` };
  const row = alertRow(value);
  return row === undefined ? { reason: "The alert is nested more than 100 levels deep" } : { row };
}

/** The row of a valid alert: its ids in lower case, its JSON in canonical form; undefined when nested too deep. */
export function alertRow(given: Alert): AlertRow | undefined {
  const alert = withLowerCaseIds(given);
  const body = canonicalJson(alert);
  if (body === undefined) return undefined;
  return {
    alert_id: alert.alert_id,
    revision: alert.revision,
    merged_into: alert.merged_into ?? null,
    at: Date.parse(alert.timestamp),
    severity: alert.severity,
    rule_id: alert.analysis_rule.rule_id,
    digest: createHash("sha256").update(body).digest("hex"),
    summary: JSON.stringify(summaryOf(alert)),
    body,
    position: 0,
  };
}

/** What a list shows of an alert. */
export function summaryOf(alert: Alert): AlertSummary {
  const { alert_id, timestamp, alert_name, alert_type, severity, description, count, revision } = alert;
  const { triggered_by, impacted_resource, first_event_at, last_event_at, merged_into, analysis_rule } =
    alert;
  const isSynthetic = alert.raw_event_data?.synthetic === true;
  return {
    ...{ alert_id, timestamp, alert_name, alert_type, severity, description },
    ...{ triggered_by, impacted_resource, count, first_event_at, last_event_at, revision },
    ...(merged_into === undefined ? {} : { merged_into }),
    rule_id: analysis_rule.rule_id,
    rule_name: analysis_rule.rule_name,
    ...(isSynthetic ? { synthetic: true } : {}),
  };
}

// Both cases are valid in a UUID; the databases must see one, else the same alert would be two rows in one of them.
function withLowerCaseIds(alert: Alert): Alert {
  const { alert_id, merged_into } = alert;
  const ids = { alert_id: alert_id.toLowerCase() };
  return {
    ...alert,
    ...ids,
    ...(merged_into === undefined ? {} : { merged_into: merged_into.toLowerCase() }),
  };
}

/** Whether the text is the one written form of a time that exists: no 30 February, no second 60. */
function isRealTime(text: string): boolean {
  const at = Date.parse(text);
  return !Number.isNaN(at) && formatTimestamp(at) === text;
}

/** The first faults in one sentence; the pointers are JSON Pointers into the record. */
export function explain(errors: readonly ErrorObject[]): string {
  const faults = errors.slice(0, 5).map(({ instancePath, message, params }) => {
    const allowed = "allowedValues" in params ? `: ${String(params.allowedValues)}` : "";
    return `${instancePath === "" ? "the record" : instancePath} ${message ?? "is not valid"}${allowed}`;
  });
  return errors.length > 5 ? `${faults.join("; ")}; and ${errors.length - 5} more` : faults.join("; ");
}
