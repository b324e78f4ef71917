import type { Correlation } from "./correlation.ts";
import type { Draft } from "./draft.ts";
import type { Path, Report } from "./fault.ts";
import { type CorrelationRule, type DetectionRule, levels } from "./rule.ts";
import { ruleVersion } from "./rule-version.ts";

/** What references are resolved against. */
interface RulesInReach {
  readonly detections: readonly DetectionRule[];
  /** Also those with faults, to tell a rule that is faulty from one that is not there. */
  readonly drafts: readonly Draft[];
}

/** The rule of a sound draft with a correlation; undefined for any other, and when it names a rule that can not count. */
export function correlationRule(draft: Draft, reach: RulesInReach): CorrelationRule | undefined {
  const { document, metadata, content } = draft;
  if (content?.kind !== "correlation" || document.problems.length > 0) return undefined;
  const { correlation } = content;
  const counted = findRules(correlation, reach, document.report);
  const aliases = resolveAliases(correlation, counted, document.report);
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

function strongest(rules: readonly DetectionRule[]): DetectionRule["level"] {
  return levels.findLast((level) => rules.some((rule) => rule.level === level)) ?? "medium";
}

function isCalled(rule: { id: string; name: string | undefined }, reference: string): boolean {
  return rule.name === reference || rule.id === reference.toLowerCase();
}

function findRules(
  { rules }: Correlation,
  { detections, drafts }: RulesInReach,
  report: Report,
): DetectionRule[] {
  return rules.flatMap((reference, index) => {
    const found = detections.find((rule) => isCalled(rule, reference));
    if (found !== undefined) {
      if (rules.findIndex((other) => isCalled(found, other)) === index) return [found];
      report(place(index), `"${reference}" is a rule that stands here twice; keep one`);
      return [];
    }
    report(place(index), missing(reference, drafts));
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
  if (named.content?.kind === "correlation") {
    return `"${reference}" is a correlation, and chains of them are not supported yet; name detection rules`;
  }
  return `the rule "${reference}" has faults of its own (${named.document.file}:${named.document.line}); repair it`;
}

function resolveAliases(
  { aliases, groupBy }: Correlation,
  rules: readonly DetectionRule[],
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
    if (groupBy.includes(alias) && without !== undefined) {
      report(path, `the alias names no field for the rule "${without.name ?? without.title}"; add it`);
    }
    return [alias, byId] as const;
  });
  return Object.fromEntries(resolved);
}
