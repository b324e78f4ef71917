import { styleText } from "node:util";
import type { AlertSeverity, AlertSummary } from "@auditflow/contracts";
import { printable } from "./printable.ts";

const styles: Readonly<Record<AlertSeverity, Parameters<typeof styleText>[0]>> = {
  INFO: "dim",
  LOW: "cyan",
  MEDIUM: "yellow",
  HIGH: "red",
  CRITICAL: ["bold", "red"],
};

/** Alerts remembered, so that an update is known as one. */
const mostKnown = 10_000;

/**
 * Makes lines of alerts for people: one for an alert that is new here, a short one for what became of it since. Colours
 * only where standard output is a terminal and NO_COLOR is not set.
 */
export class AlertLines {
  readonly #known = new Map<string, AlertState>();
  #last: string | undefined;

  /** Whether this state of it was not seen yet: it grew, or somebody decided about it. */
  isNews({ alert_id: id, revision, version }: AlertSummary): boolean {
    const known = this.#known.get(id);
    return known === undefined || revision > known.revision || version > known.version;
  }

  /** The line, with its end; remembers the alert. */
  line(alert: AlertSummary): string {
    const known = this.#known.get(alert.alert_id);
    this.#remember(alert);
    const text = known === undefined ? full(alert) : this.#update(alert, known);
    this.#last = alert.alert_id;
    return `${text}\n`;
  }

  #update(alert: AlertSummary, known: AlertState): string {
    const what = changeOf(alert, known);
    // Which one is clear only right below its own line.
    return this.#last === alert.alert_id ? `  ^ ${what}` : `  ^ ${what}  ${about(alert)}`;
  }

  #remember({ alert_id: id, revision, version }: AlertSummary): void {
    this.#known.delete(id);
    this.#known.set(id, { revision, version });
    if (this.#known.size <= mostKnown) return;
    for (const oldest of this.#known.keys()) {
      this.#known.delete(oldest);
      return;
    }
  }
}

type AlertState = Pick<AlertSummary, "revision" | "version">;

function changeOf(alert: AlertSummary, known: AlertState): string {
  if (alert.merged_into !== undefined) return "is a part of another alert now";
  if (alert.version <= known.version) return `count ${alert.count}`;
  return printable(`${alert.status}${alert.assignee === null ? "" : `, assigned to ${alert.assignee}`}`);
}

function full(alert: AlertSummary): string {
  const severity = styleText(styles[alert.severity], alert.severity.padEnd(8), { stream: process.stdout });
  const part = alert.merged_into === undefined ? "" : "  (a part of another alert now)";
  return `${alert.timestamp}  ${severity}  ${about(alert)}  count ${alert.count}${part}`;
}

function about({
  alert_name: name,
  triggered_by: by,
  impacted_resource: on,
  synthetic,
}: AlertSummary): string {
  const address = by.client_ip === undefined || by.client_ip === by.actor_id ? "" : ` (${by.client_ip})`;
  const who = `${by.actor_id === "" ? "-" : by.actor_id}${address}`;
  const made = synthetic === true ? "  synthetic" : "";
  return printable(`${name}  ${who}  ${on.server_hostname}${made}`);
}
