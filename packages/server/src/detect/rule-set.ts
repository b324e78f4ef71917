import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { loadRules, type RuleProblem, type RuleSet, type SigmaRule } from "@auditflow/sigma";
import { correlationSettings } from "./correlation-settings.ts";

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
  const undecidable = loaded.rules.flatMap(undecidableProblem);
  const refused = new Set(undecidable.map(({ rule }) => rule));
  return {
    rules: loaded.rules.filter((rule) => !refused.has(rule)),
    problems: [...problems, ...loaded.problems, ...undecidable.map(({ problem }) => problem)],
  };
}

/** A correlation rule that the windows cannot decide is refused now rather than never firing later. */
function undecidableProblem(rule: SigmaRule): { rule: SigmaRule; problem: RuleProblem }[] {
  if (rule.kind !== "correlation") return [];
  const settings = correlationSettings(rule);
  if (typeof settings !== "string") return [];
  const [field = "", message = ""] = settings.split(/: (.*)/s);
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
