import type { Alert } from "@auditflow/contracts";
import { alertFields } from "./alert-fields.ts";
import { alertIdOf, groupKey } from "./episode-alert.ts";
import type { Match } from "./evaluate.ts";

/** The alert of a rule without correlation: one match, one alert, with an id that a rerun gives again. */
export function matchAlert({ rule, event, reasons }: Match): Alert {
  const key = groupKey(rule, []);
  return {
    alert_id: alertIdOf(key, event.event_id),
    correlation_id: alertIdOf(key, ""),
    timestamp: event.timestamp,
    ...alertFields(rule, event),
    evidence: [event.event_id],
    count: 1,
    first_event_at: event.timestamp,
    last_event_at: event.timestamp,
    revision: 1,
    matched: reasons().map(({ selection, field, value }) => ({ selection, field, value })),
    raw_event_data: event,
    metadata: {},
  };
}
