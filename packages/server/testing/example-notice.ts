import type { AlertSummary, Notice, NoticeIncident } from "@auditflow/contracts";
import type { Surroundings } from "../src/notify/channels/channel.ts";
import { exampleAlert } from "./example-alert.ts";
import { silentLog } from "./silent-log.ts";

/** A valid notice of an incident that was opened. */
export function exampleNotice(incident: Partial<NoticeIncident> = {}, alert = exampleSummary()): Notice {
  return {
    type: "incident.opened",
    delivery_id: "0190a000-0000-7000-8000-0000000000d1",
    incident: {
      incident_id: "0190a000-0000-7000-8000-0000000000a1",
      title: "SSH brute force by root",
      severity: "HIGH",
      status: "open",
      rule_id: "r-1",
      rule_name: "SSH brute force",
      actor: "root",
      resource: "web-1",
      host: "web-1",
      alert_count: 3,
      first_seen: "2026-03-01T12:00:00.000Z",
      last_seen: "2026-03-01T12:01:00.000Z",
      url: "https://auditflow.example/incidents/1",
      ...incident,
    },
    alert,
  };
}

/** What a list shows of `exampleAlert(1)`, with changes. */
export function exampleSummary(changes: Partial<AlertSummary> = {}): AlertSummary {
  const alert = exampleAlert(1);
  return {
    alert_id: alert.alert_id,
    timestamp: alert.timestamp,
    alert_name: alert.alert_name,
    alert_type: alert.alert_type,
    severity: alert.severity,
    description: alert.description,
    triggered_by: alert.triggered_by,
    impacted_resource: alert.impacted_resource,
    count: alert.count,
    first_event_at: alert.first_event_at,
    last_event_at: alert.last_event_at,
    revision: alert.revision,
    rule_id: "r-1",
    rule_name: "SSH brute force",
    status: "open",
    assignee: null,
    close_reason: null,
    incident_id: null,
    version: 1,
    ...changes,
  };
}

/** Surroundings in which a channel may call servers of this machine. */
export function exampleSurroundings(changes: Partial<Surroundings> = {}): Surroundings {
  return { clock: { now: () => Date.now() }, log: silentLog, allowedReceivers: ["127.0.0.0/8"], ...changes };
}
