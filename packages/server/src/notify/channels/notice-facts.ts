import type { Notice } from "@auditflow/contracts";
import { isLink, oneLine } from "./notice-text.ts";

const headlines = {
  "incident.opened": "New incident",
  "incident.escalated": "Incident got worse",
  test: "Test of this channel",
} as const satisfies Record<Notice["type"], string>;

/** One thing people want to know: what it is, and what is known, as one line of at most 300 characters. */
export interface Fact {
  readonly label: string;
  readonly value: string;
}

/** The notice in one line of at most 200 characters: how bad, what happened, and the title. */
export function headline(notice: Notice): string {
  return oneLine(`${notice.incident.severity}: ${headlines[notice.type]}: ${notice.incident.title}`, 200);
}

/** What is known of the incident, in the order people ask for it; what is not known is left out. */
export function facts({ incident, alert }: Notice): readonly Fact[] {
  const rows: [string, string][] = [
    ["Severity", incident.severity],
    ["Rule", incident.rule_name || incident.rule_id],
    ["Who", incident.actor],
    ["From address", alert?.triggered_by.client_ip ?? ""],
    ["Where", incident.host],
    ["What", incident.resource],
    ["Alerts", String(incident.alert_count)],
    ["First seen", readableTime(incident.first_seen)],
    ["Last seen", readableTime(incident.last_seen)],
  ];
  return rows
    .map(([label, value]) => ({ label, value: oneLine(value, 300) }))
    .filter(({ value }) => value !== "");
}

/** What the alert says of itself, as one line of at most 1,000 characters; empty when there is no alert. */
export function description({ alert }: Notice): string {
  return oneLine(alert?.description ?? "", 1000);
}

/** The incident's page, or undefined when there is none that a link may point to. */
export function incidentLink({ incident }: Notice): string | undefined {
  return isLink(incident.url) ? incident.url : undefined;
}

function readableTime(timestamp: string): string {
  return timestamp.replace(/^(\d{4}-\d\d-\d\d)T(\d\d:\d\d:\d\d)\.\d{3}Z$/, "$1 $2 UTC");
}
