import { createHash } from "node:crypto";
import type { Alert, AuditEvent, MatchedField } from "@auditflow/contracts";
import type { CorrelationRule, RuleMetadata } from "@auditflow/sigma";
import { v5 as uuidv5 } from "uuid";
import { formatTimestamp } from "../telemetry/clock.ts";
import { type AlertFields, alertFields } from "./alert-fields.ts";
import { oncePerValues } from "./once-per-values.ts";

/** Namespace of every UUIDv5 made for an alert. Fixed for ever: another one would give every alert another id. */
const alertNamespace = "c5f1a3f4-6d0e-5b52-9a5e-3f5d2f0f7b11";

/** Longest key of a group in bytes; longer group values stand in it as a hash. */
const maxKeyBytes = 1024;

/** Larger events are left out of alerts and of the state behind them. */
const maxEventBytes = 16 * 1024;

/** The part of an episode's alert that does not change while it grows; kept as JSON with the group's state. */
export interface AlertSample extends AlertFields {
  readonly correlation_id: string;
  readonly matched: MatchedField[];
  readonly raw_event_data: AuditEvent | null;
  readonly metadata: Record<string, unknown>;
}

/** The part of an episode's alert that changes; times are epoch milliseconds. */
export interface EpisodeView {
  readonly alertId: string;
  readonly revision: number;
  readonly firedAt: number;
  readonly count: number;
  readonly firstAt: number;
  readonly lastAt: number;
  readonly evidence: readonly string[];
  readonly mergedInto: string | undefined;
}

/** Key of a rule's group: rule id, rule version and the values of its group-by fields, at most 1 KiB. */
export function groupKey(rule: RuleMetadata, values: readonly string[]): string {
  const key = JSON.stringify([rule.id, rule.version, ...values]);
  if (Buffer.byteLength(key) <= maxKeyBytes) return key;
  return JSON.stringify([rule.id, rule.version, { sha256: createHash("sha256").update(key).digest("hex") }]);
}

/** Id of the alert whose earliest firing is this event: UUIDv5 over the group's key, `|` and the event id. */
export function alertIdOf(key: string, eventId: string): string {
  return uuidv5(`${key}|${eventId}`, alertNamespace);
}

/** What all alerts of the group say in common, with the event that fired the first of this episode. */
export function alertSample(
  rule: CorrelationRule,
  values: readonly string[],
  fired: { readonly event: AuditEvent; readonly matched: () => readonly MatchedField[] },
): AlertSample {
  const text = JSON.stringify(fired.event);
  const omitted = Buffer.byteLength(text) > maxEventBytes;
  // A copy of its own: texts that the event's are cut out of do not stay with the group's state.
  const event = JSON.parse(text) as AuditEvent;
  return {
    ...alertFields(rule, event),
    ...actorOf(rule, values),
    // Stable over rule versions and episodes: it ties together what one rule says of one group.
    correlation_id: correlationIdOf(rule, values),
    matched: JSON.parse(JSON.stringify(fired.matched())) as MatchedField[],
    raw_event_data: omitted ? null : event,
    metadata: {
      group_by: Object.fromEntries(rule.groupBy.map((name, position) => [name, values[position]])),
      window_ms: rule.timespan,
      ...(omitted ? { raw_event_data_omitted: "larger than 16 KiB" } : {}),
    },
  };
}

const correlationIdOf = oncePerValues((rule: RuleMetadata, values) =>
  uuidv5(JSON.stringify([rule.id, ...values]), alertNamespace),
);

/** Where events are grouped by address and not by user, the address is who did it: its users are what it tried. */
function actorOf(rule: CorrelationRule, values: readonly string[]): Partial<Pick<Alert, "triggered_by">> {
  const address = values[rule.groupBy.indexOf("client_ip")];
  if (address === undefined || rule.groupBy.includes("user_id")) return {};
  return { triggered_by: { actor_type: "address", actor_id: address, client_ip: address } };
}

/** The alert that an episode amounts to at one moment. */
export function episodeAlert(sample: AlertSample, view: EpisodeView): Alert {
  return {
    ...sample,
    alert_id: view.alertId,
    timestamp: formatTimestamp(view.firedAt),
    evidence: [...view.evidence],
    count: view.count,
    first_event_at: formatTimestamp(view.firstAt),
    last_event_at: formatTimestamp(view.lastAt),
    revision: view.revision,
    ...(view.mergedInto === undefined ? {} : { merged_into: view.mergedInto }),
  };
}
