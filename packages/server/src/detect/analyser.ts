import type { Alert, AuditEvent, MatchedField } from "@auditflow/contracts";
import type { CorrelationRule, RuleSet } from "@auditflow/sigma";
import type { Clock } from "../telemetry/clock.ts";
import type { Windows } from "../windows/windows.ts";
import { type Correlator, correlator, type Hit, type SkipReason } from "./correlate.ts";
import { createEvaluator, type Match } from "./evaluate.ts";
import { markOf, readAs } from "./mark.ts";
import { matchAlert } from "./match-alert.ts";

/** What an analyser is made with. */
export interface AnalyserOptions {
  readonly rules: RuleSet;
  readonly windows: Windows;
  readonly clock: Clock;
  /** Told of every match of a detection rule, whether it is an alert of its own or counted by another rule. */
  readonly onMatch?: (match: Match) => void;
  readonly onSkip?: (reason: SkipReason, hit: Hit) => void;
  /** Told of every hit that a rule had counted before. */
  readonly onKnown?: (hit: Hit) => void;
}

/** Events in, alerts out: the one engine behind the live stream and the scan of a file. */
export interface Analyser extends Pick<Correlator, "sweep" | "flush" | "confirm"> {
  /** Alerts to publish now. Taking the same events again gives the same alerts again. */
  take(events: readonly AuditEvent[]): Promise<readonly Alert[]>;
  /**
   * From now on events go through these rules; calls of `take` that are under way end with those they began with. What
   * rules had counted that are the same in both goes on; what others had counted is told by sweeps to its end.
   */
  use(rules: RuleSet): void;
}

/** Makes an analyser of a rule set over a window store that it may share with others. */
export function createAnalyser({
  rules,
  windows,
  clock,
  onMatch,
  onSkip,
  onKnown,
}: AnalyserOptions): Analyser {
  let evaluator = createEvaluator(rules);
  const { take, sweep, flush, confirm, use } = correlator({
    windows,
    clock,
    rules: rules.rules,
    ...(onSkip === undefined ? {} : { onSkip }),
    ...(onKnown === undefined ? {} : { onKnown }),
  });
  return {
    sweep,
    flush,
    confirm,
    use: (next) => {
      evaluator = createEvaluator(next);
      use(next.rules);
    },
    take: async (events) => {
      const alerts: Alert[] = [];
      const hits: Hit[] = [];
      for (const event of events) {
        for (const match of evaluator.evaluate(event)) {
          onMatch?.(match);
          if (evaluator.alertsAlone(match.rule)) alerts.push(matchAlert(match));
          for (const rule of evaluator.correlationsOf(match.rule)) hits.push(hitOf(rule, match));
        }
      }
      return hits.length === 0 ? alerts : [...alerts, ...(await take(hits))];
    },
  };
}

/** What a match is for a correlation rule that counts it. */
export function hitOf(rule: CorrelationRule, match: Match): Hit {
  const { event, field } = match;
  const at = Date.parse(event.timestamp);
  return {
    rule,
    groupValues: rule.groupBy.map(readAs(rule, match.rule.id, field)),
    eventId: event.event_id,
    mark: markOf(rule, match.rule.id, field),
    event,
    at,
    receivedAt: event.received_at === undefined ? at : Date.parse(event.received_at),
    matched: match.reasons() as readonly MatchedField[],
  };
}
