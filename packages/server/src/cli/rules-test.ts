import { existsSync } from "node:fs";
import { relative } from "node:path";
import { AuditFlowError } from "@auditflow/contracts";
import type { RuleSet } from "@auditflow/sigma";
import type { Command } from "commander";
import { offlineAnalyser } from "../app/offline-analyser.ts";
import { rulePack } from "../app/rule-pack.ts";
import { type RuleTest, type RuleTests, readRuleTests } from "../detect/read-rule-tests.ts";
import { isRuleTestName } from "../detect/rule-files.ts";
import { playRuleTest, type RuleTestResult, testedRules } from "../detect/rule-test.ts";
import { printable } from "./printable.ts";
import { startProgress } from "./progress.ts";
import { counted, loadRulePaths, pathsOr, problemLine } from "./rules-paths.ts";
import { readTestRecord } from "./rules-test-records.ts";
import { writeOut } from "./write-out.ts";

interface TestOptions {
  readonly rules: readonly string[];
  readonly requireTests: boolean;
  readonly json: boolean;
}

const examples = `
The tests of NAME.yml stand beside it in NAME.test.yml; a rule file that is named brings its tests along. Exit code 1
when a test fails, or a rule or a test file has a fault.

Examples:
  $ auditflow rules test rules/
  $ auditflow rules test rules/new-rule.yml --rules rules/     one file, within the set that it counts on
  $ auditflow rules test rules/ --require-tests                a rule without any test is a failure`;

/** \`auditflow rules test [PATH...]\`: plays the tests that stand beside rules. */
export function testCommand(group: Command, done: (code: number) => void): void {
  group
    .command("test")
    .description("play the .test.yml files beside the rules")
    .argument("[path...]", "files or folders of rules with their tests (default: those that come along)")
    .option("--rules <path>", "file or folder of the other rules of the set (repeatable)", append, [])
    .option("--require-tests", "a rule without any test is a failure", false)
    .option("--json", "print one JSON document", false)
    .addHelpText("after", examples)
    .action(async (paths: string[], options: TestOptions) => {
      done(await test(paths, options));
    });
}

function append(value: string, before: readonly string[]): string[] {
  return [...before, value];
}

async function test(named: readonly string[], options: TestOptions): Promise<number> {
  const paths = pathsOr(named, rulePack);
  const { set } = await loadRulePaths([...paths.flatMap(rulesOf), ...options.rules]);
  const read = await readRuleTests(paths.flatMap(testsOf), readTestRecord);
  if (read.tests.length === 0 && read.problems.length === 0) throw noTests(paths);
  const results = await playAll(read.tests, set);
  const isNamed = belowAny(paths.flatMap(rulesOf));
  // What is wrong with the rest of the set shows in the cases that need it.
  const problems = [...set.problems.filter(({ file }) => isNamed(file)), ...read.problems];
  const untested = untestedRules(set, { isNamed, read });
  const failed = results.filter(({ misses }) => misses.length > 0).length;
  const totals = { passed: results.length - failed, failed };
  const isUntested = options.requireTests && untested.length > 0;
  if (options.json) {
    await writeOut(`${JSON.stringify({ ...totals, tests: results.map(told), problems, untested })}\n`);
  } else {
    await writeOut(
      problems.map((problem) => problemLine(problem)).join("") + results.map(resultLines).join(""),
    );
    tellUntested(untested, options);
    const faults = problems.length > 0 ? `, ${counted(problems.length, "fault")}` : "";
    process.stderr.write(`${totals.passed} passed, ${totals.failed} failed${faults}\n`);
  }
  return failed > 0 || problems.length > 0 || isUntested ? 1 : 0;
}

/** A test file stands for the rules beside it, which have to be there. */
function rulesOf(path: string): readonly string[] {
  if (!isRuleTestName(path)) return [path];
  const files = ruleEndings.map((ending) => path.replace(/\.test\.ya?ml$/, ending));
  const found = files.filter((file) => existsSync(file));
  return found.length > 0 ? found : files.slice(0, 1);
}

/** A rule file stands for the tests beside it. */
function testsOf(path: string): string[] {
  if (isRuleTestName(path) || !/\.ya?ml$/.test(path)) return [path];
  return ruleEndings
    .map((ending) => path.replace(/\.ya?ml$/, `.test${ending}`))
    .filter((file) => existsSync(file));
}

const ruleEndings = [".yml", ".yaml"];

function noTests(paths: readonly string[]): AuditFlowError {
  const message = `There is no test in ${paths.join(", ")}: the tests of NAME.yml stand beside it in NAME.test.yml`;
  return new AuditFlowError("invalid_config", message);
}

async function playAll(tests: readonly RuleTest[], rules: RuleSet): Promise<RuleTestResult[]> {
  const results: RuleTestResult[] = [];
  const progress = startProgress();
  for (const one of tests) {
    progress.update(`${results.length} of ${tests.length} tests`);
    results.push(await playRuleTest(one, { rules, open: offlineAnalyser }));
  }
  progress.done();
  return results;
}

interface Untested {
  readonly id: string;
  readonly title: string;
  readonly file: string;
  readonly line: number;
}

/** The rules of what was named for which no file of tests was read; those of `--rules` are only surroundings. */
function untestedRules(
  set: RuleSet,
  { isNamed, read }: { readonly isNamed: (file: string) => boolean; readonly read: RuleTests },
): Untested[] {
  const tested = new Set(read.files.flatMap((file) => testedRules({ file }, set)));
  return set.rules
    .filter((rule) => !tested.has(rule) && isNamed(rule.file))
    .map(({ id, title, file, line }) => ({ id, title, file, line }));
}

function belowAny(paths: readonly string[]): (file: string) => boolean {
  return (file) => paths.some((path) => !relative(path, file).startsWith(".."));
}

function told({ test: { name, file, line }, misses, alerts }: RuleTestResult): object {
  return { name, file, line, passed: misses.length === 0, misses, alerts: alerts.length };
}

function resultLines({ test: { name, file, line }, misses }: RuleTestResult): string {
  const mark = misses.length === 0 ? "pass" : "FAIL";
  const details = misses.map(
    ({ what, line: at, expected, got }) =>
      `      ${file}:${at}: ${what}: expected ${printable(expected)}, got ${printable(got)}\n`,
  );
  return `${mark}  ${file}:${line}: ${printable(name)}\n${details.join("")}`;
}

function tellUntested(untested: readonly Untested[], { requireTests }: TestOptions): void {
  const shown = requireTests ? untested : untested.slice(0, 10);
  for (const { file, line, title } of shown)
    process.stderr.write(`untested  ${file}:${line}: ${printable(title)}\n`);
  if (shown.length < untested.length)
    process.stderr.write(`untested  ${untested.length - shown.length} more: see --json or --require-tests\n`);
}
