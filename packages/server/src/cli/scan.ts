import { type Alert, type AuditEvent, AuditFlowError } from "@auditflow/contracts";
import { type Level, levels, type RuleSet } from "@auditflow/sigma";
import { type Command, Option } from "commander";
import { rulePack } from "../app/rule-pack.ts";
import type { Match } from "../detect/evaluate.ts";
import { loadRuleFolders } from "../detect/rule-set.ts";
import type { ReadRecord } from "../ingest/read-records.ts";
import { addInputOptions, type Input, type InputOptions, openInput } from "./input.ts";
import { printable } from "./printable.ts";
import { share, startProgress } from "./progress.ts";
import { problemLine } from "./rules-paths.ts";
import {
  type Change,
  changedCell,
  changeLine,
  compareAlerts,
  compareMatches,
  type RuleTotals,
  ruleTable,
} from "./scan-compare.ts";
import { createScanSide, type ScanSide } from "./scan-side.ts";
import { formatTable } from "./table.ts";
import { writeOut } from "./write-out.ts";

interface ScanOptions extends InputOptions {
  readonly rules: readonly string[];
  readonly compare: readonly string[];
  readonly output: "table" | "jsonl";
  readonly matches: boolean;
  readonly failOn?: Level;
}

/** The exit code when an alert reaches `--fail-on`. */
const alertsFound = 3;

const examples = `
Examples:
  $ auditflow scan /var/log/auth.log
  $ zcat old.log.gz | auditflow scan - --year 2024 --tz Europe/Berlin --output jsonl
  $ auditflow scan cloudtrail.json --logsource product=aws,service=cloudtrail --rules ./sigma/rules --matches
  $ auditflow scan auth.log --rules rules --compare new-rules     alerts won, lost and changed
  $ auditflow scan events.jsonl --fail-on high       exit code 3 when an alert is high or critical`;

/** \`auditflow scan FILE...\`: runs rules over files, without any server. */
export function scanCommand(program: Command, done: (code: number) => void): void {
  const command = program
    .command("scan")
    .description("run the rules over files and show the alerts, without any server")
    .argument("<file...>", "text, JSON lines, JSON arrays or objects, plain or gzip; - is the standard input")
    .option("--rules <path>", "file or folder of Sigma rules instead of the pack (repeatable)", append, [])
    .option("--compare <path>", "show which alerts these rules win and lose instead (repeatable)", append, [])
    .addOption(
      new Option("--output <format>", "how alerts are shown").choices(["table", "jsonl"]).default("table"),
    )
    .option("--matches", "show each line that a detection rule matched, instead of the alerts", false)
    .addOption(
      new Option("--fail-on <level>", `exit with ${alertsFound} when an alert reaches this`).choices(levels),
    );
  addInputOptions(command).addHelpText("after", examples);
  command.action(async (files: string[], options: ScanOptions) => {
    done(await scan(files, options));
  });
}

function append(value: string, before: readonly string[]): string[] {
  return [...before, value];
}

interface Totals {
  events: number;
  faults: number;
}

async function scan(files: readonly string[], options: ScanOptions): Promise<number> {
  const started = performance.now();
  const inputs = files.map((file) => openInput(file, options));
  const first = await openSide(options.rules.length > 0 ? options.rules : [rulePack], options);
  const other = options.compare.length > 0 ? await openSide(options.compare, options) : undefined;
  const totals: Totals = { events: 0, faults: 0 };
  for (const input of inputs) await scanInput(input, { first, other, totals, options });
  const found = await first.finish();
  const seconds = (performance.now() - started) / 1000;
  if (other !== undefined)
    return await tellComparison(found, await other.finish(), { totals, seconds, options });
  if (!options.matches) await showAlerts(found, options.output);
  tellTotals({ ...totals, ...first.totals }, found.length, seconds);
  return reaches(found, options.failOn) ? alertsFound : 0;
}

async function openSide(paths: readonly string[], { matches }: ScanOptions): Promise<ScanSide> {
  const rules = await loadRuleFolders(paths);
  tellProblems(rules, paths);
  return createScanSide(rules, matches);
}

function tellProblems({ rules, problems }: RuleSet, paths: readonly string[]): void {
  for (const problem of problems) process.stderr.write(problemLine(problem));
  if (rules.length > 0) return;
  const message = `No rule could be loaded from ${paths.join(", ")}: name files or folders of rules`;
  throw new AuditFlowError("invalid_config", message);
}

interface Scan {
  readonly first: ScanSide;
  /** The rules to compare with. */
  readonly other: ScanSide | undefined;
  readonly totals: Totals;
  readonly options: ScanOptions;
}

/** Where the events of a batch stand; their lines are noted only where somebody wants to be told. */
interface Place {
  readonly file: string;
  readonly lines: Map<object, number> | undefined;
}

async function scanInput(input: Input, { first, other, totals, options }: Scan): Promise<void> {
  const progress = startProgress();
  for await (const { records, bytesRead } of input.batches()) {
    const place: Place = { file: input.name, lines: options.matches ? new Map() : undefined };
    const events = eventsOf(records, place, totals);
    const matches = await first.take(events);
    const others = await other?.take(events);
    if (options.matches) await writeOut(matchLines(matches, others, place));
    progress.update(`${input.name}: ${totals.events} events${share(bytesRead, input.size)}`);
  }
  progress.done();
}

function matchLines(matches: readonly Match[], others: readonly Match[] | undefined, place: Place): string {
  if (others === undefined) return matches.map((match) => `${JSON.stringify(told(match, place))}\n`).join("");
  return compareMatches(matches, others)
    .map(({ change, match }) => `${JSON.stringify({ change, ...told(match, place) })}\n`)
    .join("");
}

function told({ rule, event }: Match, { file, lines }: Place): object {
  return { file, line: lines?.get(event) ?? 0, rule_id: rule.id, rule_title: rule.title, level: rule.level };
}

function eventsOf(records: readonly ReadRecord[], { file, lines }: Place, totals: Totals): AuditEvent[] {
  const events: AuditEvent[] = [];
  for (const { event, fault, line } of records) {
    if (event !== undefined) events.push(event);
    if (event !== undefined) lines?.set(event, line);
    if (fault === undefined) continue;
    totals.faults += 1;
    process.stderr.write(`${file}:${line}: refused: ${fault.detail} (${fault.code})\n`);
  }
  totals.events += events.length;
  return events;
}

async function showAlerts(alerts: readonly Alert[], output: ScanOptions["output"]): Promise<void> {
  if (output === "jsonl") {
    for (const alert of alerts) await writeOut(`${JSON.stringify(alert)}\n`);
    return;
  }
  if (alerts.length > 0) await writeOut(formatTable(head, alerts.map(row)));
}

const head = ["FIRST EVENT", "LAST EVENT", "SEVERITY", "COUNT", "WHO", "ADDRESS", "WHERE", "ALERT"];

function row(alert: Alert): string[] {
  const { triggered_by: by, impacted_resource: on } = alert;
  return [
    alert.first_event_at,
    alert.last_event_at,
    alert.severity,
    String(alert.count),
    printable(by.actor_id),
    printable(by.actor_type === "address" ? "" : (by.client_ip ?? "")),
    printable(on.resource_type === "host" ? on.server_hostname : `${on.server_hostname}:${on.resource_id}`),
    printable(alert.alert_name),
  ];
}

async function tellComparison(
  first: readonly Alert[],
  other: readonly Alert[],
  {
    totals,
    seconds,
    options,
  }: { readonly totals: Totals; readonly seconds: number; readonly options: ScanOptions },
): Promise<number> {
  const { changes, rules } = compareAlerts(first, other);
  if (!options.matches) await showChanges(changes, rules, options.output);
  const count = (wanted: Change["change"]): number =>
    changes.filter(({ change }) => change === wanted).length;
  process.stderr.write(
    `${totals.events} events, ${seconds.toFixed(2)} seconds, ${first.length} alerts, ${other.length} with the other rules: ` +
      `${count("won")} won, ${count("lost")} lost, ${count("changed")} changed${refusedText(totals)}\n`,
  );
  const moved = changes.filter(({ change }) => change !== "changed").map(({ alert }) => alert);
  return reaches(moved, options.failOn) ? alertsFound : 0;
}

async function showChanges(
  changes: readonly Change[],
  rules: readonly RuleTotals[],
  output: ScanOptions["output"],
): Promise<void> {
  if (output === "jsonl") {
    for (const change of changes) await writeOut(changeLine(change));
    return;
  }
  const rows = changes.map(({ change, alert, before }) => {
    const was = before === undefined ? [] : row(before);
    return [
      change,
      ...row(alert).map((cell, column) => changedCell(isCompared(column) ? was[column] : undefined, cell)),
    ];
  });
  if (rows.length > 0) await writeOut(`${formatTable(["CHANGE", ...head], rows)}\n`);
  if (rules.length > 0) await writeOut(ruleTable(rules));
}

function isCompared(column: number): boolean {
  return ["SEVERITY", "COUNT"].includes(head[column] ?? "");
}

function tellTotals(totals: Totals & ScanSide["totals"], alerts: number, seconds: number): void {
  const rate = Math.round(totals.events / Math.max(seconds, 0.001));
  const late = totals.late > 0 ? `, ${totals.late} too late for a window` : "";
  process.stderr.write(
    `${totals.events} events, ${totals.matches} matches, ${alerts} alerts, ${seconds.toFixed(2)} seconds, ` +
      `${rate} events/s${refusedText(totals)}${late}\n`,
  );
}

function refusedText({ faults }: Totals): string {
  return faults > 0 ? `, ${faults} refused` : "";
}

function reaches(alerts: readonly Alert[], level: Level | undefined): boolean {
  if (level === undefined) return false;
  const severities: readonly string[] = ["INFO", "LOW", "MEDIUM", "HIGH", "CRITICAL"];
  return alerts.some(({ severity }) => severities.indexOf(severity) >= levels.indexOf(level));
}
