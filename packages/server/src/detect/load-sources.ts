import { setImmediate as others } from "node:timers/promises";
import {
  loadRulesInSteps,
  type RuleProblem,
  type RuleSet,
  type RuleSource,
  type SigmaRule,
} from "@auditflow/sigma";
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
      return { rules, problems: [...value.problems, ...problems] };
    }
    if (step % stepsAtOnce === 0) await others();
  }
}

/** Leaves out what cannot be decided, and in turn what counts it. */
function refuseUndecidable(rules: readonly SigmaRule[]): RuleSet {
  let left = rules;
  const problems: RuleProblem[] = [];
  for (;;) {
    const ids = new Set(left.map(({ id }) => id));
    const refused = left.flatMap((rule) => [...undecidableProblem(rule), ...orphanProblem(rule, ids)]);
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

function orphanProblem(rule: SigmaRule, ids: ReadonlySet<string>): Refusal[] {
  if (rule.kind !== "correlation" || rule.rules.every((id) => ids.has(id))) return [];
  const message = "counts a rule that has faults of its own; repair that";
  const { file, line } = rule;
  return [{ rule, problem: { file, line, column: 1, field: "correlation.rules", message } }];
}

/** A rule that the windows cannot decide, or whose own part is wrong, is refused now rather than misread later. */
function undecidableProblem(rule: SigmaRule): Refusal[] {
  const settings = rule.kind === "correlation" ? correlationSettings(rule) : undefined;
  const fault = [settings, incidentPartsOf(rule)].find((found) => typeof found === "string");
  if (fault === undefined) return [];
  const [field = "", message = ""] = fault.split(/: (.*)/s);
  return [{ rule, problem: { file: rule.file, line: rule.line, column: 1, field, message } }];
}
