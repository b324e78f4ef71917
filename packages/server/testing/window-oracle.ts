import type { CorrelationRule, RuleExpression } from "@auditflow/sigma";

/** What a window holds of one event: which of the rules matched, by position, and what stands in the fields. */
export interface Seen {
  readonly at: number;
  readonly rule: number;
  /** Of the kinds about numbers a number with two decimals at most, small enough to be exact in hundredths. */
  readonly value: string;
}

/** Whether the condition of a rule holds over a window, by the definition of each kind and without any cleverness. */
export function holdsOver(rule: CorrelationRule, window: readonly Seen[]): boolean {
  if (rule.expression !== undefined) return areTrue(rule, rule.expression, window);
  const { number, unit } = comparedIn(rule, window);
  return Object.entries(rule.condition).every(([operator, bound]) => {
    const test = tests[operator];
    const inUnits = unit === 1 ? bound : Math.round((bound as number) * 100) * (unit / 100);
    return test === undefined || test(number, inUnits as number);
  });
}

/** The number that a condition compares, and the number that stands for 1 in it: sums and averages are in whole hundredths. */
export function comparedIn(
  { type, rules, condition }: CorrelationRule,
  window: readonly Seen[],
): { readonly number: number; readonly unit: number } {
  const hundredths = window.map(({ value }) => Math.round(Number(value) * 100)).sort((a, b) => a - b);
  const sum = hundredths.reduce((all, one) => all + one, 0);
  switch (type) {
    case "event_count":
      return { number: window.length, unit: 1 };
    case "value_count":
      return { number: new Set(window.map(({ value }) => value)).size, unit: 1 };
    case "temporal":
      return { number: new Set(window.map(({ rule }) => rule)).size, unit: 1 };
    case "temporal_ordered":
      return { number: longestChain(window, [...rules.keys()]), unit: 1 };
    case "value_sum":
      return { number: sum, unit: 100 };
    case "value_avg":
      return { number: sum, unit: 100 * window.length };
    case "value_percentile":
    case "value_median":
      return { number: percentile(window, type === "value_median" ? 50 : condition.percentile!), unit: 1 };
  }
}

const tests: Readonly<Record<string, (number: number, bound: number) => boolean>> = {
  gt: (number, bound) => number > bound,
  gte: (number, bound) => number >= bound,
  lt: (number, bound) => number < bound,
  lte: (number, bound) => number <= bound,
  eq: (number, bound) => number === bound,
  neq: (number, bound) => number !== bound,
};

function percentile(window: readonly Seen[], wanted: number): number {
  const numbers = window.map(({ value }) => Number(value)).sort((a, b) => a - b);
  const position = (wanted / 100) * (numbers.length - 1);
  const low = numbers[Math.floor(position)]!;
  return low + (numbers[Math.ceil(position)]! - low) * (position - Math.floor(position));
}

/** Tries every way to leave rules out. */
function longestChain(window: readonly Seen[], order: readonly number[]): number {
  const [first, ...rest] = order;
  if (first === undefined) return 0;
  const times = window.flatMap(({ rule, at }) => (rule === first ? [at] : []));
  const after = window.filter(({ at }) => at >= Math.min(...times));
  const taken = times.length === 0 ? 0 : 1 + longestChain(after, rest);
  return Math.max(taken, longestChain(window, rest));
}

function areTrue(rule: CorrelationRule, words: RuleExpression, window: readonly Seen[]): boolean {
  const there = new Set(window.map((seen) => rule.rules[seen.rule]));
  const isTrue = (part: RuleExpression): boolean => {
    if (part.kind === "rule") return there.has(part.id);
    if (part.kind === "not") return !isTrue(part.of);
    return part.kind === "and" ? part.of.every(isTrue) : part.of.some(isTrue);
  };
  if (!isTrue(words)) return false;
  const asked = rule.rules.flatMap((id, n) => (isAskedFor(id, words) ? [n] : []));
  return rule.type === "temporal" || longestChain(window, asked) === asked.length;
}

function isAskedFor(id: string, part: RuleExpression, wanted = true): boolean {
  if (part.kind === "rule") return wanted && part.id === id;
  if (part.kind === "not") return isAskedFor(id, part.of, !wanted);
  return part.of.some((inner) => isAskedFor(id, inner, wanted));
}
