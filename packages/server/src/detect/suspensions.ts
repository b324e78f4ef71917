import type { Alert, AuditEvent } from "@auditflow/contracts";
import type { RuleSet } from "@auditflow/sigma";
import type { Clock } from "../telemetry/clock.ts";
import { createRuleBudget, type RuleBudget, type RuleTiming, type Suspension } from "./rule-budget.ts";
import { correlationsCounting, type SuspendedRule, suspensionAlert } from "./suspension-alert.ts";

/** What suspensions are looked after with. */
export interface SuspensionsOptions {
  readonly rules: RuleSet;
  readonly timing: RuleTiming;
  readonly clock: Clock;
  /** Told of each suspension once. */
  readonly onSuspended?: ((suspended: SuspendedRule) => void) | undefined;
  /** Told of the processor time in milliseconds of each slow evaluation. */
  readonly onSlow?: ((ms: number) => void) | undefined;
}

/** The budgets of an analyser's rules, and the alerts of those that used theirs up. */
export interface Suspensions {
  readonly budget: RuleBudget;
  /** Alerts of the rules that were suspended since this was last asked, while the event was evaluated. */
  alertsAt(event: AuditEvent): readonly Alert[];
  /** Alerts that were handed out a while ago and not confirmed since: they are to be published again. */
  owed(): readonly Alert[];
  /** These were published. */
  confirm(alerts: readonly Alert[]): void;
  /** From now on this set is in force. */
  use(rules: RuleSet): void;
}

/** How long an alert may be on its way, in milliseconds, before it is handed out again. */
const patience = 10_000;

const none: readonly Alert[] = [];

/** Begins with every rule in force and nothing owed. A rule is suspended but once, so its alert is kept until it is out. */
export function suspensionsOf(options: SuspensionsOptions): Suspensions {
  const { timing, clock, onSuspended, onSlow } = options;
  let { rules } = options.rules;
  let fresh: Suspension[] = [];
  const unconfirmed = new Map<string, { readonly alert: Alert; handedAt: number }>();
  const budget = createRuleBudget({
    ...timing,
    onSuspended: (suspension) => void fresh.push(suspension),
    ...(onSlow === undefined ? {} : { onSlow }),
  });
  return {
    budget,
    alertsAt: (event) => {
      if (fresh.length === 0) return none;
      const at = clock.now();
      const suspended = fresh.map((one) => ({
        ...{ ...one, event, at, correlations: correlationsCounting(one.rule.id, rules) },
      }));
      fresh = [];
      for (const one of suspended) onSuspended?.(one);
      const alerts = suspended.map(suspensionAlert);
      for (const alert of alerts) unconfirmed.set(alert.alert_id, { alert, handedAt: at });
      return alerts;
    },
    owed: () => {
      const now = clock.now();
      const due = [...unconfirmed.values()].filter(({ handedAt }) => handedAt + patience <= now);
      for (const parcel of due) parcel.handedAt = now;
      return due.map(({ alert }) => alert);
    },
    confirm: (alerts) => {
      if (unconfirmed.size > 0) for (const { alert_id } of alerts) unconfirmed.delete(alert_id);
    },
    use: (next) => {
      ({ rules } = next);
      budget.keep(next);
    },
  };
}
