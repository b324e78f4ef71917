import type { AuditEvent, MatchedField } from "@auditflow/contracts";
import type { CorrelationRule } from "@auditflow/sigma";
import type { Match } from "./evaluate.ts";
import { fieldsIn, markerOf, textsOf } from "./mark.ts";

/** An event that matched a rule which a correlation rule counts, or at which such a rule fired. */
export interface Hit {
  readonly rule: CorrelationRule;
  /** One value per name of `rule.groupBy`; undefined where the event has no such field. */
  readonly groupValues: readonly (string | undefined)[];
  /** Which event it is; that of a firing may be another than `event`. */
  readonly eventId: string;
  /** What the rule tells members of one event apart by, see `markerOf`; undefined: the event lacks what is counted. */
  readonly mark: string | undefined;
  /** The event at hand. */
  readonly event: AuditEvent;
  /** Event time, epoch milliseconds. */
  readonly at: number;
  /** When intake took it, epoch milliseconds. */
  readonly receivedAt: number;
  /** Why the counted rule matched: worked out when an alert is to tell it, which few hits come to. */
  readonly matched: () => readonly MatchedField[];
  /** Undefined for a match. Of a firing whether it is told again because of an event that was delivered again. */
  readonly repeated: boolean | undefined;
}

/** What a match is for the correlation rules that count it. */
export type HitsOf = (match: Match) => readonly Hit[];

/** Makes hits of matches; `correlationsOf` is asked once per rule which rules count it. */
export function hitMaker(correlationsOf: (rule: Match["rule"]) => readonly CorrelationRule[]): HitsOf {
  const counters = new Map<Match["rule"], readonly Counter[]>();
  const arrivalOf = lastTime();
  return (match) => {
    const { rule, event, reasons, field } = match;
    let counting = counters.get(rule);
    if (counting === undefined) {
      counting = correlationsOf(rule).map((correlation) => counterOf(correlation, rule.id));
      counters.set(rule, counting);
    }
    if (counting.length === 0) return none;
    const { event_id: eventId, received_at: received } = event;
    const at = Date.parse(event.timestamp);
    const receivedAt = received === undefined ? at : arrivalOf(received);
    const matched = reasons as () => readonly MatchedField[];
    return counting.map(({ correlation, groupFields, markOf }) => ({
      rule: correlation,
      groupValues: textsOf(groupFields, field),
      eventId,
      mark: markOf(field),
      event,
      at,
      receivedAt,
      matched,
      repeated: undefined,
    }));
  };
}

const none: readonly Hit[] = [];

/** How one correlation rule counts matches of one rule. */
interface Counter {
  readonly correlation: CorrelationRule;
  readonly groupFields: readonly string[];
  readonly markOf: ReturnType<typeof markerOf>;
}

function counterOf(correlation: CorrelationRule, counted: string): Counter {
  return {
    correlation,
    groupFields: fieldsIn(correlation, counted, correlation.groupBy),
    markOf: markerOf(correlation, counted),
  };
}

/** Events of one batch mostly have one time of arrival. */
function lastTime(): (timestamp: string) => number {
  let last = "";
  let time = Number.NaN;
  return (timestamp) => {
    if (timestamp !== last) time = Date.parse(timestamp);
    last = timestamp;
    return time;
  };
}
