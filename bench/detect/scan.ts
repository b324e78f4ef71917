import { createWriteStream } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import type { Alert } from "@auditflow/contracts";
import type { RuleSet } from "@auditflow/sigma";
import { offlineAnalyser } from "../../packages/server/src/app/offline-analyser.ts";
import { rulePack } from "../../packages/server/src/app/rule-pack.ts";
import { loadRuleFolders } from "../../packages/server/src/detect/rule-set.ts";
import { readRecords } from "../../packages/server/src/ingest/read-records.ts";
import { runCommand } from "../../scripts/run-command.ts";
import { atLeast, type Goal } from "../report.ts";
import type { Length } from "../run.ts";
import { median } from "./rates.ts";
import { sshdLines } from "./sshd-lines.ts";

const lines = 500_000;
const checkedLines = 20_000;

/** How often the programs run in turns; fail2ban-regex, which takes long, only in so many of the rounds. */
const rounds = { quick: { all: 3, slow: 1 }, full: { all: 5, slow: 3 } } as const;

/**
 * `auditflow scan` of half a million lines of sshd with the rules of the product, in turns with SEC and one rule and
 * with fail2ban-regex and its filter: each a process of its own from start to end.
 */
export async function scanBesideOthers(length: Length): Promise<readonly Goal[]> {
  const folder = await mkdtemp(join(tmpdir(), "auditflow-bench-"));
  try {
    const small = await writeLines(join(folder, "small.log"), checkedLines);
    await expectReferenceAlerts(small);
    const log = await writeLines(join(folder, "sshd.log"), lines);
    const configuration = join(folder, "one-rule.sec");
    await writeFile(configuration, secRule);
    return goals(await inTurns(commandsOf(log, configuration), length));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function writeLines(file: string, count: number): Promise<string> {
  const text = sshdLines(count).map((line) => `${line}\n`);
  await pipeline(text, createWriteStream(file));
  return file;
}

/** Five failed passwords from one address within five minutes: the first of the product's own rules. */
const secRule = `type=SingleWithThreshold
ptype=RegExp
pattern=sshd\\[\\d+\\]: Failed \\S+ for (?:invalid user )?(\\S+) from (\\S+) port
desc=Burst from $2
action=write - burst $2
window=300
thresh=5
`;

const programs = ["scan", "sec", "fail2ban"] as const;
type Program = (typeof programs)[number];

/** What a program says when it read the lines and found what it looks for: to be fast and see nothing is no feat. */
const proofs: Readonly<Record<Program, RegExp>> = {
  scan: new RegExp(`^${lines} events, [1-9]\\d* matches, [1-9]\\d* alerts`, "m"),
  sec: /^burst \d/m,
  fail2ban: /Lines: \d+ lines, \d+ ignored, [1-9]\d* matched/,
};
type Commands = Readonly<Record<Program, readonly string[]>>;

function commandsOf(log: string, configuration: string): Commands {
  return {
    scan: scanCommand(log),
    sec: ["sec", `--conf=${configuration}`, `--input=${log}`, "--fromstart", "--notail", "--quiet"],
    fail2ban: ["fail2ban-regex", log, "sshd"],
  };
}

/** The stamps of the lines have no year and no zone. */
const zone = { year: 2025, timeZone: "UTC" } as const;

function scanCommand(log: string): string[] {
  const node = [process.execPath, "--conditions=auditflow-source", "packages/server/src/main.ts"];
  return [...node, "scan", log, "--year", String(zone.year), "--tz", zone.timeZone, "--output", "jsonl"];
}

interface Run {
  readonly seconds: number;
  /** User and system time of the process and its children. */
  readonly processorSeconds: number;
  readonly output: string;
}

/** undefined: the program is not installed. */
async function run(command: readonly string[]): Promise<Run | undefined> {
  const timed = 'TIMEFORMAT="took %R %U %S"; command -v -- "$1" >/dev/null || exit 127; time "$@"';
  const { code, output } = await runCommand(["bash", "-c", timed, "bash", ...command], {
    output: "keep",
    seconds: 300,
  });
  if (code === 127) return undefined;
  const took = /^took ([\d.]+) ([\d.]+) ([\d.]+)$/m.exec(output)?.slice(1).map(Number);
  if (code !== 0 || took === undefined)
    throw new Error(`${command.join(" ")} failed: ${output.slice(-2000)}`);
  return { seconds: took[0]!, processorSeconds: took[1]! + took[2]!, output };
}

type Runs = Readonly<Record<Program, Run[]>>;

async function inTurns(commands: Commands, length: Length): Promise<Runs> {
  const runs: Runs = { scan: [], sec: [], fail2ban: [] };
  for (let round = 0; round < rounds[length].all; round += 1) {
    // Whoever comes first finds the other's file cold: each begins once.
    const order = round % 2 === 0 ? programs : programs.toReversed();
    for (const program of order) {
      if (program === "fail2ban" && round >= rounds[length].slow) continue;
      const found = await run(commands[program]);
      if (found === undefined) continue;
      if (!proofs[program].test(found.output))
        throw new Error(`${program} found nothing: ${found.output.slice(-500)}`);
      runs[program].push(found);
    }
  }
  for (const program of programs) tell(program, runs[program]);
  if (runs.sec.length > 0) {
    const ratio = processor(runs.sec) / processor(runs.scan);
    process.stderr.write(`scan beside sec by processor time: ${ratio.toFixed(3)}\n`);
  }
  return runs;
}

const absent =
  "is not installed, so there is nothing to compare with: apt-get install --no-install-recommends sec fail2ban";

function tell(program: Program, runs: readonly Run[]): void {
  const sentence =
    runs.length === 0
      ? `${program} ${absent}`
      : `${program}: ${Math.round(rate(runs))} lines/s, ${median(runs.map(({ seconds }) => seconds)).toFixed(2)} s and ` +
        `${processor(runs).toFixed(2)} s of processor time, ` +
        `medians of ${runs.length} runs over ${lines} lines`;
  process.stderr.write(`${sentence}\n`);
}

const processor = (runs: readonly Run[]): number =>
  median(runs.map(({ processorSeconds }) => processorSeconds));

/** Lines a second of a program that was run; 0 for one that was not. */
function rate(runs: readonly Run[]): number {
  return runs.length === 0 ? 0 : lines / median(runs.map(({ seconds }) => seconds));
}

function goals({ scan, sec, fail2ban }: Runs): Goal[] {
  const ours = rate(scan);
  const of = (other: readonly Run[]): number => (other.length === 0 ? 0 : ours / rate(other));
  return [
    atLeast({ name: "detect: scan of sshd lines", value: ours, unit: "lines/s", goal: 250_000 }),
    atLeast({ name: "detect: scan beside SEC with one rule", value: of(sec), unit: "ratio", goal: 1 }),
    atLeast({ name: "detect: scan beside fail2ban-regex", value: of(fail2ban), unit: "ratio", goal: 1 }),
  ];
}

/**
 * Scans a small file as a process and compares its alerts with those of the slow reference: one event after the other,
 * every rule that applies asked.
 */
async function expectReferenceAlerts(log: string): Promise<void> {
  const found = await run(scanCommand(log));
  const lines = found?.output.split("\n").filter((line) => line.startsWith("{")) ?? [];
  const alerts = factsOf(lines.map((line) => JSON.parse(line) as Alert));
  const wanted = factsOf(await referenceAlerts(log));
  if (wanted.length === 0 || JSON.stringify(alerts) !== JSON.stringify(wanted)) {
    throw new Error(`the scan found ${alerts.length} alerts, the reference ${wanted.length}, or others`);
  }
  process.stderr.write(
    `scan: its ${alerts.length} alerts of ${checkedLines} lines are those of the reference\n`,
  );
}

async function referenceAlerts(log: string): Promise<Alert[]> {
  const analyser = offlineAnalyser({ rules: withoutNeeds(await loadRuleFolders([rulePack])) });
  const alerts: Alert[] = [];
  for await (const { records } of readRecords(log, { ...zone, source: log, now: Date.now() })) {
    for (const { event } of records) {
      const told = event === undefined ? [] : await analyser.take([event]);
      analyser.confirm(told);
      alerts.push(...told);
    }
  }
  alerts.push(...(await analyser.flush()));
  const latest = new Map(alerts.map((alert) => [alert.alert_id, alert]));
  return [...latest.values()].filter(({ merged_into }) => merged_into === undefined);
}

/** A rule that says nothing of what it needs is asked about every event that it applies to. */
function withoutNeeds(set: RuleSet): RuleSet {
  return {
    ...set,
    rules: set.rules.map((rule) => (rule.kind === "detection" ? { ...rule, needs: undefined } : rule)),
  };
}

/** What of the alerts does not depend on when and in which portions the file was read. */
function factsOf(alerts: readonly Alert[]): unknown[] {
  return alerts
    .map((alert) => [alert.alert_id, alert.count, alert.first_event_at, alert.last_event_at, alert.evidence])
    .sort(([a], [b]) => String(a).localeCompare(String(b)));
}
