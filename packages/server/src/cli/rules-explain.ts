import { readdirSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { AuditFlowError } from "@auditflow/contracts";
import type { SigmaRule } from "@auditflow/sigma";
import type { Command } from "commander";
import { isRuleTestName } from "../detect/rule-files.ts";
import { addInputOptions, type InputOptions, openInput } from "./input.ts";
import { explanationOf, type RuleContext } from "./rules-explanation.ts";
import { explanationText } from "./rules-explanation-text.ts";
import { documentsOf, type LoadedRules, loadRulePaths, problemLine } from "./rules-paths.ts";
import { verdictOf } from "./rules-verdict.ts";
import { writeOut } from "./write-out.ts";

interface ExplainOptions extends InputOptions {
  readonly rules: readonly string[];
  readonly event?: string;
  readonly json: boolean;
}

const examples = `
RULE is a file, or the id, name or title of a rule of the set.

Examples:
  $ auditflow rules explain failed_login
  $ auditflow rules explain new-rule.yml --rules rules/        within the set that it counts on
  $ auditflow rules explain new-rule.yml --event event.json    whether it matches, and why or why not
  $ tail -1 auth.log | auditflow rules explain failed_login --event -
  $ auditflow rules explain aws.yml --event record.json --logsource product=aws,service=cloudtrail`;

/** \`auditflow rules explain RULE\`: what a rule reads, when it fires, and what it makes of an event. */
export function explainCommand(group: Command, done: (code: number) => void): void {
  const command = group
    .command("explain")
    .description("show what a rule reads and when it fires, and what it makes of an event")
    .argument("<rule>", "a file, or the id, name or title of a rule")
    .option(
      "--rules <path>",
      "file or folder of rules (repeatable; default: those that come along)",
      append,
      [],
    )
    .option(
      "--event <file>",
      "one event as JSON or a line of a log: does it match, and why; - is the standard input",
    )
    .option("--json", "print one JSON document", false);
  addInputOptions(command)
    .addHelpText("after", examples)
    .action(async (rule: string, options: ExplainOptions) => {
      done(await explain(rule, options));
    });
}

function append(value: string, before: readonly string[]): string[] {
  return [...before, value];
}

async function explain(wanted: string, options: ExplainOptions): Promise<number> {
  const file = isFile(wanted) ? wanted : undefined;
  const loaded =
    file === undefined ? await loadRulePaths(options.rules) : await loadFile(file, options.rules);
  const found = file === undefined ? rulesCalled(wanted, loaded) : rulesOf(file, loaded);
  const event = options.event === undefined ? undefined : await readEvent(options.event, options);
  const context: RuleContext = { set: loaded.set, documents: documentsOf(loaded.texts) };
  const explained = found.map((rule) => {
    const explanation = explanationOf(rule, context);
    return event === undefined ? explanation : { ...explanation, event: verdictOf(rule, event, context) };
  });
  if (options.json) await writeOut(`${JSON.stringify({ rules: explained })}\n`);
  else await writeOut(explained.map(explanationText).join("\n\n"));
  return 0;
}

/** A file within the set that is named; without one a correlation finds what it counts in the files beside it. */
async function loadFile(file: string, rules: readonly string[]): Promise<LoadedRules> {
  const loaded = await loadRulePaths([...rules, file]);
  const misses = loaded.set.problems.some(({ field }) => field.startsWith("correlation.rules"));
  if (rules.length > 0 || !misses) return loaded;
  const folder = dirname(file);
  const names = readdirSync(folder).filter((name) => /\.ya?ml$/.test(name) && !isRuleTestName(name));
  return loadRulePaths(names.map((name) => join(folder, name)));
}

function isFile(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isFile() === true;
}

/**
 * The rules of a file.
 * @throws AuditFlowError with their faults when it has no sound one.
 */
function rulesOf(file: string, { set, texts }: LoadedRules): readonly SigmaRule[] {
  if (isRuleTestName(file))
    throw new AuditFlowError("invalid_config", `${file} holds tests: name the rules beside it`);
  const inode = (path: string): string => {
    const { dev, ino } = statSync(path);
    return `${dev} ${ino}`;
  };
  // It may have been found below a folder of --rules, under another path.
  const path = [...texts.keys()].find((one) => inode(one) === inode(file)) ?? file;
  const rules = set.rules.filter((rule) => rule.file === path);
  if (rules.length > 0) return rules;
  const faults = set.problems
    .filter((problem) => problem.file === path)
    .map((problem) => problemLine(problem));
  const told = faults.length > 0 ? `:\n${faults.join("")}` : "; filters and tables are shown with the rules";
  throw new AuditFlowError("invalid_request", `There is no sound rule in ${file}${told.trimEnd()}`);
}

function rulesCalled(wanted: string, { set }: LoadedRules): readonly SigmaRule[] {
  const word = wanted.toLowerCase();
  const found = set.rules.filter(
    ({ id, name, title }) => id === word || name?.toLowerCase() === word || title.toLowerCase() === word,
  );
  if (found.length > 0) return found;
  const close = set.rules.filter(({ title, name }) => `${title} ${name ?? ""}`.toLowerCase().includes(word));
  const names = close.slice(0, 5).map(({ title }) => `"${title}"`);
  const advice =
    names.length > 0
      ? `did you mean ${names.join(" or ")}?`
      : "see auditflow rules list, and name others with --rules";
  throw new AuditFlowError(
    "not_found",
    `No rule of the set has the id, name or title "${wanted}"; ${advice}`,
  );
}

/**
 * The one event of a file.
 * @throws AuditFlowError invalid_request when there is none or more.
 */
async function readEvent(
  file: string,
  options: ExplainOptions,
): Promise<NonNullable<Parameters<typeof verdictOf>[1]>> {
  const records = [];
  for await (const batch of openInput(file, options).batches()) records.push(...batch.records);
  const [first] = records;
  if (first === undefined || records.length > 1) {
    const message = `${file} holds ${records.length} records; give one event, such as the output of head -1`;
    throw new AuditFlowError("invalid_request", message);
  }
  if (first.event !== undefined) return first.event;
  const detail = first.fault?.detail ?? "it is no event";
  throw new AuditFlowError("invalid_request", `${file}: ${detail} (--logsource product=..,service=..)`);
}
