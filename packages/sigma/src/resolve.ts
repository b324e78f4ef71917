import type { Correlation } from "./correlation.ts";
import type { Draft } from "./draft.ts";
import type { Path, Report } from "./fault.ts";
import { type CorrelationRule, type DetectionRule, levels, type SigmaRule } from "./rule.ts";
import { ruleVersion } from "./rule-version.ts";

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
  const counted = findRules(correlation, reach, document.report);
  const aliases = resolveAliases(correlation, counted, document.report);
  reportUnknownValues({ ...correlation, aliases }, counted, document.report);
  if (document.problems.length > 0) return undefined;
  const { type, groupBy, timespan, condition, generate } = correlation;
  const rules = counted.map((rule) => rule.id);
  const versions = counted.map((rule) => [rule.id, rule.version]);
  return {
    ...metadata,
    kind: "correlation",
    level: metadata.level ?? strongest(counted),
    version: ruleVersion({ type, rules: versions, groupBy, aliases, timespan, condition }),
    file: document.file,
    line: document.line,
    ...{ type, rules, groupBy, aliases, timespan, condition, generate },
  };
}

/** Where an inner correlation fires its event may not be at hand, only the values of its group. */
function reportUnknownValues(
  { groupBy, condition, aliases }: Pick<Correlation, "groupBy" | "condition" | "aliases">,
  counted: readonly SigmaRule[],
  report: Report,
): void {
  const places = [
    ...groupBy.map((name, index) => ({ name, path: ["correlation", "group-by", index] })),
    ...(condition.field ?? []).map((name) => ({ name, path: ["correlation", "condition", "field"] })),
  ];
  for (const inner of counted.filter((rule) => rule.kind === "correlation")) {
    for (const { name, path } of places) {
      const field = aliases[name]?.[inner.id] ?? name;
      if (inner.groupBy.includes(field)) continue;
      const known = inner.groupBy.length === 0 ? "it has no group-by" : `that is ${inner.groupBy.join(", ")}`;
      report(
        path,
        `"${field}" is not among the group-by of "${inner.name ?? inner.title}" (${known}); add it there, or drop it here`,
      );
    }
  }
}

function strongest(rules: readonly SigmaRule[]): SigmaRule["level"] {
  return levels.findLast((level) => rules.some((rule) => rule.level === level)) ?? "medium";
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
  if (named === undefined)
    return `no rule has the id or name "${reference}"; load its file too, or correct it`;
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
