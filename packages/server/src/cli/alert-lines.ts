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
  readonly #revisions = new Map<string, number>();
  #last: string | undefined;

  /** Whether this revision was not seen yet. To be asked once for each. */
  isNews({ alert_id: id, revision }: AlertSummary): boolean {
    return revision > (this.#revisions.get(id) ?? 0);
  }

  /** The line, with its end; remembers the alert. */
  line(alert: AlertSummary): string {
    const isKnown = this.#revisions.has(alert.alert_id);
    this.#remember(alert);
    const text = isKnown ? this.#update(alert) : full(alert);
    this.#last = alert.alert_id;
    return `${text}\n`;
  }

  #update(alert: AlertSummary): string {
    const what = alert.merged_into === undefined ? `count ${alert.count}` : "is a part of another alert now";
    // Which one is clear only right below its own line.
    return this.#last === alert.alert_id ? `  ^ ${what}` : `  ^ ${what}  ${about(alert)}`;
  }

  #remember({ alert_id: id, revision }: AlertSummary): void {
    this.#revisions.delete(id);
    this.#revisions.set(id, revision);
    if (this.#revisions.size <= mostKnown) return;
    for (const oldest of this.#revisions.keys()) {
      this.#revisions.delete(oldest);
      return;
    }
  }
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
