import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { loadRules, type RuleProblem, type RuleSet, type SigmaRule } from "@auditflow/sigma";
import { correlationSettings } from "./correlation-settings.ts";
import { incidentPartsOf } from "./incident-parts.ts";

/**
 * Reads every `*.yml` and `*.yaml` below the folders, leaving out the test files that stand beside the rules. What
 * cannot be read or understood is among the problems; the other rules load.
 */
export async function loadRuleFolders(folders: readonly string[]): Promise<RuleSet> {
  const sources: { file: string; text: string }[] = [];
  const problems: RuleProblem[] = [];
  for (const folder of folders) {
    const files = await ruleFiles(folder).catch((error: Error) => {
      problems.push(unreadable(folder, error));
      return [];
    });
    for (const file of files) {
      try {
        sources.push({ file, text: await readFile(file, "utf8") });
      } catch (error) {
        problems.push(unreadable(file, error as Error));
      }
    }
  }
  const loaded = loadRules(sources);
  const decidable = refuseUndecidable(loaded.rules);
  return {
    rules: decidable.rules,
    problems: [...problems, ...loaded.problems, ...decidable.problems],
  };
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

async function ruleFiles(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true });
  return entries
    .filter((name) => /\.ya?ml$/.test(name) && !/\.test\.ya?ml$/.test(name))
    .sort()
    .map((name) => join(folder, name));
}

function unreadable(file: string, error: Error): RuleProblem {
  return { file, line: 0, column: 0, field: "", message: `cannot be read: ${error.message}` };
}
