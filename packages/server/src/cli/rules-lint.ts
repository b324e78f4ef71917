import type { Command } from "commander";
import { counted, loadRulePaths, problemLines } from "./rules-paths.ts";
import { writeOut } from "./write-out.ts";

interface LintOptions {
  readonly strict: boolean;
  readonly json: boolean;
}

const examples = `
Each line is FILE:LINE:COLUMN: FIELD: what is wrong and what to do. Exit code 1 when there is a fault.

Examples:
  $ auditflow rules lint rules/
  $ auditflow rules lint new-rule.yml rules/ --strict     warnings count as well
  $ auditflow rules lint rules/ --json | jq -r '.problems[].file' | sort -u`;

/** \`auditflow rules lint [PATH...]\`: every fault and warning of a set at once. */
export function lintCommand(group: Command, done: (code: number) => void): void {
  group
    .command("lint")
    .description("tell every fault and warning of rules, with its place")
    .argument("[path...]", "files or folders of rules, one set together (default: those that come along)")
    .option("--strict", "exit with 1 for warnings as well", false)
    .option("--json", "print one JSON document", false)
    .addHelpText("after", examples)
    .action(async (paths: string[], options: LintOptions) => done(await lint(paths, options)));
}

async function lint(paths: readonly string[], { strict, json }: LintOptions): Promise<number> {
  const { set, texts } = await loadRulePaths(paths);
  const { rules, filters, problems, warnings } = set;
  const totals = { files: texts.size, rules: rules.length, filters: filters.length };
  if (json) await writeOut(`${JSON.stringify({ ...totals, problems, warnings })}\n`);
  else await writeOut(problemLines(set));
  process.stderr.write(
    `${counted(totals.files, "file")}, ${counted(totals.rules, "rule")}, ${counted(totals.filters, "filter")}: ` +
      `${counted(problems.length, "fault")}, ${counted(warnings.length, "warning")}\n`,
  );
  return problems.length > 0 || (strict && warnings.length > 0) ? 1 : 0;
}
