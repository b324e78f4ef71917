import { setImmediate as others } from "node:timers/promises";
import {
  type CorrelationRule,
  loadRulesInSteps,
  type RuleProblem,
  type RuleSet,
  type RuleSource,
  type SigmaRule,
} from "@auditflow/sigma";
import { withChainedLateness } from "./chained-lateness.ts";
import { correlationSettings } from "./correlation-settings.ts";
import { incidentPartsOf } from "./incident-parts.ts";

/** So many steps are some milliseconds of work: four thousand rules take seconds, in which events have to go on. */
const stepsAtOnce = 4;

/**
 * Loads rule files as one set and leaves out what cannot be decided, and in turn what counts it. Never rejects; the
 * process does other things meanwhile.
 */
export async function loadSources(sources: readonly RuleSource[]): Promise<RuleSet> {
  const loading = loadRulesInSteps(sources);
  for (let step = 1; ; step += 1) {
    const { done, value } = loading.next();
    if (done === true) {
      const { rules, problems } = refuseUndecidable(value.rules);
      return { ...value, rules: withChainedLateness(rules), problems: [...value.problems, ...problems] };
    }
    if (step % stepsAtOnce === 0) await others();
  }
}

/** Leaves out what cannot be decided, and in turn what counts it. */
function refuseUndecidable(rules: readonly SigmaRule[]): Pick<RuleSet, "rules" | "problems"> {
  let left = rules;
  const problems: RuleProblem[] = [];
  for (;;) {
    const known = new Map(left.map((rule) => [rule.id, rule]));
    const refused = left.flatMap((rule) => [
      ...undecidableProblem(rule),
      ...(rule.kind === "correlation" ? countingProblem(rule, known) : []),
    ]);
    if (refused.length === 0) return { rules: left, problems };
    problems.push(...refused.map(({ problem }) => problem));
    const gone = new Set(refused.map(({ rule }) => rule));
    left = left.filter((rule) => !gone.has(rule));
  }
}

interface Refusal {
  readonly rule: SigmaRule;
  readonly problem: RuleProblem;
}

function refusal(rule: SigmaRule, field: string, message: string): Refusal {
  return { rule, problem: { file: rule.file, line: rule.line, column: 1, field, message } };
}

/** A correlation counts rules that are left, and asks of those that are correlations for nothing that is not known. */
function countingProblem(rule: CorrelationRule, known: ReadonlyMap<string, SigmaRule>): Refusal[] {
  const counted = rule.rules.map((id) => known.get(id));
  if (counted.includes(undefined))
    return [refusal(rule, "correlation.rules", "counts a rule that has faults of its own; repair that")];
  return counted.flatMap((inner) => (inner?.kind === "correlation" ? unknownValues(rule, inner) : []));
}

/** Where an inner correlation fires its event may not be at hand, only the values of its group. */
function unknownValues(rule: CorrelationRule, inner: CorrelationRule): Refusal[] {
  const read = [
    ...rule.groupBy.map((name) => ({ name, place: "correlation.group-by" })),
    ...(rule.condition.field ?? []).map((name) => ({ name, place: "correlation.condition.field" })),
  ];
  return read.flatMap(({ name, place }) => {
    const field = rule.aliases[name]?.[inner.id] ?? name;
    if (inner.groupBy.includes(field)) return [];
    const has = inner.groupBy.length === 0 ? "it has no group-by" : `that is ${inner.groupBy.join(", ")}`;
    const message = `"${field}" is not among the group-by of "${inner.name ?? inner.title}" (${has}); add it there, or drop it here`;
    return [refusal(rule, place, message)];
  });
}

/** A rule that the windows cannot decide, or whose own part is wrong, is refused now rather than misread later. */
function undecidableProblem(rule: SigmaRule): Refusal[] {
  const settings = rule.kind === "correlation" ? correlationSettings(rule) : undefined;
  const fault = [settings, incidentPartsOf(rule)].find((found) => typeof found === "string");
  if (fault === undefined) return [];
  const [field = "", message = ""] = fault.split(/: (.*)/s);
  return [refusal(rule, field, message)];
}
