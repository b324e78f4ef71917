import type { AuditEvent } from "@auditflow/contracts";
import {
  type CorrelationRule,
  createEvent,
  type DetectionRule,
  type MatchReason,
  type RuleSet,
  routeRules,
  type SigmaEvent,
  silentRules,
} from "@auditflow/sigma";
import type { RuleBudget } from "./rule-budget.ts";

/** A detection rule that matched an event, with the reasons. */
export interface Match {
  readonly rule: DetectionRule;
  readonly event: AuditEvent;
  readonly reasons: () => readonly MatchReason[];
  /** What a rule reads in the event: details first, then the envelope. */
  readonly field: (name: string) => unknown;
}

/** A rule set made ready: which rules an event goes through, and what a match leads to. */
export interface Evaluator {
  /** Every detection rule that matches, in the order of the set. */
  evaluate(event: AuditEvent): readonly Match[];
  /** The correlation rules that count this rule's matches. */
  correlationsOf(rule: DetectionRule): readonly CorrelationRule[];
  /** Whether a match of the rule is an alert of its own. */
  alertsAlone(rule: DetectionRule): boolean;
}

/**
 * Prepares a rule set. Pure: the same events give the same matches, except that rules which used up their budget, where
 * one is given, match nothing any more.
 */
export function createEvaluator({ rules }: RuleSet, budget?: Pick<RuleBudget, "matches">): Evaluator {
  const correlations = rules.filter((rule) => rule.kind === "correlation");
  const routes = routeRules(rules);
  const silent = silentRules(rules);
  const byRule = Map.groupBy(
    correlations.flatMap((correlation) => correlation.rules.map((id) => ({ id, correlation }))),
    ({ id }) => id,
  );
  return {
    evaluate: (event) => {
      const seen = eventOf(event);
      return routes
        .candidates(seen)
        .filter((rule) => (budget === undefined ? rule.matches(seen) : budget.matches(rule, seen)))
        .map((rule) => matchOf(rule, event, seen));
    },
    correlationsOf: (rule) => (byRule.get(rule.id) ?? []).map(({ correlation }) => correlation),
    alertsAlone: (rule) => !silent.has(rule.id),
  };
}

function matchOf(rule: DetectionRule, event: AuditEvent, seen: SigmaEvent): Match {
  return { rule, event, reasons: () => rule.explain(seen), field: (name) => seen.field(name) };
}

function eventOf(event: AuditEvent): SigmaEvent {
  const envelope = event as unknown as Record<string, unknown>;
  return createEvent({
    scopes: event.details === undefined ? [envelope] : [event.details, envelope],
    logsource: event.logsource ?? {},
    searched: () => searchedIn(event),
    ...(event.raw === undefined || isJson(event.raw) ? {} : { raw: event.raw }),
  });
}

/** What intake says about a record rather than what the record says: a keyword such as "aaa" is not about the service. */
const aboutTheRecord: ReadonlySet<string> = new Set([
  ...["event_id", "timestamp", "received_at", "source", "source_service", "severity", "logsource"],
  ...["synthetic", "raw"],
]);

/** Only what is searched is read: the id of a line of a log is hashed when somebody reads it. */
function searchedIn(event: AuditEvent): unknown[] {
  const names = Object.keys(event).filter((name) => !aboutTheRecord.has(name));
  return names.map((name) => (event as unknown as Readonly<Record<string, unknown>>)[name]);
}

/** A record in JSON is searched by its values; its text has the names of the fields besides. */
function isJson(raw: string): boolean {
  return raw.startsWith("{") || raw.startsWith("[");
}
