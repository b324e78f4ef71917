import type { Alert } from "@auditflow/contracts";
import type { CorrelationRule, RuleExpression, SigmaRule } from "@auditflow/sigma";
import { thresholdOf } from "./bounds.ts";

/** Adds to the alerts of correlation rules what these count. */
export interface CountedRules {
  /** The alerts with `metadata.counts`: kind, least number or bounds or condition in words, fields, and the rules by id, name and author. */
  on(alerts: readonly Alert[]): readonly Alert[];
  /** From now on these rules are in force; alerts of earlier ones are still known. */
  use(rules: readonly SigmaRule[]): void;
}

/** So many versions of correlation rules are known, the latest. */
const mostKnown = 20_000;

/** What does not change with an alert: it is made once per rule, not once per group. */
export function countedRules(rules: readonly SigmaRule[]): CountedRules {
  const known = new Map<string, Readonly<Record<string, unknown>>>();
  const use = (next: readonly SigmaRule[]): void => {
    const byId = new Map(next.map((rule) => [rule.id, rule]));
    for (const rule of next) {
      if (rule.kind !== "correlation") continue;
      const key = keyOf(rule.id, rule.version);
      known.delete(key);
      known.set(key, countsOf(rule, byId));
    }
    for (const key of known.keys()) {
      if (known.size <= mostKnown) break;
      known.delete(key);
    }
  };
  use(rules);
  return {
    use,
    on: (alerts) =>
      alerts.map((alert) => {
        const { rule_id, version } = alert.analysis_rule;
        const counts = known.get(keyOf(rule_id, version));
        return counts === undefined ? alert : { ...alert, metadata: { ...alert.metadata, counts } };
      }),
  };
}

function keyOf(id: string, version: string): string {
  return `${id} ${version}`;
}

function countsOf(
  rule: CorrelationRule,
  byId: ReadonlyMap<string, SigmaRule>,
): Readonly<Record<string, unknown>> {
  const { type, rules, condition, expression } = rule;
  const { field, percentile, ...bounds } = condition;
  const least = thresholdOf(bounds);
  return {
    type,
    ...(expression === undefined
      ? isCount(type) && least !== undefined
        ? { at_least: least }
        : { bounds }
      : {}),
    ...(expression === undefined ? {} : { words: wordsOf(expression, byId) }),
    ...(percentile === undefined ? {} : { percentile }),
    ...(field === undefined ? {} : { fields: field }),
    rules: rules.map((id) => {
      const { title = id, author } = byId.get(id) ?? {};
      // The Detection Rule License asks that a match names the author, whoever counts it.
      return { rule_id: id, rule_name: title, ...(author === undefined ? {} : { author }) };
    }),
  };
}

/** Whether the bounds are on a count, and not on a number of the events. */
function isCount(type: CorrelationRule["type"]): boolean {
  return ["event_count", "value_count", "temporal", "temporal_ordered"].includes(type);
}

/** A condition over rules as it was written, by the names of the rules. */
function wordsOf(expression: RuleExpression, byId: ReadonlyMap<string, SigmaRule>): string {
  const over = (part: RuleExpression, isInner: boolean): string => {
    if (part.kind === "rule") return byId.get(part.id)?.name ?? byId.get(part.id)?.title ?? part.id;
    if (part.kind === "not") return `not ${over(part.of, true)}`;
    const text = part.of.map((inner) => over(inner, true)).join(` ${part.kind} `);
    return isInner ? `(${text})` : text;
  };
  return over(expression, false);
}
