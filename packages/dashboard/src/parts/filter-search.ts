import type { AlertSummary, GetAlertsParams, GetAlertsSeverityItem } from "../client/generated/auditflow.ts";

/** What the list of alerts is narrowed to; it stands in the address, so that a link shows the same list. */
export interface AlertsSearch {
  readonly severity?: readonly GetAlertsSeverityItem[];
  readonly rule_id?: string;
  /** Event time from here on, RFC 3339. */
  readonly from?: string;
  /** Event time before this, RFC 3339. */
  readonly to?: string;
}

const severityOrder = ["CRITICAL", "HIGH", "MEDIUM", "LOW", "INFO"] as const;

/** Reads a filter from whatever stands in an address; what is no filter is left out. */
export function readAlertsSearch(search: Readonly<Record<string, unknown>>): AlertsSearch {
  const given = [search["severity"]].flat().flatMap((value) => String(value).toUpperCase().split(","));
  const severity = severityOrder.filter((one) => given.includes(one));
  const rule = search["rule_id"];
  const rule_id = typeof rule === "string" || typeof rule === "number" ? String(rule) : "";
  const [from, to] = [timeOf(search["from"]), timeOf(search["to"])];
  return {
    ...(severity.length === 0 ? {} : { severity }),
    ...(rule_id === "" || rule_id.length > 256 ? {} : { rule_id }),
    ...(from === undefined ? {} : { from }),
    ...(to === undefined ? {} : { to }),
  };
}

/** Whether the list shows everything. */
export function isUnfiltered(search: AlertsSearch): boolean {
  return Object.keys(search).length === 0;
}

/** The filter with one severity added, or taken away if it was there. */
export function toggleSeverity(search: AlertsSearch, severity: GetAlertsSeverityItem): AlertsSearch {
  const old: readonly GetAlertsSeverityItem[] = search.severity ?? [];
  const next = old.includes(severity) ? old.filter((one) => one !== severity) : [...old, severity];
  return readAlertsSearch({ ...search, severity: next });
}

/** The filter as the parameters of the service's list. */
export function listParams({ severity, ...rest }: AlertsSearch): GetAlertsParams {
  return { ...rest, ...(severity === undefined ? {} : { severity: [...severity] }) };
}

/** Whether the service would list this alert under the filter: from is included, to is not. */
export function passes({ severity, rule_id, from, to }: AlertsSearch, alert: AlertSummary): boolean {
  const at = Date.parse(alert.timestamp);
  return (
    (severity === undefined || severity.includes(alert.severity)) &&
    (rule_id === undefined || rule_id === alert.rule_id) &&
    (from === undefined || at >= Date.parse(from)) &&
    (to === undefined || at < Date.parse(to))
  );
}

function timeOf(value: unknown): string | undefined {
  if (typeof value !== "string") return undefined;
  const at = Date.parse(value);
  return Number.isNaN(at) ? undefined : new Date(at).toISOString();
}
