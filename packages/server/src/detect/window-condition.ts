import type { CorrelationRule, RuleExpression } from "@auditflow/sigma";
import type { Judging } from "../windows/windows.ts";
import { type Bounds, beyond, thresholdOf } from "./bounds.ts";
import { leastMarks, type MarkExpression, markExpression, marksIn, partsOf } from "./mark-expression.ts";

/** The greatest count that windows can decide about. */
const maxThreshold = 1000;

/**
 * What has to hold over a window: plain data, which is kept with the state of a group. `events` are counted, different
 * marks are (`values` are hashes, `rules` positions of rules), the longest chain of rules that come in their order is
 * (`order`), marks are there or not (`words`), or marks are numbers, whose `sum`, `avg` or `percentile` is compared.
 */
export type WindowCondition =
  | { readonly of: "events" | "values"; readonly bounds: Bounds }
  | { readonly of: "rules" | "order"; readonly rules: number; readonly bounds: Bounds }
  | {
      readonly of: "words";
      readonly rules: number;
      /** The marks that have to come in this order as well, ascending; empty: in any. */
      readonly order: readonly number[];
      readonly expression: MarkExpression;
    }
  | { readonly of: "sum" | "avg"; readonly bounds: Bounds }
  | { readonly of: "percentile"; readonly percentile: number; readonly bounds: Bounds };

/** Whether a group's members have marks, and not only event ids. */
export function isMarked({ of }: WindowCondition): boolean {
  return of !== "events";
}

/** The condition of a rule, or in words why it cannot be decided: the field, a colon, what to do. */
export function windowConditionOf(rule: CorrelationRule): WindowCondition | string {
  const { type, condition, rules, expression } = rule;
  const { field: _, percentile = 50, ...bounds } = condition;
  if (expression !== undefined) return wordsOf(rule, expression);
  switch (type) {
    case "event_count":
      return faultOfCount(bounds) ?? { of: "events", bounds };
    case "value_count":
      return faultOfCount(bounds) ?? { of: "values", bounds };
    case "temporal":
      return { of: "rules", rules: rules.length, bounds };
    case "temporal_ordered":
      return { of: "order", rules: rules.length, bounds };
    case "value_sum":
      return { of: "sum", bounds };
    case "value_avg":
      return { of: "avg", bounds };
    case "value_percentile":
      return { of: "percentile", percentile, bounds };
    case "value_median":
      return { of: "percentile", percentile: 50, bounds };
  }
}

/** More than 4 is at least 5, less than 5 at most 4. */
const beside: Readonly<Record<string, number>> = { gt: 1, lt: -1 };

function faultOfCount(bounds: Bounds): string | undefined {
  const tooGreat = Object.entries(bounds).find(
    ([operator, bound]) => bound + (beside[operator] ?? 0) > maxThreshold,
  );
  if (tooGreat === undefined) return undefined;
  const [operator, bound] = tooGreat;
  return `correlation.condition: counts up to ${maxThreshold} can be decided; lower ${operator}: ${bound}`;
}

function wordsOf({ rules, type }: CorrelationRule, words: RuleExpression): WindowCondition | string {
  const expression = markExpression(words, rules);
  const parts = partsOf(expression);
  const asked = new Set(parts.flatMap((part) => (part.kind === "has" ? [part.mark] : [])));
  if (parts.some((part) => part.kind === "lacks" && asked.has(part.mark))) {
    return "correlation.condition: a rule is asked for and refused at once, which no window can meet; drop one of the two";
  }
  const condition = { of: "words", rules: rules.length, order: [], expression } as const;
  return type === "temporal_ordered" ? orderedWords(condition, parts) : condition;
}

/** In order come the rules that are asked for; nothing can be said of when those came that are not there. */
function orderedWords(
  condition: WindowCondition & { readonly of: "words" },
  parts: readonly MarkExpression[],
): WindowCondition | string {
  const { expression, rules } = condition;
  if (parts.some((part) => part.kind !== "has" && marksIn(part, "has").length > 0)) {
    return "correlation.condition: in an order there is no choice between rules that are asked for; make a rule of each way";
  }
  const order = marksIn(expression, "has");
  if (order.length < 2) {
    return "correlation.condition: an order needs two rules at least that are asked for; write type: temporal";
  }
  return order.length === rules && marksIn(expression, "lacks").length === 0
    ? { of: "order", rules, bounds: { gte: rules } }
    : { ...condition, order };
}

/** How a store judges by the condition: `later` where more members can undo what holds. */
export function judgingOf(condition: WindowCondition): Judging {
  switch (condition.of) {
    case "events": {
      const reach = thresholdOf(condition.bounds);
      if (reach !== undefined) return { kind: "count", reach };
      return { kind: "later", reach: beyond(condition.bounds) };
    }
    case "values":
    case "rules": {
      const enough = thresholdOf(condition.bounds, condition.of === "rules" ? condition.rules : Infinity);
      return enough === undefined ? later : { kind: "marks", least: enough, enough };
    }
    case "order": {
      const least = thresholdOf(condition.bounds, condition.rules);
      return least === undefined ? later : { kind: "order", least };
    }
    case "words":
      return judgingOfWords(condition);
    default:
      return later;
  }
}

const later: Judging = { kind: "later", reach: undefined };

function judgingOfWords({
  expression,
  rules,
  order,
}: {
  readonly expression: MarkExpression;
  readonly rules: number;
  readonly order: readonly number[];
}): Judging {
  if (marksIn(expression, "lacks").length > 0) return later;
  const least = leastMarks(expression);
  return order.length > 0 ? { kind: "order", least } : { kind: "marks", least, enough: rules };
}
