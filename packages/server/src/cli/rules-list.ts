import { type RuleSet, type SigmaRule, silentRules } from "@auditflow/sigma";
import type { Command } from "commander";
import { printable } from "./printable.ts";
import { counted, loadRulePaths, problemLine } from "./rules-paths.ts";
import {
  addSelectOptions,
  isSelected,
  logsourcesOf,
  logsourceText,
  type SelectOptions,
} from "./rules-select.ts";
import { formatTable } from "./table.ts";
import { writeOut } from "./write-out.ts";

interface ListOptions extends SelectOptions {
  readonly json: boolean;
}

const examples = `
Examples:
  $ auditflow rules list
  $ auditflow rules list sigma/rules --logsource product=aws --min-level high
  $ auditflow rules list rules/ --tag attack.t1110 --json | jq -r '.rules[].title'`;

/** \`auditflow rules list [PATH...]\`: the rules and filters of a set. */
export function listCommand(group: Command, done: (code: number) => void): void {
  const command = group
    .command("list")
    .description("show the rules and filters")
    .argument("[path...]", "files or folders of rules, one set together (default: those that come along)");
  addSelectOptions(command)
    .option("--json", "print one JSON document", false)
    .addHelpText("after", examples)
    .action(async (paths: string[], options: ListOptions) => {
      done(await list(paths, options));
    });
}

async function list(paths: readonly string[], options: ListOptions): Promise<number> {
  const { set } = await loadRulePaths(paths);
  const isMeant = (rule: SigmaRule): boolean =>
    isSelected({ ...rule, logsources: logsourcesOf(rule, set) }, options);
  const rules = set.rules.filter(isMeant);
  if (options.json) await writeOut(`${JSON.stringify(documentOf(rules, set))}\n`);
  else await writeOut(formatTable(head, [...rules.map((rule) => row(rule, set)), ...filterRows(set)]));
  for (const problem of set.problems.slice(0, shownFaults)) process.stderr.write(problemLine(problem));
  const left = rules.length < set.rules.length ? ` of ${set.rules.length}` : "";
  const faulty =
    set.problems.length > 0 ? `, ${counted(set.problems.length, "fault")}: see auditflow rules lint` : "";
  process.stderr.write(`${rules.length}${left} rules, ${counted(set.filters.length, "filter")}${faulty}\n`);
  return 0;
}

/** More faults than these are for \`auditflow rules lint\`. */
const shownFaults = 5;

const head = ["LEVEL", "KIND", "LOGSOURCE", "TITLE", "ID", "FILE"];

function row(rule: SigmaRule, { rules }: RuleSet): string[] {
  const about = [...new Set(logsourcesOf(rule, { rules }).map(logsourceText))];
  const kind = rule.kind === "correlation" ? rule.type : rule.kind;
  const where = `${rule.file}:${rule.line}`;
  return [rule.level, kind, printable(about.join(" | ")), printable(rule.title), rule.id, where];
}

function filterRows({ filters }: RuleSet): string[][] {
  return filters.map(({ title, logsource, id, file, line }) => [
    ...["-", "filter", printable(logsourceText(logsource)), printable(title), id, `${file}:${line}`],
  ]);
}

function documentOf(rules: readonly SigmaRule[], set: RuleSet): object {
  const silent = silentRules(set.rules);
  return {
    rules: rules.map((rule) => ({
      ...{ id: rule.id, name: rule.name ?? null, title: rule.title, kind: rule.kind, level: rule.level },
      logsource: rule.kind === "detection" ? rule.logsource : null,
      ...(rule.kind === "correlation" ? { type: rule.type, counts: rule.rules } : { filters: rule.filters }),
      ...{ alerts: !silent.has(rule.id), version: rule.version, status: rule.status ?? null },
      ...{ author: rule.author ?? null, tags: rule.tags, file: rule.file, line: rule.line },
    })),
    filters: set.filters.map(({ id, title, logsource, rules: narrowed, file, line }) => ({
      ...{ id, title, logsource, rules: narrowed, file, line },
    })),
  };
}
