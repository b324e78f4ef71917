import type { RuleSet } from "@auditflow/sigma";
import { loadSources } from "./load-sources.ts";
import { listRuleFiles, readRuleFiles } from "./rule-files.ts";

/**
 * Reads every `*.yml` and `*.yaml` below the folders, leaving out the test files that stand beside the rules. What
 * cannot be read or understood is among the problems; the other rules load.
 */
export async function loadRuleFolders(folders: readonly string[]): Promise<RuleSet> {
  const { texts, problems } = await readRuleFiles(await listRuleFiles(folders));
  const loaded = await loadSources([...texts].map(([file, text]) => ({ file, text })));
  return { ...loaded, problems: [...problems, ...loaded.problems] };
}
