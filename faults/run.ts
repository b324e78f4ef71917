import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { interruption } from "../scripts/servers.ts";
import { cases, smoke } from "./cases.ts";
import { type CaseLine, runCase } from "./run-case.ts";
import { sabotages, sawSabotage } from "./sabotage/sabotages.ts";
import { startRunServers } from "./system/run-servers.ts";

/** What is run, and how. */
export interface FaultRun {
  readonly ids: readonly string[];
  readonly seed: number;
  /** Name of a file of `faults/sabotage` that every process of the product loads first. */
  readonly sabotage?: string | undefined;
  /** Told of each case when it has ended. */
  readonly onLine: (line: CaseLine) => void;
  readonly signal: AbortSignal;
}

/** Runs the cases one after the other on one set of servers; those that an interruption left out are not in the answer. */
export async function runFaults({ ids, seed, sabotage, onLine, signal }: FaultRun): Promise<CaseLine[]> {
  const nodeArguments =
    sabotage === undefined
      ? []
      : ["--import", fileURLToPath(new URL(`./sabotage/${sabotage}.ts`, import.meta.url))];
  const servers = await startRunServers();
  const lines: CaseLine[] = [];
  try {
    for (const id of ids) {
      if (signal.aborted) break;
      const fault = await cases[id]!();
      say(`${id}: ${fault.title}`);
      const line = await runCase(fault, { id, servers, seed, nodeArguments, say });
      lines.push(line);
      onLine(line);
    }
  } finally {
    await servers.stop();
  }
  return lines;
}

function say(text: string): void {
  process.stderr.write(`${text}\n`);
}

function chosen(names: readonly string[]): string[] {
  const ids = names.flatMap((name) => {
    if (name === "all") return Object.keys(cases);
    return name === "smoke" ? smoke : [name.toUpperCase()];
  });
  return [...new Set(ids)];
}

const usage =
  `npm run faults -- smoke|all|F01 F05 ... [--seed N] [--sabotage ${Object.keys(sabotages).join("|")}]\n` +
  "npm run faults -- sabotage [--seed N]   (shows that the cases see each sabotage)\n" +
  `The cases are ${Object.keys(cases).join(" ")}.\n`;

async function main(args: readonly string[]): Promise<number> {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: { seed: { type: "string" }, sabotage: { type: "string" } },
  });
  const seed = Number(values.seed ?? Date.now() % 1_000_000);
  if (positionals.join() === "sabotage") return await proveSabotages(seed, interruption());
  const { sabotage } = values;
  const fitting = sabotage === undefined ? [] : (sabotages[sabotage]?.red ?? []);
  const ids = positionals.length === 0 ? [...fitting] : chosen(positionals);
  if (
    ids.length === 0 ||
    !ids.every((id) => id in cases) ||
    (sabotage !== undefined && !(sabotage in sabotages))
  ) {
    process.stderr.write(usage);
    return 2;
  }
  say(`seed ${seed}`);
  const lines = await runFaults({
    ...{ ids, seed, sabotage, signal: interruption() },
    onLine: (line) => process.stdout.write(`${JSON.stringify(line)}\n`),
  });
  return tell(lines.filter((line) => line.passed).length, ids.length);
}

/** Runs under each sabotage the cases that must see it; one passes when it saw it. */
async function proveSabotages(seed: number, signal: AbortSignal): Promise<number> {
  say(`seed ${seed}`);
  let passed = 0;
  for (const [name, sabotage] of Object.entries(sabotages)) {
    say(`sabotage ${name}: ${sabotage.breaks}`);
    const onLine = (line: CaseLine): void => {
      const turnedRed = sawSabotage(sabotage, line);
      if (turnedRed) passed += 1;
      process.stdout.write(`${JSON.stringify({ sabotage: name, turned_red: turnedRed, ...line })}\n`);
    };
    await runFaults({ ids: sabotage.red, seed, sabotage: name, onLine, signal });
  }
  return tell(passed, Object.values(sabotages).flatMap(({ red }) => red).length);
}

function tell(passed: number, all: number): number {
  process.stdout.write(`${passed} passed, ${all - passed} failed\n`);
  return passed === all ? 0 : 1;
}

if (import.meta.main) process.exitCode = await main(process.argv.slice(2));
