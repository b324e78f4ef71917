import { Alert } from "@auditflow/contracts";
import { Ajv, type ErrorObject } from "ajv";
import type { UpsertPlan } from "../database/database.ts";
import type { AlertRow } from "../database/schema.ts";
import { formatTimestamp } from "../telemetry/clock.ts";
import { canonicalJson, isDeeperThan } from "./canonical-json.ts";
import { keptSummary } from "./summary.ts";

/**
 * One row per alert id, the one with the highest revision, each change at a position of its own in the stream; what
 * people decided stays.
 */
export const alertsPlan: UpsertPlan<"alerts"> = {
  table: "alerts",
  key: "alert_id",
  newer: "revision",
  stamp: "position",
  keeps: ["status", "assignee", "reason", "version", "incident_id", "stored_at", "traceparent"],
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

/**
 * The row of a valid alert, its ids in lower case; undefined when nested too deep. The columns of what people decided
 * are as for a new one, without an incident.
 */
export function alertRow(given: Alert): AlertRow | undefined {
  // Databases and readers differ about what is nested deeper.
  if (isDeeperThan(given, 100)) return undefined;
  const alert = withLowerCaseIds(given);
  const { triggered_by, impacted_resource, analysis_rule } = alert;
  const { client_ip } = triggered_by;
  // One literal, for this is made for each alert: objects put together from others take twice as long.
  return {
    alert_id: alert.alert_id,
    revision: alert.revision,
    merged_into: alert.merged_into ?? null,
    at: Date.parse(alert.timestamp),
    severity: alert.severity,
    rule_id: analysis_rule.rule_id,
    summary: keptSummary(alert),
    body: JSON.stringify(alert),
    position: 0,
    rule_name: searchable(analysis_rule.rule_name),
    actor: searchable(triggered_by.actor_id),
    host: searchable(impacted_resource.server_hostname),
    ip: client_ip === undefined ? null : searchable(client_ip),
    type: searchable(alert.alert_type),
    words: searchable(`${alert.alert_name} ${alert.description}`, longestWords),
    synthetic: isSynthetic(alert) ? 1 : 0,
    count: alert.count,
    status: "open",
    assignee: null,
    reason: null,
    version: 1,
    incident_id: null,
    stored_at: 0,
    traceparent: null,
  };
}

/** Whether two bodies say the same, whatever the order of their keys and whenever intake took the event. */
export function sayTheSame(body: string, other: string): boolean {
  return body === other || canonicalJson(saidBy(body)) === canonicalJson(saidBy(other));
}

/** A sender that never learned what became of an event sends it again: intake then adds its remarks anew. */
function saidBy(body: string): unknown {
  const alert = JSON.parse(body) as Alert;
  if (alert.raw_event_data === null) return alert;
  const { received_at: _at, source: _source, ...event } = alert.raw_event_data;
  return { ...alert, raw_event_data: event };
}

/** Longest text that is searched or stands in an index, in UTF-16 units; and longest that is searched word by word. */
const longestSearched = 256;
const longestWords = 2048;

/** A text as it is searched: in lower case and cut, never in the middle of a character. */
export function searchable(text: string, most = longestSearched): string {
  const lower = text.toLowerCase();
  if (lower.length <= most) return lower;
  const isHigh = /[\ud800-\udbff]/.test(lower[most - 1] ?? "");
  return lower.slice(0, isHigh ? most - 1 : most);
}

function isSynthetic({ raw_event_data }: Alert): boolean {
  return raw_event_data?.synthetic === true;
}

// Both cases are valid in a UUID; the databases must see one, else the same alert would be two rows in one of them.
function withLowerCaseIds(alert: Alert): Alert {
  const { alert_id, merged_into } = alert;
  if (!/[A-Z]/.test(alert_id) && (merged_into === undefined || !/[A-Z]/.test(merged_into))) return alert;
  const ids = { alert_id: alert_id.toLowerCase() };
  return {
    ...alert,
    ...ids,
    ...(merged_into === undefined ? {} : { merged_into: merged_into.toLowerCase() }),
  };
}

/** Whether the text, which has the written form of a time, names one that exists: no 30 February, no year 0000. */
function isRealTime(text: string): boolean {
  const at = Date.parse(text);
  // Date knows the year 0000, the calendar does not.
  if (Number.isNaN(at) || text.startsWith("0000")) return false;
  // Only the end of a month and the hour 24 are taken for the next day.
  const mayRollOver = text.slice(8, 10) > "28" || text.slice(11, 13) === "24";
  return !mayRollOver || formatTimestamp(at) === text;
}

/** The first faults in one sentence; the pointers are JSON Pointers into the record. */
export function explain(errors: readonly ErrorObject[]): string {
  const faults = errors.slice(0, 5).map(({ instancePath, message, params }) => {
    const allowed = "allowedValues" in params ? `: ${String(params.allowedValues)}` : "";
    return `${instancePath === "" ? "the record" : instancePath} ${message ?? "is not valid"}${allowed}`;
  });
  return errors.length > 5 ? `${faults.join("; ")}; and ${errors.length - 5} more` : faults.join("; ");
}
