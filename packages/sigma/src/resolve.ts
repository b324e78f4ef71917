import type { Correlation } from "./correlation.ts";
import type { Draft } from "./draft.ts";
import type { Path, Report } from "./fault.ts";
import { type Condition, selectionsIn } from "./parse-condition.ts";
import {
  type CorrelationRule,
  type CountCondition,
  type DetectionRule,
  levels,
  type RuleExpression,
  type SigmaRule,
} from "./rule.ts";
import { isUuid, ruleVersion } from "./rule-version.ts";
import { didYouMean } from "./suggest.ts";

/** What references are resolved against. */
interface RulesInReach {
  readonly rules: readonly SigmaRule[];
  /** Also those with faults, to tell a rule that is faulty from one that is not there. */
  readonly drafts: readonly Draft[];
}

/** A draft with a correlation that has no faults so far. */
type Pending = Draft & { readonly content: { readonly correlation: Correlation } };

/**
 * The rules of all sound drafts with a correlation, inner ones before the ones that count them. Reports what names a rule
 * that can not count, and every correlation that counts itself, whatever the way round.
 */
export function resolveCorrelations(
  drafts: readonly Draft[],
  detections: readonly DetectionRule[],
): ReadonlyMap<Draft, CorrelationRule> {
  const resolved = new Map<Draft, CorrelationRule>();
  let pending = drafts.filter(isPending);
  for (;;) {
    const ready = pending.filter((draft) => innerOf(draft, pending).length === 0);
    if (ready.length === 0) break;
    const reach = { rules: [...detections, ...resolved.values()], drafts };
    for (const draft of ready) {
      const rule = correlationRule(draft, reach);
      if (rule !== undefined) resolved.set(draft, rule);
    }
    const settled = new Set(ready);
    pending = pending.filter((draft) => !settled.has(draft));
  }
  for (const draft of pending) reportCircle(draft, pending);
  const reach = { rules: [...detections, ...resolved.values()], drafts };
  for (const draft of pending) correlationRule(draft, reach);
  return resolved;
}

function isPending(draft: Draft): draft is Pending {
  return draft.content?.kind === "correlation" && draft.document.problems.length === 0;
}

/** The correlations among `others` that a draft names, itself included, with the positions of their names. */
function innerOf(
  { content }: Pending,
  others: readonly Pending[],
): { readonly inner: Pending; readonly index: number }[] {
  return content.correlation.rules.flatMap((reference, index) => {
    const inner = others.find(({ metadata }) => isCalled(metadata, reference));
    return inner === undefined ? [] : [{ inner, index }];
  });
}

/** Reports the shortest way from a draft back to itself, if there is one. */
function reportCircle(draft: Pending, others: readonly Pending[]): void {
  const seen = new Set<Pending>();
  let ways = innerOf(draft, others).map(({ inner, index }) => ({ index, way: [draft, inner] }));
  while (ways.length > 0) {
    const circle = ways.find(({ way }) => way.at(-1) === draft);
    if (circle !== undefined) {
      const names = circle.way.map(({ metadata }) => metadata.name ?? metadata.title);
      draft.document.report(
        place(circle.index),
        `correlations must not count themselves, but ${names.join(" counts ")}; break the circle`,
      );
      return;
    }
    ways = ways.flatMap(({ index, way }) => {
      const last = way.at(-1)!;
      if (seen.has(last)) return [];
      seen.add(last);
      return innerOf(last, others).map(({ inner }) => ({ index, way: [...way, inner] }));
    });
  }
}

function correlationRule(draft: Pending, reach: RulesInReach): CorrelationRule | undefined {
  const { document, metadata, content } = draft;
  if (document.problems.length > 0) return undefined;
  const { correlation } = content;
  const counted = inOrder(findRules(correlation, reach, document.report), correlation.words);
  const aliases = resolveAliases(correlation, counted, document.report);
  if (correlation.words !== undefined) reportMentions(correlation.words, counted, document.report);
  if (document.problems.length > 0) return undefined;
  const { type, groupBy, timespan, generate } = correlation;
  const { condition, expression } = conditionOf(correlation, counted);
  const rules = counted.map((rule) => rule.id);
  const versions = counted.map((rule) => [rule.id, rule.version]);
  return {
    ...metadata,
    kind: "correlation",
    level: metadata.level ?? strongest(counted),
    version: ruleVersion({ type, rules: versions, groupBy, aliases, timespan, condition, expression }),
    file: document.file,
    line: document.line,
    ...{ type, rules, groupBy, aliases, timespan, condition, generate },
    ...(expression === undefined ? {} : { expression }),
  };
}

/** Words give the order by what they mention first. */
function inOrder(counted: readonly SigmaRule[], words: Condition | undefined): readonly SigmaRule[] {
  if (words === undefined) return counted;
  const mentioned = [...selectionsIn(words)];
  const at = (rule: SigmaRule): number => mentioned.findIndex((reference) => isCalled(rule, reference));
  return counted.toSorted((a, b) => at(a) - at(b));
}

/** All rules that are counted are in the words, and the other way round. */
function reportMentions(words: Condition, counted: readonly SigmaRule[], report: Report): void {
  const path = ["correlation", "condition"];
  const mentioned = [...selectionsIn(words)];
  for (const reference of mentioned) {
    if (counted.some((rule) => isCalled(rule, reference))) continue;
    const meant = didYouMean(reference, counted.map(nameOf));
    report(path, `"${reference}" is not among rules${meant}; add it there, or drop it here`);
  }
  for (const rule of counted) {
    if (mentioned.some((reference) => isCalled(rule, reference))) continue;
    report(path, `the rule "${nameOf(rule)}" is among rules but not in the condition; add it here`);
  }
}

/** What words say: a bound where they ask for all rules, or for any of them, else an expression. */
function conditionOf(
  { type, words, condition }: Correlation,
  counted: readonly SigmaRule[],
): { readonly condition: CountCondition; readonly expression?: RuleExpression } {
  if (words === undefined) return { condition };
  const kinds = kindsIn(words);
  if (!kinds.has("not") && !kinds.has("or")) return { condition: { gte: counted.length } };
  if (type === "temporal" && !kinds.has("not") && !kinds.has("and")) return { condition: { gte: 1 } };
  return { condition: {}, expression: expressionOf(words, counted) };
}

function kindsIn(words: Condition): ReadonlySet<Condition["kind"]> {
  if (words.kind === "selection") return new Set();
  const parts = words.kind === "not" ? [words.of] : words.of;
  return new Set([words.kind, ...parts.flatMap((part) => [...kindsIn(part)])]);
}

function expressionOf(words: Condition, counted: readonly SigmaRule[]): RuleExpression {
  if (words.kind === "not") return { kind: "not", of: expressionOf(words.of, counted) };
  if (words.kind !== "selection")
    return { kind: words.kind, of: words.of.map((part) => expressionOf(part, counted)) };
  return { kind: "rule", id: counted.find((rule) => isCalled(rule, words.name))!.id };
}

function nameOf({ name, title }: SigmaRule): string {
  return name ?? title;
}

function strongest(rules: readonly SigmaRule[]): SigmaRule["level"] {
  return levels.findLast((level) => rules.some((rule) => rule.level === level)) ?? "medium";
}

/** ` (did you mean "x"?)` for a reference to no rule; ids are not mistyped but wrong. */
export function ruleMeant(reference: string, drafts: readonly Draft[]): string {
  if (isUuid(reference)) return "";
  return didYouMean(
    reference,
    drafts.flatMap(({ metadata: { name } }) => name ?? []),
  );
}

function isCalled(rule: { id: string; name: string | undefined }, reference: string): boolean {
  return rule.name === reference || rule.id === reference.toLowerCase();
}

function findRules({ rules }: Correlation, reach: RulesInReach, report: Report): SigmaRule[] {
  return rules.flatMap((reference, index) => {
    const found = reach.rules.find((rule) => isCalled(rule, reference));
    if (found !== undefined) {
      if (rules.findIndex((other) => isCalled(found, other)) === index) return [found];
      report(place(index), `"${reference}" is a rule that stands here twice; keep one`);
      return [];
    }
    report(place(index), missing(reference, reach.drafts));
    return [];
  });
}

function place(index: number): Path {
  return ["correlation", "rules", index];
}

function missing(reference: string, drafts: readonly Draft[]): string {
  const named = drafts.find(({ metadata }) => isCalled(metadata, reference));
  if (named === undefined) {
    const meant = ruleMeant(reference, drafts);
    return `no rule has the id or name "${reference}"${meant}; load its file too, or correct it`;
  }
  if (named.content?.kind === "filter")
    return `"${reference}" is a filter, and filters match nothing; name the rules that it narrows`;
  return `the rule "${reference}" has faults of its own (${named.document.file}:${named.document.line}); repair it`;
}

function resolveAliases(
  { aliases, groupBy, condition }: Correlation,
  rules: readonly SigmaRule[],
  report: Report,
): Record<string, Record<string, string>> {
  const resolved = Object.entries(aliases).map(([alias, fields]) => {
    const path = ["correlation", "aliases", alias];
    const byId: Record<string, string> = {};
    for (const [reference, field] of Object.entries(fields)) {
      const rule = rules.find((candidate) => isCalled(candidate, reference));
      if (rule === undefined)
        report([...path, reference], `"${reference}" is not among the rules counted here`);
      else byId[rule.id] = field;
    }
    const without = rules.find((rule) => byId[rule.id] === undefined);
    if ([...groupBy, ...(condition.field ?? [])].includes(alias) && without !== undefined) {
      report(path, `the alias names no field for the rule "${without.name ?? without.title}"; add it`);
    }
    return [alias, byId] as const;
  });
  return Object.fromEntries(resolved);
}
