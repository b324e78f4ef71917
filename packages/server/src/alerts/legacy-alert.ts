import type { Alert, AlertSeverity, AnalysisRule, AuditEvent } from "@auditflow/contracts";
import type { LegacyColumn, LegacyRow } from "../database/legacy-table.ts";

/** How JSON of the old system is read: as strictly as intake reads it, which this part knows nothing of. */
export interface LegacyJson {
  /** The value of a JSON text; undefined when keeping the value would change or lose a part of it. */
  readonly value: (text: string) => { readonly value: unknown } | undefined;
  /** The audit event that a JSON text is, always the same one; `id` is for one without; undefined when it is none. */
  readonly event: (text: string, id: string) => AuditEvent | undefined;
}

/** What stands where the old system knew nothing. */
const unknown = "unknown";

/**
 * Makes an alert of an old row, always the same one, or says in a sentence why it is none. Columns go before the JSON
 * beside them; whatever has no place in an alert, and JSON that cannot be kept as a value, is in `metadata` under a
 * name that begins with `legacy_`. What it gives is still to be checked against the schema.
 */
export function legacyAlert(
  row: LegacyRow,
  json: LegacyJson,
): { readonly alert: Alert } | { readonly reason: string } {
  const id = row.alert_id;
  if (id === null) return { reason: "It has no alert_id" };
  if (row.timestamp === null) return { reason: "It has no timestamp" };
  const timestamp = writtenTime(row.timestamp);
  if (timestamp === undefined) {
    return { reason: `Its timestamp ${row.timestamp} is no time within the years 0001 to 9999` };
  }
  const reading: Reading = { row, json, kept: {} };
  const event = eventOf(reading);
  const rule = ruleOf(reading);
  const resource = resourceOf(reading, event);
  const alert: Omit<Alert, "metadata"> = {
    alert_id: id,
    correlation_id: row.correlation_id ?? event?.event_id ?? id,
    timestamp,
    alert_name: firstText(row.alert_name, rule.rule_name) ?? unknown,
    alert_type: firstText(row.alert_type) ?? rule.rule_id,
    severity: severityOf(reading),
    description: row.description ?? "",
    source_service_name: firstText(row.source_service_name, event?.source_service) ?? unknown,
    analysis_rule: rule,
    triggered_by: actorOf(reading, event, resource.server_hostname),
    impacted_resource: resource,
    action_observed: firstText(row.action_observed, event?.event_type) ?? unknown,
    evidence: event === undefined ? [] : [event.event_id],
    count: 1,
    first_event_at: event?.timestamp ?? timestamp,
    last_event_at: event?.timestamp ?? timestamp,
    revision: 1,
    matched: [],
    raw_event_data: event ?? null,
  };
  // Last, for it holds what the others left over.
  return { alert: { ...alert, metadata: metadataOf(reading) } };
}

/** A row that is being read. */
interface Reading {
  readonly row: LegacyRow;
  readonly json: LegacyJson;
  /** What has no place in an alert, by its name in `metadata`. */
  readonly kept: Record<string, unknown>;
}

type Details = Readonly<Record<string, unknown>>;

const iso = /^(\d{4}-\d\d-\d\d) (\d\d:\d\d:\d\d)(?:\.(\d{1,6}))?\+00$/;

/** A year of more than four digits, one before Christ, and infinity have another form. */
function writtenTime(text: string): string | undefined {
  const [, day, time, fraction = ""] = iso.exec(text) ?? [];
  return day === undefined ? undefined : `${day}T${time}.${fraction.slice(0, 3).padEnd(3, "0")}Z`;
}

/** What other systems call the severities, by their names in upper case. */
const severities: ReadonlyMap<string, AlertSeverity> = new Map<string, AlertSeverity>([
  ["DEBUG", "INFO"],
  ["INFO", "INFO"],
  ["INFORMATION", "INFO"],
  ["INFORMATIONAL", "INFO"],
  ["NOTICE", "INFO"],
  ["LOW", "LOW"],
  ["MINOR", "LOW"],
  ["MEDIUM", "MEDIUM"],
  ["MODERATE", "MEDIUM"],
  ["WARN", "MEDIUM"],
  ["WARNING", "MEDIUM"],
  ["HIGH", "HIGH"],
  ["MAJOR", "HIGH"],
  ["ERROR", "HIGH"],
  ["CRITICAL", "CRITICAL"],
  ["SEVERE", "CRITICAL"],
  ["FATAL", "CRITICAL"],
  ["ALERT", "CRITICAL"],
  ["EMERGENCY", "CRITICAL"],
]);

/** Of one that nobody knows: the middle, so that it is neither overlooked nor wakes anybody. */
function severityOf({ row: { severity: text }, kept }: Reading): AlertSeverity {
  const severity = severities.get(text?.trim().toUpperCase() ?? "") ?? "MEDIUM";
  if (text !== severity) kept["legacy_severity"] = text;
  return severity;
}

function eventOf(reading: Reading): AuditEvent | undefined {
  const { row, json } = reading;
  const text = row.raw_event_data;
  if (text === null) return undefined;
  // The old analysis took the event's id for the correlation's; where the event had none, it made one up.
  const event = json.event(text, row.correlation_id ?? row.alert_id ?? "");
  if (event === undefined && text !== "{}") keep(reading, "raw_event_data", valueOrText(text, json));
  return event;
}

function keep({ kept }: Reading, column: LegacyColumn, value: unknown): void {
  if (value !== null) kept[`legacy_${column}`] = value;
}

/** A value that reading would change, such as a number of 20 digits, is kept as its text. */
function valueOrText(text: string, json: LegacyJson): unknown {
  const read = json.value(text);
  return read === undefined ? text : read.value;
}

function details(reading: Reading, column: LegacyColumn): Details {
  const text = reading.row[column];
  const value = text === null ? null : valueOrText(text, reading.json);
  if (isObject(value)) return value;
  keep(reading, column, value);
  return {};
}

function isObject(value: unknown): value is Details {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The details with what an alert needs; where the two differ, the details are kept beside it whole. */
function completed<T extends object>(
  reading: Reading,
  {
    column,
    given,
    made,
  }: { column: LegacyColumn; given: Details; made: { [K in keyof T]: T[K] | undefined } },
): T {
  const differs = Object.entries(made).some(
    ([name, value]) => given[name] !== value && !isNothing(given[name]),
  );
  if (differs) keep(reading, column, given);
  const both = Object.entries({ ...given, ...made }).filter(([, value]) => value !== undefined);
  return Object.fromEntries(both) as T;
}

/** How the old services wrote that there is none. */
function isNothing(value: unknown): boolean {
  return value === undefined || value === null || value === "" || value === "N/A";
}

function firstText(...values: readonly unknown[]): string | undefined {
  return values.find((value): value is string => typeof value === "string" && !isNothing(value));
}

function texts(value: unknown): string[] {
  return Array.isArray(value) && value.every((one) => typeof one === "string") ? value : [];
}

function ruleOf(reading: Reading): AnalysisRule {
  const { row } = reading;
  const column = "analysis_rule_details";
  const given = details(reading, column);
  const name = firstText(row.rule_name, given["rule_name"]);
  const made = {
    rule_id: firstText(row.rule_id, given["rule_id"], name) ?? unknown,
    rule_name: name ?? firstText(row.alert_name, row.rule_id) ?? unknown,
    rule_description: firstText(given["rule_description"]),
    version: firstText(given["version"]) ?? "legacy",
    author: firstText(given["author"]),
    tags: texts(given["tags"]),
    references: texts(given["references"]),
    incident_by: undefined,
  };
  return completed<AnalysisRule>(reading, { column, given, made });
}

function resourceOf(reading: Reading, event: AuditEvent | undefined): Alert["impacted_resource"] {
  const { row } = reading;
  const column = "impacted_resource_details";
  const given = details(reading, column);
  const host = firstText(row.server_hostname, given["server_hostname"], event?.server_hostname) ?? unknown;
  const made = {
    resource_type: firstText(row.resource_type, given["resource_type"]) ?? unknown,
    resource_id: firstText(row.resource_id, given["resource_id"], event?.resource) ?? host,
    server_hostname: host,
  };
  return completed<Alert["impacted_resource"]>(reading, { column, given, made });
}

function actorOf(reading: Reading, event: AuditEvent | undefined, host: string): Alert["triggered_by"] {
  const { row } = reading;
  const column = "triggered_by_details";
  const given = details(reading, column);
  const address = firstText(row.client_ip, given["client_ip"], event?.client_ip);
  const user = firstText(row.actor_id, given["actor_id"], event?.user_id);
  const type = user !== undefined ? "user" : address !== undefined ? "address" : "host";
  const made = {
    actor_type: firstText(row.actor_type, given["actor_type"]) ?? type,
    actor_id: user ?? address ?? host,
    client_ip: address,
  };
  return completed<Alert["triggered_by"]>(reading, { column, given, made });
}

function metadataOf(reading: Reading): Record<string, unknown> {
  const { row, kept } = reading;
  const received = row.received_at === null ? undefined : writtenTime(row.received_at);
  if (received !== undefined) kept["legacy_received_at"] = received;
  const given = details(reading, "metadata");
  const made = { ...kept, imported_from: "legacy" };
  const isHidden = Object.keys(made).some((name) => Object.hasOwn(given, name));
  return { ...given, ...made, ...(isHidden ? { legacy_metadata: given } : {}) };
}
