import { type Alert, AuditFlowError } from "@auditflow/contracts";
import { type Level, levels, type RuleSet } from "@auditflow/sigma";
import { type Command, Option } from "commander";
import { offlineAnalyser } from "../app/offline-analyser.ts";
import { rulePack } from "../app/rule-pack.ts";
import type { Analyser } from "../detect/analyser.ts";
import type { Match } from "../detect/evaluate.ts";
import { loadRuleFolders } from "../detect/rule-set.ts";
import type { ReadRecord } from "../ingest/read-records.ts";
import { addInputOptions, type Input, type InputOptions, openInput } from "./input.ts";
import { printable } from "./printable.ts";
import { share, startProgress } from "./progress.ts";
import { formatTable } from "./table.ts";
import { writeOut } from "./write-out.ts";

interface ScanOptions extends InputOptions {
  readonly rules: readonly string[];
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
  $ auditflow scan events.jsonl --fail-on high       exit code 3 when an alert is high or critical`;

/** \`auditflow scan FILE...\`: runs rules over files, without any server. */
export function scanCommand(program: Command, done: (code: number) => void): void {
  const command = program
    .command("scan")
    .description("run the rules over files and show the alerts, without any server")
    .argument("<file...>", "text, JSON lines, JSON arrays or objects, plain or gzip; - is the standard input")
    .option("--rules <folder>", "folder of Sigma rules instead of the pack (repeatable)", append, [])
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
  matches: number;
  late: number;
}

async function scan(files: readonly string[], options: ScanOptions): Promise<number> {
  const started = performance.now();
  const inputs = files.map((file) => openInput(file, options));
  const rules = await loadRuleFolders(options.rules.length > 0 ? options.rules : [rulePack]);
  tellProblems(rules);
  const totals: Totals = { events: 0, faults: 0, matches: 0, late: 0 };
  const alerts = new Map<string, Alert>();
  const scanner = createScanner(rules, options, totals);
  for (const input of inputs) {
    for (const alert of await scanner.scanInput(input)) keepLatest(alerts, alert);
  }
  for (const alert of await scanner.analyser.flush()) keepLatest(alerts, alert);
  const found = [...alerts.values()].filter(({ merged_into }) => merged_into === undefined).sort(byTime);
  if (!options.matches) await showAlerts(found, options.output);
  tellTotals(totals, found.length, (performance.now() - started) / 1000);
  return reaches(found, options.failOn) ? alertsFound : 0;
}

function tellProblems({ rules, problems }: RuleSet): void {
  for (const { file, line, column, field, message } of problems) {
    process.stderr.write(`${file}:${line}:${column}: ${field === "" ? "" : `${field}: `}${message}\n`);
  }
  if (rules.length === 0)
    throw new AuditFlowError("invalid_config", "No rule could be loaded: name a folder with --rules");
}

interface Scanner {
  readonly analyser: Analyser;
  scanInput(input: Input): Promise<readonly Alert[]>;
}

function createScanner(rules: RuleSet, options: ScanOptions, totals: Totals): Scanner {
  let place: { file: string; lines: Map<object, number> } = { file: "", lines: new Map() };
  let pending: string[] = [];
  const analyser = offlineAnalyser({
    rules,
    onMatch: (match) => {
      totals.matches += 1;
      if (options.matches) pending.push(matchLine(match, place.file, place.lines.get(match.event) ?? 0));
    },
    onSkip: (reason) => {
      if (reason === "late") totals.late += 1;
    },
  });
  const scanInput = async (input: Input): Promise<readonly Alert[]> => {
    const alerts: Alert[] = [];
    const progress = startProgress();
    for await (const { records, bytesRead } of input.batches()) {
      place = { file: input.name, lines: new Map() };
      const events = records.flatMap((record) => eventOf(record, place, totals));
      const batch = await analyser.take(events);
      analyser.confirm(batch);
      alerts.push(...batch);
      await writeOut(pending.join(""));
      pending = [];
      progress.update(`${input.name}: ${totals.events} events${share(bytesRead, input.size)}`);
    }
    progress.done();
    return alerts;
  };
  return { analyser, scanInput };
}

function eventOf(
  { event, fault, line }: ReadRecord,
  place: { readonly file: string; readonly lines: Map<object, number> },
  totals: Totals,
): NonNullable<ReadRecord["event"]>[] {
  if (fault !== undefined) {
    totals.faults += 1;
    process.stderr.write(`${place.file}:${line}: refused: ${fault.detail} (${fault.code})\n`);
  }
  if (event === undefined) return [];
  totals.events += 1;
  place.lines.set(event, line);
  return [event];
}

function matchLine({ rule }: Match, file: string, line: number): string {
  return `${JSON.stringify({ file, line, rule_id: rule.id, rule_title: rule.title, level: rule.level })}\n`;
}

function keepLatest(alerts: Map<string, Alert>, alert: Alert): void {
  const known = alerts.get(alert.alert_id);
  if (known === undefined || alert.revision >= known.revision) alerts.set(alert.alert_id, alert);
}

function byTime(a: Alert, b: Alert): number {
  return a.first_event_at.localeCompare(b.first_event_at) || a.alert_id.localeCompare(b.alert_id);
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

function tellTotals(totals: Totals, alerts: number, seconds: number): void {
  const rate = Math.round(totals.events / Math.max(seconds, 0.001));
  const refused = totals.faults > 0 ? `, ${totals.faults} refused` : "";
  const late = totals.late > 0 ? `, ${totals.late} too late for a window` : "";
  process.stderr.write(
    `${totals.events} events, ${totals.matches} matches, ${alerts} alerts, ${seconds.toFixed(2)} seconds, ` +
      `${rate} events/s${refused}${late}\n`,
  );
}

function reaches(alerts: readonly Alert[], level: Level | undefined): boolean {
  if (level === undefined) return false;
  const severities: readonly string[] = ["INFO", "LOW", "MEDIUM", "HIGH", "CRITICAL"];
  return alerts.some(({ severity }) => severities.indexOf(severity) >= levels.indexOf(level));
}
