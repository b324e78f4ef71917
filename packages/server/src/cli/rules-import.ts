import type { Logsource, RuleDocument, RuleProblem, RuleSet, SigmaRule } from "@auditflow/sigma";
import type { Command } from "commander";
import { printable } from "./printable.ts";
import { counted, documentsOf, type LoadedRules, loadRulePaths, problemLine } from "./rules-paths.ts";
import { addSelectOptions, isSelected, logsourcesOf, type SelectOptions } from "./rules-select.ts";
import { writeOut } from "./write-out.ts";

interface ImportOptions extends SelectOptions {
  readonly strict: boolean;
  readonly json: boolean;
}

const examples = `
Copies nothing: it tells what would load. A document without detection, correlation, filter, placeholders or logsource
is no rule. To be told what is refused is no failure: with --strict the exit code is 1 then.

Examples:
  $ auditflow rules import sigma/rules
  $ auditflow rules import sigma/rules placeholders.yml        with values for %placeholders%
  $ auditflow rules import sigma/rules --logsource product=aws --min-level high
  $ auditflow rules import sigma/rules --json | jq '.rules[] | select(.status == "refused")'`;

/** \`auditflow rules import PATH...\`: of every rule whether it loads, and why not. */
export function importCommand(group: Command, done: (code: number) => void): void {
  const command = group
    .command("import")
    .description("tell of every rule of others whether it loads, and why not")
    .argument("<path...>", "files or folders of rules, one set together");
  addSelectOptions(command)
    .option("--strict", "exit code 1 when a rule is refused", false)
    .option("--json", "print one JSON document", false)
    .addHelpText("after", examples)
    .action(async (paths: string[], options: ImportOptions) => {
      done(await importRules(paths, options));
    });
}

/** What became of a document; the file, line and fault of the first refusal are what a person sees. */
interface Account {
  readonly file: string;
  readonly line: number;
  readonly id: string | null;
  readonly title: string | null;
  readonly status: "loaded" | "refused";
  readonly kind: "detection" | "correlation" | "filter" | "unknown";
  readonly logsource: unknown;
  readonly level: string | null;
  readonly author: string | null;
  readonly license?: string;
  readonly reasons: readonly Pick<RuleProblem, "line" | "column" | "field" | "message">[];
}

async function importRules(paths: readonly string[], options: ImportOptions): Promise<number> {
  const loaded = await loadRulePaths(paths);
  const sorted = sortDocuments(loaded);
  const accounts = sorted.rules
    .map(accountWith(loaded.set))
    .filter(({ rule, account }) => {
      const logsources = rule === undefined ? writtenLogsource(account) : logsourcesOf(rule, loaded.set);
      return isSelected({ level: account.level ?? "medium", tags: rule?.tags ?? [], logsources }, options);
    })
    .map(({ account }) => account);
  const refused = accounts.filter(({ status }) => status === "refused");
  const problems = [...loaded.unreadable, ...sorted.tables.flatMap((table) => table.problems)];
  const totals = {
    documents: accounts.length,
    loaded: accounts.length - refused.length,
    refused: refused.length,
    not_rules: sorted.strangers.length,
    placeholder_tables: sorted.tables.length,
  };
  if (options.json) {
    const { filter: filters = [], rule: rules = [] } = Object.groupBy(accounts, ({ kind }) =>
      kind === "filter" ? "filter" : "rule",
    );
    const { warnings } = loaded.set;
    await writeOut(`${JSON.stringify({ ...totals, rules, filters, warnings, problems })}\n`);
  } else {
    await writeOut(totalLines(totals, refused) + problems.map((problem) => problemLine(problem)).join(""));
    tellNext(paths, { ...totals, warnings: loaded.set.warnings.length });
  }
  if (problems.length > 0) return 1;
  return options.strict && refused.length > 0 ? 1 : 0;
}

/** A document with the faults that the set tells of it. */
interface FoundDocument {
  readonly document: RuleDocument;
  readonly problems: readonly RuleProblem[];
}

interface SortedDocuments {
  readonly rules: readonly FoundDocument[];
  readonly tables: readonly FoundDocument[];
  /** Readable, and nothing of a rule in them: descriptions of tests, settings of some tool. */
  readonly strangers: readonly FoundDocument[];
}

function sortDocuments({ texts, set }: LoadedRules): SortedDocuments {
  const problems = Map.groupBy(set.problems, ({ file }) => file);
  const byFile = Map.groupBy(documentsOf(texts), ({ file }) => file);
  const found = [...byFile].flatMap(([file, documents]) => withProblems(documents, problems.get(file) ?? []));
  const kinds = Map.groupBy(found, ({ document }) => sortOf(document));
  const of = (sort: Sort): readonly FoundDocument[] => kinds.get(sort) ?? [];
  return { rules: of("rule"), tables: of("table"), strangers: of("stranger") };
}

/** A fault belongs to the document that it stands in; what stands before the first is the first one's. */
function withProblems(documents: readonly RuleDocument[], problems: readonly RuleProblem[]): FoundDocument[] {
  const owner = (problem: RuleProblem): RuleDocument | undefined =>
    documents.findLast(({ line }) => line <= problem.line) ?? documents[0];
  const owned = Map.groupBy(problems, owner);
  return documents.map((document) => ({ document, problems: owned.get(document) ?? [] }));
}

const sections = ["detection", "correlation", "filter"] as const;

type Sort = "rule" | "table" | "stranger";

function sortOf({ body, problems }: RuleDocument): Sort {
  if ([...sections, "logsource"].some((key) => body[key] !== undefined) || problems.length > 0) return "rule";
  return body.placeholders === undefined ? "stranger" : "table";
}

interface AccountedRule {
  readonly account: Account;
  readonly rule: SigmaRule | undefined;
}

function accountWith({ rules, filters }: RuleSet): (found: FoundDocument) => AccountedRule {
  const placeOf = ({ file, line }: { readonly file: string; readonly line: number }): string =>
    `${file}:${line}`;
  const loadedRules = new Map(rules.map((rule) => [placeOf(rule), rule]));
  const loadedFilters = new Map(filters.map((filter) => [placeOf(filter), filter]));
  return ({ document, problems }) => {
    const { file, line, body } = document;
    const rule = loadedRules.get(placeOf(document));
    const sound = rule ?? loadedFilters.get(placeOf(document));
    const account: Account = {
      ...{ file, line, id: sound?.id ?? textOf(body.id), title: textOf(body.title) },
      status: sound === undefined ? "refused" : "loaded",
      kind: sections.find((section) => body[section] !== undefined) ?? "unknown",
      logsource: body.logsource ?? null,
      level: rule?.level ?? textOf(body.level),
      author: textOf(body.author),
      ...(typeof body.license === "string" ? { license: body.license } : {}),
      reasons: sound === undefined ? problems.map(({ file: _file, ...reason }) => reason) : [],
    };
    return { account, rule };
  };
}

function textOf(written: unknown): string | null {
  return typeof written === "string" ? written : null;
}

/** What a refused rule says of itself. */
function writtenLogsource({ logsource }: Account): Logsource[] {
  return typeof logsource === "object" && logsource !== null ? [logsource] : [];
}

interface Totals {
  readonly documents: number;
  readonly loaded: number;
  readonly refused: number;
  readonly not_rules: number;
  readonly placeholder_tables: number;
}

function totalLines(totals: Totals, refused: readonly Account[]): string {
  const rows = Object.entries(totals)
    .filter(([name, count]) => count > 0 || ["documents", "loaded", "refused"].includes(name))
    .map(([name, count]) => [name.replaceAll("_", " "), String(count)]);
  const byReason = Map.groupBy(refused, ({ reasons: [first] }) => kindOfReason(first?.message ?? ""));
  const reasons = [...byReason]
    .sort(([, a], [, b]) => b.length - a.length)
    .map(([reason, accounts]) => `  ${String(accounts.length).padStart(6)}  ${printable(reason)}\n`);
  const list = refused.map(({ file, reasons: [first], line, title }) => {
    const problem = first ?? { line, column: 1, field: "", message: "refused" };
    return problemLine(
      { file, ...problem, message: firstSentence(problem.message) },
      `${title ?? "untitled"}: `,
    );
  });
  const table = rows.map(([name = "", count = ""]) => `${name.padEnd(18)}  ${count.padStart(6)}\n`).join("");
  return refused.length === 0 ? table : `${table}\nrefused because\n${reasons.join("")}\n${list.join("")}`;
}

/** A reason without the names in it, so that equal ones are counted together. */
function kindOfReason(message: string): string {
  return firstSentence(message).replace(/"[^"]*"|%[^%\s]*%/g, "...");
}

function firstSentence(message: string): string {
  return (message.split("\n")[0] ?? "").split("; ")[0] ?? "";
}

function tellNext(
  paths: readonly string[],
  { loaded, refused, not_rules: strangers, warnings }: Totals & { readonly warnings: number },
): void {
  const told = [
    ...(refused > 0 ? ["every fault"] : []),
    ...(warnings > 0 ? [`${refused > 0 ? "" : "the "}${counted(warnings, "warning")}`] : []),
  ].join(" and ");
  const next = [
    ...(told === "" ? [] : [`${told}: auditflow rules lint ${paths.join(" ")}`]),
    ...(loaded === 0 ? [] : [`try them on a file: auditflow scan FILE --rules ${paths.join(" --rules ")}`]),
    ...(loaded === 0 ? [] : [`use them live: AUDITFLOW_RULES=${paths.join(",")} auditflow serve`]),
    ...(strangers === 0 ? [] : ["what is no rule is a fault when it runs: name only folders of rules then"]),
  ];
  process.stderr.write(next.map((line) => `${line}\n`).join(""));
}
