import type { Alert, AuditEvent } from "@auditflow/contracts";
import type { CorrelationRule, RuleMetadata, SigmaRule } from "@auditflow/sigma";
import { formatTimestamp } from "../telemetry/clock.ts";
import { alertFields } from "./alert-fields.ts";
import { alertIdOf, groupKey } from "./episode-alert.ts";
import type { Suspension } from "./rule-budget.ts";

/** A suspension with what people have to know of it. */
export interface SuspendedRule extends Suspension {
  /** Whose evaluation was too much. */
  readonly event: AuditEvent;
  /** Of the wall clock, in epoch milliseconds. */
  readonly at: number;
  /** The correlation rules that no longer count the rule's matches, directly or by way of others. */
  readonly correlations: readonly CorrelationRule[];
}

/** The rule of our own that such an alert is of: no file holds it, and none can change it. */
const suspensionRule: RuleMetadata = {
  id: "6f0d2c1e-5a07-4c55-9f3b-7a1c0f4d8e21",
  version: "00000001",
  title: "A detection rule was suspended",
  name: "auditflow_rule_suspended",
  description: "A detection rule used more processor time than it may, and is not evaluated any more.",
  author: "AuditFlow",
  level: "high",
  status: "stable",
  tags: [],
  references: ["docs/runbooks/auditflow-rule-suspended.md"],
  // All replicas that suspend a rule, whichever event it was, make one incident.
  custom: { auditflow: { incident_by: ["resource"] } },
  file: "",
  line: 0,
};

const hour = 3_600_000;

/** What makes a rule slow is often a huge event; a larger one is named in the evidence alone. */
const mostEventBytes = 16 * 1024;

/**
 * The alert of a suspension. Its time is that of the suspension, not of the event, which may be years old: it says
 * what does not work now. Replicas that suspend the same version of a rule within an hour make the same alert.
 */
export function suspensionAlert(suspended: SuspendedRule): Alert {
  const { rule, spentMs, event, at, correlations } = suspended;
  const key = groupKey(suspensionRule, [rule.id, rule.version]);
  const timestamp = formatTimestamp(at);
  const omitted = Buffer.byteLength(JSON.stringify(event)) > mostEventBytes;
  const { id: rule_id, title: rule_name, version, file, line } = rule;
  return {
    alert_id: alertIdOf(key, String(Math.floor(at / hour))),
    correlation_id: alertIdOf(key, ""),
    timestamp,
    ...alertFields(suspensionRule, event),
    alert_name: `${suspensionRule.title}: ${rule.title}`,
    description: descriptionOf(suspended),
    impacted_resource: {
      resource_type: "detection_rule",
      resource_id: rule.id,
      server_hostname: event.server_hostname,
    },
    evidence: [event.event_id],
    count: 1,
    first_event_at: timestamp,
    last_event_at: timestamp,
    revision: 1,
    matched: [
      { selection: "suspended", field: "rule_title", value: rule.title },
      { selection: "suspended", field: "processor_time_ms", value: Math.round(spentMs) },
    ],
    raw_event_data: omitted ? null : event,
    metadata: {
      suspended_rule: { rule_id, rule_name, version, file, line },
      correlations: correlations.map(({ id, title }) => ({ rule_id: id, rule_name: title })),
      ...(omitted ? { raw_event_data_omitted: "larger than 16 KiB" } : {}),
    },
  };
}

/** What became of which rule, and what to do about it, in sentences. */
export function descriptionOf({ rule, spentMs, correlations }: Omit<SuspendedRule, "event" | "at">): string {
  const counted = correlations.map(({ title }) => `"${title}"`).join(", ");
  return [
    `The rule "${rule.title}" (${rule.file}:${rule.line}) took ${Math.round(spentMs)} ms of processor time in slow`,
    "evaluations, more than it may, and is not evaluated any more in the process that tells this; all other rules are.",
    ...(counted === "" ? [] : [`Its matches are no longer counted by ${counted}.`]),
    "Rewrite the rule so that it does less, or correct what sends such events: a changed rule is taken up again by",
    "itself. What to look at: docs/runbooks/auditflow-rule-suspended.md",
  ].join(" ");
}

/** The correlation rules of a set that count the rule, or a correlation that does, in the order of the set. */
export function correlationsCounting(
  ruleId: string,
  rules: readonly SigmaRule[],
): readonly CorrelationRule[] {
  const correlations = rules.filter((rule) => rule.kind === "correlation");
  const found = new Set([ruleId]);
  for (let size = 0; size !== found.size; ) {
    size = found.size;
    for (const { id, rules: counted } of correlations)
      if (counted.some((one) => found.has(one))) found.add(id);
  }
  return correlations.filter(({ id }) => found.has(id));
}
