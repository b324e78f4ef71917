import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from "@prometheus-io/client";

/**
 * Every metric of the product, made once per process. Labels have few fixed values: never a user, host, address or
 * rule text (a rule's id is bounded by the rule set).
 */
export interface Metrics {
  readonly registry: Registry;
  readonly eventsGenerated: Counter;
  readonly eventsSkipped: Counter;
  readonly eventsAccepted: Counter;
  readonly eventsRejected: Counter<"code">;
  readonly legacyTimestamps: Counter;
  readonly eventsEvaluated: Counter;
  readonly eventsLate: Counter;
  readonly eventsWithoutGroup: Counter;
  readonly alertsPublished: Counter<"severity">;
  readonly alertsStored: Counter;
  readonly alertsDuplicate: Counter;
  readonly notifications: Counter<"channel" | "outcome">;
  readonly recordsQuarantined: Counter<"code">;
  readonly windowEvictions: Counter;
  readonly rulesLoaded: Gauge;
  readonly ruleProblems: Gauge;
  readonly dependencyUp: Gauge<"need" | "name">;
  readonly detectionDuration: Histogram;
  readonly eventLag: Histogram;
}

type Options = { readonly name: string; readonly help: string };

/** Makes the metrics in a registry of their own, so that two processes' worth can live in one test. */
export function createMetrics(version: string): Metrics {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const counter = (name: string, help: string): Counter =>
    new Counter({ ...named(name, help), registers: [registry] });
  const labelled = <L extends string>(name: string, help: string, label: L): Counter<L> =>
    new Counter({ ...named(name, help), labelNames: [label], registers: [registry] });
  const gauge = (name: string, help: string): Gauge =>
    new Gauge({ ...named(name, help), registers: [registry] });
  const histogram = (name: string, help: string, buckets: number[]): Histogram =>
    new Histogram({ ...named(name, help), buckets, registers: [registry] });

  new Gauge({
    ...named("build_info", "Version of the program"),
    labelNames: ["version"],
    registers: [registry],
  }).set({ version }, 1);
  return {
    registry,
    eventsGenerated: counter("events_generated_total", "Synthetic events the transport took over"),
    eventsSkipped: counter("events_skipped_total", "Synthetic events that were due and not made"),
    eventsAccepted: counter("events_accepted_total", "Events the transport took over from intake"),
    eventsRejected: labelled("events_rejected_total", "Events refused at intake", "code"),
    legacyTimestamps: counter("events_legacy_timestamp_total", "Timestamps with both an offset and Z"),
    eventsEvaluated: counter("events_evaluated_total", "Events that went through the rules"),
    eventsLate: counter("events_late_total", "Window entries that came later than the allowed lateness"),
    eventsWithoutGroup: counter(
      "events_without_group_total",
      "Matches that lack a field the rule groups by or counts",
    ),
    alertsPublished: labelled("alerts_total", "Alert revisions published by detection", "severity"),
    alertsStored: counter("alerts_stored_total", "Alert rows written or updated"),
    alertsDuplicate: counter("alerts_duplicate_total", "Alerts that were stored already, unchanged"),
    notifications: new Counter({
      ...named("notifications_total", "Tries to tell a channel, by its kind: delivered, retry or dead"),
      labelNames: ["channel", "outcome"],
      registers: [registry],
    }),
    recordsQuarantined: labelled("quarantined_total", "Records put into quarantine", "code"),
    windowEvictions: counter("window_evictions_total", "Groups or entries dropped because a cap was reached"),
    rulesLoaded: gauge("rules_loaded", "Rules in the active set"),
    ruleProblems: gauge("rule_problems", "Faults found when the rules were loaded"),
    dependencyUp: new Gauge({
      ...named("dependency_up", "1 when the dependency answers, 0 when not"),
      labelNames: ["need", "name"],
      registers: [registry],
    }),
    detectionDuration: histogram(
      "detection_duration_seconds",
      "Time to settle one batch of events",
      durations,
    ),
    eventLag: histogram("event_lag_seconds", "From received_at to the end of detection", durations),
  };
}

const durations = [0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

function named(name: string, help: string): Options {
  return { name: `auditflow_${name}`, help };
}
