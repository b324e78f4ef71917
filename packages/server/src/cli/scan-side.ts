import type { Alert, AuditEvent } from "@auditflow/contracts";
import type { RuleSet } from "@auditflow/sigma";
import { offlineAnalyser } from "../app/offline-analyser.ts";
import type { Match } from "../detect/evaluate.ts";
import { descriptionOf } from "../detect/suspension-alert.ts";
import { printable } from "./printable.ts";

/** One rule set at work on the events of a scan. */
export interface ScanSide {
  /** Takes events, in their order, and returns what the detection rules matched, where that was asked for. */
  take(events: readonly AuditEvent[]): Promise<readonly Match[]>;
  /** After the last event: the last word of each alert that is not part of another, in order of time. */
  finish(): Promise<readonly Alert[]>;
  /** Matches so far, and events that came too late for a window. */
  readonly totals: { readonly matches: number; readonly late: number };
}

/** Sets a rule set to work; with `keepMatches` it tells each match. */
export function createScanSide(rules: RuleSet, keepMatches: boolean): ScanSide {
  const alerts = new Map<string, Alert>();
  const totals = { matches: 0, late: 0 };
  let pending: Match[] = [];
  const analyser = offlineAnalyser({
    rules,
    onMatch: (match) => {
      totals.matches += 1;
      if (keepMatches) pending.push(match);
    },
    onSkip: (reason) => {
      if (reason === "late") totals.late += 1;
    },
    onSuspended: (suspended) =>
      void process.stderr.write(`auditflow: ${printable(descriptionOf(suspended))}\n`),
  });
  return {
    totals,
    take: async (events) => {
      const batch = await analyser.take(events);
      analyser.confirm(batch);
      for (const alert of batch) keepLatest(alerts, alert);
      const matches = pending;
      pending = [];
      return matches;
    },
    finish: async () => {
      for (const alert of await analyser.flush()) keepLatest(alerts, alert);
      return [...alerts.values()].filter(({ merged_into }) => merged_into === undefined).sort(byTime);
    },
  };
}

function keepLatest(alerts: Map<string, Alert>, alert: Alert): void {
  const known = alerts.get(alert.alert_id);
  if (known === undefined || alert.revision >= known.revision) alerts.set(alert.alert_id, alert);
}

/** Alerts in order of time, and of their ids where that is equal. */
export function byTime(a: Alert, b: Alert): number {
  return a.first_event_at.localeCompare(b.first_event_at) || a.alert_id.localeCompare(b.alert_id);
}
