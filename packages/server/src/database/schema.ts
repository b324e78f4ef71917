/** Rows as code sees them: times are epoch milliseconds, `body` is JSON text. */
export interface AlertRow {
  alert_id: string;
  revision: number;
  merged_into: string | null;
  /** Event time of the first firing, epoch milliseconds. */
  at: number;
  severity: string;
  rule_id: string;
  body: string;
}

export interface QuarantineRow {
  quarantine_id: string;
  at: number;
  topic: string;
  group_name: string;
  code: string;
  reason: string;
  encoding: string;
  body: string;
  size_bytes: number;
}

/** Every table, in the schema `auditflow` on PostgreSQL. */
export interface Schema {
  alerts: AlertRow;
  quarantine: QuarantineRow;
}
