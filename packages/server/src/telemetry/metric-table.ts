import { type Service, services } from "@auditflow/contracts";

/** One metric: what Prometheus knows of it, and which services have something to tell in it. */
export interface MetricRow {
  readonly kind: "counter" | "gauge" | "histogram";
  /** Without the prefix `auditflow_`; in base units, counters end in `_total`. */
  readonly name: string;
  readonly help: string;
  /** Names of labels; each has few fixed values. */
  readonly labels: readonly string[];
  readonly services: readonly Service[];
  /** Upper bounds of a histogram, ascending. */
  readonly buckets?: readonly number[];
}

const durations = [0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];
const sizes = [1, 2, 5, 10, 25, 50, 100, 250, 500, 1000, 2500, 5000];

const generator = ["audit-event-generator"] as const;
const gateway = ["audit-event-gateway"] as const;
const analysis = ["audit-log-analysis"] as const;
const notification = ["notification-service"] as const;

/** Every metric of the product, in the order of its documentation. */
export const metricTable = {
  eventsReceived: {
    ...{ kind: "counter", name: "events_received_total", labels: [], services: gateway },
    help: "Events that came to intake; a body that cannot be read counts as one",
  },
  eventsAccepted: {
    ...{ kind: "counter", name: "events_accepted_total", labels: [], services: gateway },
    help: "Events the transport took over from intake",
  },
  eventsRejected: {
    ...{ kind: "counter", name: "events_rejected_total", labels: ["reason"], services: gateway },
    help: "Events refused at intake, by the code of the error",
  },
  legacyTimestamps: {
    ...{ kind: "counter", name: "events_legacy_timestamp_total", labels: [], services: gateway },
    help: "Timestamps with both an offset and Z",
  },
  eventsGenerated: {
    ...{ kind: "counter", name: "events_generated_total", labels: [], services: generator },
    help: "Synthetic events the transport took over",
  },
  eventsSkipped: {
    ...{ kind: "counter", name: "events_skipped_total", labels: [], services: generator },
    help: "Synthetic events that were due and not made",
  },
  eventsEvaluated: {
    ...{ kind: "counter", name: "events_evaluated_total", labels: [], services: analysis },
    help: "Events that went through the rules",
  },
  eventsDuplicate: {
    ...{ kind: "counter", name: "events_duplicate_total", labels: [], services: analysis },
    help: "Events that a counting rule knew already: delivered again or sent again, and counted once",
  },
  eventsLate: {
    ...{ kind: "counter", name: "events_late_total", labels: [], services: analysis },
    help: "Window entries that came later than the allowed lateness",
  },
  eventsWithoutGroup: {
    ...{ kind: "counter", name: "events_without_group_total", labels: [], services: analysis },
    help: "Matches that lack a field the rule groups by or counts",
  },
  eventLag: {
    ...{ kind: "histogram", name: "event_lag_seconds", labels: [], services: analysis },
    ...{ help: "From received_at to the end of detection", buckets: durations },
  },
  detectionDuration: {
    ...{ kind: "histogram", name: "detection_duration_seconds", labels: [], services: analysis },
    ...{ help: "Time to settle one batch of events", buckets: durations },
  },
  alertsPublished: {
    ...{ kind: "counter", name: "alerts_total", labels: ["severity"], services: analysis },
    help: "Alert revisions published by detection",
  },
  rulesLoaded: {
    ...{ kind: "gauge", name: "rules_loaded", labels: [], services: analysis },
    help: "Rules in the active set",
  },
  ruleProblems: {
    ...{ kind: "gauge", name: "rule_problems", labels: [], services: analysis },
    help: "Faults in the rule files as they were last read",
  },
  ruleReloads: {
    ...{ kind: "counter", name: "rule_reloads_total", labels: ["outcome"], services: analysis },
    help: "Changes of rule files that were seen: complete, partial (faults that were there before still are), refused (a new fault: the rules from before stay)",
  },
  rulesSuspended: {
    ...{ kind: "gauge", name: "rules_suspended", labels: [], services: analysis },
    help: "Rules in the active set that are not evaluated because they used up their time",
  },
  ruleSlowSeconds: {
    ...{ kind: "counter", name: "rule_slow_seconds_total", labels: [], services: analysis },
    help: "Processor time of evaluations of one rule on one event that took longer than a millisecond",
  },
  windowEvictions: {
    ...{ kind: "counter", name: "window_evictions_total", labels: [], services: analysis },
    help: "Groups or entries dropped because a cap was reached",
  },
  windowResets: {
    ...{ kind: "counter", name: "window_resets_total", labels: [], services: analysis },
    help: "Times the window store was found empty though it was not: counting began anew",
  },
  alertsStored: {
    ...{ kind: "counter", name: "alerts_stored_total", labels: [], services: notification },
    help: "Alert rows written or updated",
  },
  alertsDuplicate: {
    ...{ kind: "counter", name: "alerts_duplicate_total", labels: [], services: notification },
    help: "Alerts that were stored already, unchanged",
  },
  batchSize: {
    ...{ kind: "histogram", name: "batch_size", labels: [], services: notification },
    ...{ help: "Alerts written in one transaction", buckets: sizes },
  },
  batchDuration: {
    ...{ kind: "histogram", name: "batch_duration_seconds", labels: [], services: notification },
    ...{ help: "Time to write one batch of alerts", buckets: durations },
  },
  notifications: {
    ...{ kind: "counter", name: "notifications_total", labels: ["channel", "outcome"] },
    ...{ services: notification, help: "Tries to tell a channel, by its kind: delivered, retry or dead" },
  },
  quarantineSize: {
    ...{ kind: "gauge", name: "quarantine_size", labels: [], services: notification },
    help: "Refused records that are kept, counted every 10 seconds",
  },
  recordsQuarantined: {
    ...{ kind: "counter", name: "quarantined_total", labels: ["code"] },
    services: ["audit-event-gateway", "audit-log-analysis", "notification-service"],
    help: "Records put into quarantine, by the code of the error",
  },
  dependencyUp: {
    ...{ kind: "gauge", name: "dependency_up", labels: ["need", "name"] },
    services: ["audit-event-generator", "audit-event-gateway", "audit-log-analysis", "notification-service"],
    help: "1 while the dependency passes its health check, 0 while it is down or has a warning",
  },
  diskUsed: {
    ...{ kind: "gauge", name: "disk_used_bytes", labels: [], services },
    help: "Bytes that the files of the data folder take",
  },
  diskBudget: {
    ...{ kind: "gauge", name: "disk_budget_bytes", labels: [], services },
    help: "Bytes that the data folder may take; 0: as many as its file system has",
  },
  diskFree: {
    ...{ kind: "gauge", name: "disk_free_bytes", labels: [], services },
    help: "Bytes that are free on the file system of the data folder",
  },
  requestDuration: {
    ...{ kind: "histogram", name: "http_request_duration_seconds", labels: ["method", "route", "status"] },
    ...{ services, help: "Time to answer a request, by the pattern of its route", buckets: durations },
  },
  traceSpans: {
    ...{ kind: "counter", name: "trace_spans_total", labels: ["outcome"], services },
    help: "Spans that were exported to the collector, failed to get there, or were dropped because too many waited",
  },
  logLinesDropped: {
    ...{ kind: "counter", name: "log_lines_dropped_total", labels: [], services },
    help: "Log lines lost because standard output did not take them in time",
  },
  buildInfo: {
    ...{ kind: "gauge", name: "build_info", labels: ["version"], services },
    help: "Version of the program",
  },
} as const satisfies Record<string, MetricRow>;
