import type { CorrelationRule, CountCondition, RuleExpression, SigmaRule } from "@auditflow/sigma";

/** What a correlation counts, within which window, for whom, and when it fires: one sentence. */
export function correlationSentence(rule: CorrelationRule, rules: readonly SigmaRule[]): string {
  const { timespan, groupBy, condition } = rule;
  const title = (id: string): string => `"${rules.find((one) => one.id === id)?.title ?? id}"`;
  const names = rule.rules.map(title);
  const group = groupBy.length === 0 ? "" : ` with the same ${inWords(groupBy, "and")}`;
  const field = inWords(condition.field ?? [], "and");
  const bound = boundText(condition);
  const within = `within ${durationText(timespan)}`;
  const of = inWords(names, "or");
  const expression = rule.expression === undefined ? undefined : expressionText(rule.expression, title);
  const isAll = condition.gte === names.length && condition.gt === undefined;
  const some = isAll ? inWords(names, "and") : `${bound} of ${inWords(names, "or")}`;
  const asked = expression ?? some;
  const texts: Partial<Record<CorrelationRule["type"], string>> = {
    event_count: `Fires when ${bound} events that match ${of} come ${within}${group}.`,
    value_count: `Fires when events that match ${of} have ${bound} different values of ${field} ${within}${group}.`,
    temporal: `Fires when events match ${asked}, in any order, ${within}${group}.`,
    temporal_ordered: `Fires when events match ${asked}, in this order, ${within}${group}.`,
  };
  const other = `Fires when ${rule.type.replace("value_", "the ")} of ${field} over events that match ${of} is ${bound} ${within}${group}.`;
  return texts[rule.type] ?? other;
}

const bounds: Readonly<Record<string, string>> = {
  gt: "more than",
  gte: "at least",
  lt: "fewer than",
  lte: "at most",
  eq: "exactly",
  neq: "not",
};

function boundText(condition: CountCondition): string {
  const written = Object.entries(condition).filter(([name]) => name in bounds);
  return inWords(
    written.map(([name, value]) => `${bounds[name]} ${String(value)}`),
    "and",
  );
}

function expressionText(expression: RuleExpression, title: (id: string) => string): string {
  if (expression.kind === "rule") return title(expression.id);
  if (expression.kind === "not") return `not ${expressionText(expression.of, title)}`;
  return `(${expression.of.map((part) => expressionText(part, title)).join(` ${expression.kind} `)})`;
}

function inWords(words: readonly string[], joint: "and" | "or"): string {
  const last = words.at(-1) ?? "";
  return words.length < 2 ? last : `${words.slice(0, -1).join(", ")} ${joint} ${last}`;
}

const units = [
  ["day", 86_400_000],
  ["hour", 3_600_000],
  ["minute", 60_000],
  ["second", 1000],
] as const;

/** Milliseconds in the largest unit that gives a whole number: `90 minutes`. */
export function durationText(milliseconds: number): string {
  const [name, size] = units.find(([, one]) => milliseconds >= one && milliseconds % one === 0) ?? [
    "millisecond",
    1,
  ];
  const count = milliseconds / size;
  return `${count} ${name}${count === 1 ? "" : "s"}`;
}
