import { fileURLToPath } from "node:url";
import type { Alert, AuditEvent } from "@auditflow/contracts";
import { offlineAnalyser } from "../../packages/server/src/app/offline-analyser.ts";
import { loadRuleFolders } from "../../packages/server/src/detect/rule-set.ts";
import type { Bench } from "../case.ts";
import { eventOf } from "../load/event-of.ts";

const rules = fileURLToPath(new URL("../rules", import.meta.url));
const chunk = 1000;

/** The alerts that one process alone raises for these events, in their last revision, without any server. */
export async function alertsOf(events: readonly AuditEvent[]): Promise<Alert[]> {
  const analyser = offlineAnalyser({ rules: await loadRuleFolders([rules]) });
  const latest = new Map<string, Alert>();
  const keep = (alerts: readonly Alert[]): void => {
    for (const alert of alerts) latest.set(alert.alert_id, alert);
  };
  for (let from = 0; from < events.length; from += chunk)
    keep(await analyser.take(events.slice(from, from + chunk)));
  keep(await analyser.flush());
  return [...latest.values()].filter(({ merged_into }) => merged_into === undefined);
}

/** Alerts of new canaries that the load does not send: whoever stores them tells the oracle of their events. */
export async function mintAlerts({ oracle }: Bench, count: number): Promise<Alert[]> {
  const ids = await oracle.claim({ canary: count, group: 0 });
  return await alertsOf(ids.map(eventOf));
}

/** The id of the event that a canary's alert is about. */
export function eventIdOfAlert(alert: Alert): string {
  return alert.evidence[0] ?? "";
}
