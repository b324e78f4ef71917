import type { Alert, AuditEvent } from "@auditflow/contracts";
import type { TraceContext, Traces } from "../telemetry/trace-context.ts";

/** The traces of a batch's events by their ids. */
export function tracesOfEvents(records: readonly unknown[], traces: Traces): Map<string, TraceContext> {
  const found = new Map<string, TraceContext>();
  for (const [place, record] of records.entries()) {
    const trace = traces[place];
    if (trace !== undefined) found.set(String((record as Partial<AuditEvent> | null)?.event_id), trace);
  }
  return found;
}

/**
 * The trace of the event that fired each alert; where that came in another batch, of the last of its evidence that came
 * in this one. What a batch without a trace in it fires has none.
 */
export function tracesOfAlerts(
  alerts: readonly Alert[],
  events: ReadonlyMap<string, TraceContext>,
): (TraceContext | undefined)[] {
  return alerts.map(({ raw_event_data, evidence }) => {
    const fired = raw_event_data === null ? undefined : events.get(raw_event_data.event_id);
    return fired ?? events.get(evidence.findLast((id) => events.has(id)) ?? "");
  });
}
