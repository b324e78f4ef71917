/** Rows as code sees them: times are epoch milliseconds, ids lower-case, `summary` and `body` JSON text. */
export interface AlertRow {
  alert_id: string;
  revision: number;
  merged_into: string | null;
  /** Event time of the first firing, epoch milliseconds. */
  at: number;
  severity: string;
  rule_id: string;
  /** JSON of what a list shows, so that a page never reads a body; what people decided is in columns of its own. */
  summary: string;
  /** JSON of the whole alert. */
  body: string;
  /** Where its last change stands in the stream of changes; the database gives it, whatever a caller writes here. */
  position: number;
  /** What is searched, in lower case: the rule's name, the actor's id, the host, the address, the type, and the words. */
  rule_name: string;
  actor: string;
  host: string;
  ip: string | null;
  type: string;
  words: string;
  /** 1 when it rests on an event that the generator made. */
  synthetic: number;
  count: number;
  /** What people decided; a new revision of the alert leaves it. */
  status: string;
  assignee: string | null;
  /** Why it was closed. */
  reason: string | null;
  /** Grows with every change of what people decided. */
  version: number;
  /** The incident it is part of; null for an alert that became part of another before it was stored. */
  incident_id: string | null;
  /** When it was stored first, epoch milliseconds; retention goes by it. */
  stored_at: number;
  /** The trace of the event that fired its first stored revision, as W3C Trace Context writes it. */
  traceparent: string | null;
}

/** Alerts with one fingerprint, as people handle them. */
export interface IncidentRow {
  incident_id: string;
  /** SHA-256 in hex of what makes two alerts belong together. */
  fingerprint: string;
  /** 1 while new alerts with the fingerprint join it; at most one incident of a fingerprint is. */
  joinable: number;
  /** The least settled status of its alerts: open, acknowledged, resolved or closed. */
  status: string;
  /** The highest severity of its alerts, as a rank: 0 is INFO, 4 is CRITICAL. */
  severity: number;
  /** The rank that channels were told of; -1: of none yet. */
  told: number;
  /** JSON of the AlertSummary that opened it. */
  opened_by: string;
  rule_id: string;
  rule_name: string;
  actor: string;
  host: string;
  alert_count: number;
  /** Event times, epoch milliseconds. */
  first_seen: number;
  last_seen: number;
  /** When it was opened, epoch milliseconds. */
  at: number;
}

/** One thing that was done to alerts at once, by whom; it can be undone as one. */
export interface OperationRow {
  operation_id: string;
  at: number;
  who: string;
  action: string;
  /** Alerts that were meant. */
  matched: number;
  /** Alerts that it changed. */
  changed: number;
  /** The operation that it took back; null when it is not an undo. */
  undo_of: string | null;
}

/** What an operation did to one alert or incident. */
export interface HistoryRow {
  operation_id: string;
  /** Id of the alert or incident. */
  subject_id: string;
  at: number;
  who: string;
  action: string;
  from_status: string | null;
  to_status: string | null;
  from_assignee: string | null;
  to_assignee: string | null;
  from_reason: string | null;
  to_reason: string | null;
  note: string | null;
  /** The subject's version after it. */
  version: number;
}

/** The answer that was given to a request with an Idempotency-Key. */
export interface IdempotencyRow {
  /** SHA-256 in hex of caller and key. */
  idempotency_key: string;
  at: number;
  /** SHA-256 in hex of method, address and body. */
  digest: string;
  status: number;
  /** JSON text. */
  answer: string;
}

/** A way to tell people. */
export interface ChannelRow {
  channel_id: string;
  at: number;
  /** Unique, in the caller's spelling. */
  name: string;
  kind: string;
  /** JSON of its settings, secrets among them. */
  settings: string;
  /** The least severity it is told of, as a rank: 0 is INFO, 4 is CRITICAL. */
  severity: number;
  /** 1: it is told; 0: it is not. */
  enabled: number;
  /** Why it was switched off by itself. */
  disabled_reason: string | null;
  version: number;
}

/** The outbox: one notice for one channel, and what became of it. */
export interface DeliveryRow {
  delivery_id: string;
  /** When it was due first, epoch milliseconds. */
  at: number;
  channel_id: string;
  incident_id: string | null;
  /** The notice's type. */
  type: string;
  /** JSON of the notice. */
  notice: string;
  /** pending, delivered, dead or cancelled. */
  state: string;
  /** Tries that came to an end, ever. */
  attempts: number;
  /** Those of them that the retry schedule counts, and when it began, epoch milliseconds: resending starts it anew. */
  tries: number;
  tries_from: number;
  /** When it is tried next, epoch milliseconds. */
  next_at: number;
  /** Until when a process has it in hand, epoch milliseconds; 0: none. */
  leased_until: number;
  /** What the last try came to. */
  detail: string | null;
  settled_at: number | null;
  /** The trace of the alert that it tells of. */
  traceparent: string | null;
}

/** One try of a delivery. */
export interface DeliveryAttemptRow {
  delivery_id: string;
  attempt: number;
  at: number;
  duration_ms: number;
  outcome: string;
  /** What the receiver answered: an HTTP or SMTP code. */
  code: number | null;
  detail: string;
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
  /** JSON of what rules it works with; null where none do. */
  rule_set: string | null;
}

/** Every table, in the schema `auditflow` on PostgreSQL. */
export interface Schema {
  alerts: AlertRow;
  incidents: IncidentRow;
  operations: OperationRow;
  history: HistoryRow;
  idempotency: IdempotencyRow;
  channels: ChannelRow;
  deliveries: DeliveryRow;
  delivery_attempts: DeliveryAttemptRow;
  quarantine: QuarantineRow;
  service_reports: ServiceReportRow;
}
