/** Rows as code sees them: times are epoch milliseconds, ids lower-case, `summary` and `body` JSON text. */
export interface AlertRow {
  alert_id: string;
  revision: number;
  merged_into: string | null;
  /** Event time of the first firing, epoch milliseconds. */
  at: number;
  severity: string;
  rule_id: string;
  /** SHA-256 of the canonical alert in hex: tells a repeated revision from a conflicting one. */
  digest: string;
  /** JSON of what a list shows, so that a page never reads a body. */
  summary: string;
  /** JSON of the whole alert. */
  body: string;
  /** Where its last change stands in the stream of changes; the database gives it, whatever a caller writes here. */
  position: number;
}

/** A refused record, with what a list needs; `body` is its text, as `encoding` says. */
export interface QuarantineRow {
  quarantine_id: string;
  /** When it was refused, epoch milliseconds. */
  at: number;
  topic: string;
  group_name: string;
  code: string;
  reason: string;
  encoding: string;
  size_bytes: number;
  body: string;
}

/** What one process did between two moments, as it reported it. */
export interface ServiceReportRow {
  report_id: string;
  /** The end of the time it covers, epoch milliseconds. */
  at: number;
  /** The start of the time it covers, epoch milliseconds. */
  from_at: number;
  instance: string;
  version: string;
  /** JSON array of the services' names. */
  services: string;
  generated: number;
  accepted: number;
  evaluated: number;
}

/** Every table, in the schema `auditflow` on PostgreSQL. */
export interface Schema {
  alerts: AlertRow;
  quarantine: QuarantineRow;
  service_reports: ServiceReportRow;
}
