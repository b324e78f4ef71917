import type { RuleSetState } from "@auditflow/contracts";
import { everyLine } from "../telemetry/every-line.ts";
import type { Logger } from "../telemetry/log.ts";
import type { Metrics } from "../telemetry/metrics.ts";
import type { SuspendedRule } from "./suspension-alert.ts";

/** The rule set's state as detection tells it. */
type Told = Omit<RuleSetState, "since">;

/** Whom suspensions are told to. */
export interface TellSuspensionsOptions {
  readonly log: Logger;
  readonly metrics: Pick<Metrics, "rulesSuspended" | "ruleSlowSeconds">;
  readonly onRuleSet: (state: Told) => void;
}

/** Tells log, metrics and the process's report of suspended rules; the alerts are the analyser's. */
export interface SuspensionTeller {
  /** To be told of the rules in force: passes that on, with the number of those suspended. */
  onRuleSet(state: Told): void;
  onSuspended(suspended: SuspendedRule): void;
  onSlow(ms: number): void;
  /** So many rules of the set that is told next are suspended. */
  count(suspended: number): void;
}

/** Makes one for a process in which no rule is suspended yet. */
export function tellSuspensions({ log, metrics, onRuleSet }: TellSuspensionsOptions): SuspensionTeller {
  let state: Told | undefined;
  let suspended = 0;
  const post = (): void => {
    metrics.rulesSuspended.set(suspended);
    if (state !== undefined) onRuleSet({ ...state, suspended });
  };
  return {
    onRuleSet: (next) => {
      state = next;
      post();
    },
    onSuspended: (one) => {
      suspended += 1;
      post();
      log.error(
        { "event.name": "rule.suspended", ...fieldsOf(one), [everyLine]: true },
        "a rule took too much time and is not evaluated any more; the others are",
      );
    },
    onSlow: (ms) => metrics.ruleSlowSeconds.inc(ms / 1000),
    count: (next) => {
      suspended = next;
    },
  };
}

function fieldsOf({ rule, spentMs, event, correlations }: SuspendedRule): Record<string, unknown> {
  return {
    ...{ rule_id: rule.id, rule_version: rule.version, title: rule.title, file: rule.file, line: rule.line },
    ...{ processor_time_ms: Math.round(spentMs), event_id: event.event_id },
    correlations: correlations.map(({ title }) => title),
  };
}
