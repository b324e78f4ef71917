import type { Alert, AuditEvent } from "@auditflow/contracts";
import type { RuleSet } from "@auditflow/sigma";
import { type Correlator, type CorrelatorOptions, correlator, type Hit } from "./correlate.ts";
import { countedRules } from "./counted-rules.ts";
import { createEvaluator, type Match } from "./evaluate.ts";
import { hitMaker } from "./hit.ts";
import { matchAlert } from "./match-alert.ts";
import type { RuleTiming } from "./rule-budget.ts";
import type { SuspendedRule } from "./suspension-alert.ts";
import { suspensionsOf } from "./suspensions.ts";

/** What an analyser is made with. */
export interface AnalyserOptions extends Omit<CorrelatorOptions, "rules"> {
  readonly rules: RuleSet;
  /** Told of every match of a detection rule, whether it is an alert of its own or counted by another rule. */
  readonly onMatch?: (match: Match) => void;
  /** What rules are timed by, so that one which takes too long is suspended; absent: none ever is. */
  readonly timing?: RuleTiming;
  /** Told of each rule that is suspended, once; its alert is among those of `take`. */
  readonly onSuspended?: (suspended: SuspendedRule) => void;
  /** Told of the processor time in milliseconds of each slow evaluation. */
  readonly onSlow?: (ms: number) => void;
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
  /** Ids of the rules of the set in force that are suspended. */
  suspended(): readonly string[];
}

/** Makes an analyser of a rule set over a window store that it may share with others. */
export function createAnalyser(options: AnalyserOptions): Analyser {
  const { rules, timing, onMatch } = options;
  const suspensions = timing && suspensionsOf({ ...options, timing });
  let evaluator = createEvaluator(rules, suspensions?.budget);
  let hitsOf = hitMaker(evaluator.correlationsOf);
  const counted = countedRules(rules.rules);
  const { take, sweep, flush, confirm, use } = correlator({ ...options, rules: rules.rules });
  return {
    flush: async () => counted.on(await flush()),
    sweep: async () => {
      const owed = suspensions?.owed() ?? [];
      return [...owed, ...counted.on(await sweep())];
    },
    confirm: (alerts) => {
      suspensions?.confirm(alerts);
      confirm(alerts);
    },
    use: (next) => {
      suspensions?.use(next);
      counted.use(next.rules);
      evaluator = createEvaluator(next, suspensions?.budget);
      hitsOf = hitMaker(evaluator.correlationsOf);
      use(next.rules);
    },
    suspended: () => suspensions?.budget.suspended().map(({ rule }) => rule.id) ?? [],
    take: async (events) => {
      const alerts: Alert[] = [];
      const hits: Hit[] = [];
      for (const event of events) {
        for (const match of evaluator.evaluate(event)) {
          onMatch?.(match);
          if (evaluator.alertsAlone(match.rule)) alerts.push(matchAlert(match));
          for (const hit of hitsOf(match)) hits.push(hit);
        }
        if (suspensions !== undefined) alerts.push(...suspensions.alertsAt(event));
      }
      return hits.length === 0 ? alerts : [...alerts, ...counted.on(await take(hits))];
    },
  };
}
