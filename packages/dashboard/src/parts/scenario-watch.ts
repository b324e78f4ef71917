import type { AlertSummary, ScenarioRun } from "../client/generated/auditflow.ts";

/** An alert as it arrived over the live connection. */
export interface Arrival {
  readonly alert: AlertSummary;
  /** When this page first heard of it, on the clock that times the run, milliseconds. */
  readonly at: number;
}

/** The arrivals with one more: of an alert that is known the newest revision counts, and its first time. */
export function withArrival(arrivals: readonly Arrival[], { alert, at }: Arrival): readonly Arrival[] {
  const known = arrivals.find((one) => one.alert.alert_id === alert.alert_id);
  if (known === undefined) return [...arrivals, { alert, at }];
  if (known.alert.revision >= alert.revision) return arrivals;
  return arrivals.map((one) => (one === known ? { alert, at: known.at } : one));
}

/** The arrivals that tell of this run: about its user or its address, in the order in which they came. */
export function arrivalsOf(run: ScenarioRun, arrivals: readonly Arrival[]): readonly Arrival[] {
  return arrivals.filter(
    ({ alert: { triggered_by } }) =>
      triggered_by.actor_id === run.user_id ||
      triggered_by.client_ip === run.client_ip ||
      triggered_by.actor_id === run.client_ip,
  );
}

/** The rules that must fire and have not been heard of. */
export function rulesAwaited(run: ScenarioRun, arrivals: readonly Arrival[]): string[] {
  const heard = new Set(arrivalsOf(run, arrivals).map(({ alert }) => alert.alert_type));
  return run.rules.filter((rule) => !heard.has(rule));
}
