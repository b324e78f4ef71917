import { setTimeout as delay } from "node:timers/promises";
import { type GeneratorRate, type GeneratorStatus, type RateShape, rateShapes } from "@auditflow/contracts";
import { type Command, InvalidArgumentError, Option } from "commander";
import { askGenerator } from "./ask-generator.ts";
import { addServerOptions, connectServer, type Server, type ServerOptions } from "./connect-server.ts";
import { formatTable } from "./table.ts";
import { writeOut } from "./write-out.ts";

interface RateOptions extends ServerOptions {
  readonly shape?: RateShape;
  readonly period?: number;
  readonly burstFactor?: number;
  readonly seed?: number;
  readonly pause?: true;
  readonly resume?: true;
  readonly watchFor: number;
  readonly json: boolean;
}

const examples = `
Examples:
  $ auditflow rate                                   what the generator is told to do, and what it does
  $ auditflow rate 50                                50 events a second
  $ auditflow rate 0.2                               one every five seconds; 0 is silence
  $ auditflow rate 1000 --shape ramp --period 60     in a minute from the rate now to 1,000
  $ auditflow rate 20 --shape burst --burst-factor 10
  $ auditflow rate --pause                           and --resume
  $ auditflow rate 50 --seed 7 --url http://generator:5000`;

/** \`auditflow rate [N]\`: shows or sets how many synthetic events a running AuditFlow makes. */
export function rateCommand(program: Command, done: (code: number) => void): void {
  const command = program
    .command("rate")
    .description("show or set how many synthetic events a second are made")
    .argument("[events-per-second]", "0 to 50,000, fractions too; left out: show the rate", numberFrom(0))
    .addOption(new Option("--shape <shape>", "how the rate runs over time").choices(rateShapes))
    .option("--period <seconds>", "how long a ramp takes, or from burst to burst", numberFrom(1))
    .option("--burst-factor <factor>", "how many times the rate a burst has", numberFrom(1))
    .addOption(new Option("--pause", "make none until --resume").conflicts("resume"))
    .option("--resume", "go on after --pause")
    .option("--seed <number>", "start the random numbers anew from here", numberFrom(0))
    .option("--watch-for <seconds>", "how long to count what is really reached", numberFrom(0), 3)
    .option("--json", "print the generator's status as JSON", false);
  addServerOptions(command).addHelpText("after", examples);
  command.action(async (events: number | undefined, options: RateOptions) => {
    const server = connectServer(options);
    const change = changeOf(events, options);
    await (Object.keys(change).length === 0 ? show(server, options) : set(server, change, options));
    done(0);
  });
}

function numberFrom(least: number): (text: string) => number {
  return (text) => {
    const value = text.trim() === "" ? Number.NaN : Number(text);
    if (Number.isFinite(value) && value >= least) return value;
    throw new InvalidArgumentError(`"${text}" is no number from ${least} on`);
  };
}

function changeOf(events: number | undefined, options: RateOptions): GeneratorRate {
  const { shape, period, burstFactor, seed, pause, resume } = options;
  const paused = pause === true ? true : resume === true ? false : undefined;
  const change = {
    events_per_second: events,
    shape,
    period_seconds: period,
    burst_factor: burstFactor,
    seed,
    paused,
  };
  return Object.fromEntries(Object.entries(change).filter(([, value]) => value !== undefined));
}

async function show(server: Server, { json }: RateOptions): Promise<void> {
  const status = await askGenerator<GeneratorStatus>(server, "rate");
  if (json) return await writeOut(`${JSON.stringify(status)}\n`);
  await writeOut(formatTable(["GENERATOR", ""], rowsOf(status)));
}

function rowsOf(status: GeneratorStatus): string[][] {
  const { backlog } = status;
  return [
    ["events per second", `${status.events_per_second}${status.paused ? " (paused)" : ""}`],
    ["reached lately", `${rounded(status.actual_events_per_second)} events/s${heldDown(status)}`],
    ["shape", shapeInWords(status)],
    ["generated", String(status.generated)],
    ["skipped", String(status.skipped)],
    ["waiting here", String(status.buffered)],
    ["waiting for readers", backlog === null ? "not known" : `${backlog} messages`],
    ["seed", String(status.seed)],
  ];
}

function shapeInWords({ shape, period_seconds, burst_factor }: GeneratorStatus): string {
  if (shape === "ramp") return `ramp over ${period_seconds} s`;
  if (shape === "burst") return `burst of ${burst_factor} times the rate, every ${period_seconds} s`;
  return "constant";
}

const limits = {
  backlog: (status: GeneratorStatus) =>
    `; held down because ${status.backlog ?? "too many"} messages wait for their readers`,
  transport: (status: GeneratorStatus) =>
    `; held down because the transport takes none, ${status.buffered} events wait: see /healthz`,
} as const;

function heldDown(status: GeneratorStatus): string {
  return status.limited_by === null ? "" : limits[status.limited_by](status);
}

async function set(server: Server, change: GeneratorRate, options: RateOptions): Promise<void> {
  const before = await askGenerator<GeneratorStatus>(server, "rate");
  const from = await askGenerator<GeneratorStatus>(server, "rate", { method: "PUT", body: change });
  const started = performance.now();
  // Silence need not be counted.
  await delay(from.paused || from.events_per_second === 0 ? 0 : options.watchFor * 1000);
  const to = await askGenerator<GeneratorStatus>(server, "rate");
  const seconds = (performance.now() - started) / 1000;
  const reached = rounded((to.generated - from.generated) / Math.max(seconds, 0.001));
  if (options.json) {
    await writeOut(`${JSON.stringify({ ...to, reached_events_per_second: reached })}\n`);
    return;
  }
  const was = before.paused ? "paused" : String(before.events_per_second);
  await writeOut(`${inOneLine(to, was)}${reachedInWords(to, { reached, seconds })}\n`);
}

function inOneLine(status: GeneratorStatus, was: string): string {
  const rate = `${status.events_per_second} events/s, ${shapeInWords(status)}`;
  return status.paused ? `Paused (${rate} after --resume)` : `${rate} (was ${was})`;
}

function reachedInWords(
  status: GeneratorStatus,
  { reached, seconds }: { readonly reached: number; readonly seconds: number },
): string {
  if (status.paused || status.events_per_second === 0 || seconds < 0.5) return heldDown(status);
  return `: ${reached} events/s reached over ${seconds.toFixed(1)} s${heldDown(status)}`;
}

/** Three digits where there are fractions. */
function rounded(rate: number): number {
  return rate >= 100 ? Math.round(rate) : Number(rate.toPrecision(3));
}
