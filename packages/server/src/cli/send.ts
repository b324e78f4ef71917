import { setTimeout as delay } from "node:timers/promises";
import { type AuditEvent, AuditFlowError, type IntakeResult, limits } from "@auditflow/contracts";
import { type Command, InvalidArgumentError } from "commander";
import type { ReadRecord } from "../ingest/read-records.ts";
import { addServerOptions, connectServer, type Server, type ServerOptions } from "./connect-server.ts";
import { addInputOptions, type Input, type InputOptions, openInput } from "./input.ts";
import { feedFromOmprog } from "./omprog-feed.ts";
import { postEvents } from "./post-events.ts";
import { share, startProgress } from "./progress.ts";
import { writeOut } from "./write-out.ts";

interface SendOptions extends InputOptions, ServerOptions {
  readonly retryFor: number;
  readonly omprog: boolean;
}

const examples = `
Examples:
  $ auditflow send /var/log/auth.log
  $ journalctl -f -o short-iso | auditflow send - --retry-for forever
  $ auditflow send events.jsonl --url http://gateway:5002
  $ AUDITFLOW_TOKEN=... auditflow send - --url https://auditflow.example < events.jsonl`;

/** \`auditflow send FILE|-\`: sends the records of files to a gateway, each exactly as \`scan\` would see it. */
export function sendCommand(program: Command, done: (code: number) => void): void {
  const command = program
    .command("send")
    .description("send the records of files to a running AuditFlow")
    .argument("<file...>", "text, JSON lines, JSON arrays or objects, plain or gzip; - is the standard input")
    .option(
      "--retry-for <seconds>",
      "how long to try again while it does not answer; or the word forever",
      parseSeconds,
      60,
    )
    .option("--omprog", "with -, speak rsyslog's omprog protocol: docs/how-to/collect-logs.md", false);
  addServerOptions(addInputOptions(command)).addHelpText("after", examples);
  command.action(async (files: string[], options: SendOptions) => {
    done(options.omprog ? await feed(files, options) : await send(files, options));
  });
}

function parseSeconds(text: string): number {
  const seconds = text === "forever" ? Number.POSITIVE_INFINITY : Number(text);
  if (text.trim() === "" || !(seconds >= 0)) throw new InvalidArgumentError("it is a number, or forever");
  return seconds;
}

async function feed(files: readonly string[], options: SendOptions): Promise<number> {
  if (files.join() !== "-")
    throw new AuditFlowError("invalid_config", "--omprog reads the standard input only: name -");
  await feedFromOmprog({
    lines: process.stdin,
    answer: (line) => writeOut(`${line}\n`),
    complain: (words) => process.stderr.write(`${words}\n`),
    server: connectServer(options),
    input: options,
  });
  return 0;
}

interface Totals {
  accepted: number;
  rejected: number;
}

/** Where requests go. */
interface Target {
  readonly options: SendOptions;
  readonly totals: Totals;
  readonly server: Server;
}

async function send(files: readonly string[], options: SendOptions): Promise<number> {
  const started = performance.now();
  const inputs = files.map((file) => openInput(file, options));
  const totals: Totals = { accepted: 0, rejected: 0 };
  const target: Target = { options, totals, server: connectServer(options) };
  for (const input of inputs) await sendInput(input, target);
  const seconds = (performance.now() - started) / 1000;
  const rate = Math.round(totals.accepted / Math.max(seconds, 0.001));
  process.stderr.write(
    `${totals.accepted} events accepted, ${totals.rejected} refused, ${seconds.toFixed(2)} seconds, ${rate} events/s\n`,
  );
  return totals.rejected === 0 ? 0 : 1;
}

async function sendInput(input: Input, target: Target): Promise<void> {
  const progress = startProgress();
  for await (const { records, bytesRead } of input.batches()) {
    for (const part of requests(records)) {
      for (const { line, fault } of part) {
        if (fault !== undefined) refused(target, `${input.name}:${line}`, `${fault.detail} (${fault.code})`);
      }
      const events = part.filter((record): record is Sendable => record.event !== undefined);
      if (events.length > 0) await post(input.name, events, target);
    }
    progress.update(`${input.name}: ${target.totals.accepted} events${share(bytesRead, input.size)}`);
  }
  progress.done();
}

type Sendable = ReadRecord & { readonly event: AuditEvent };

function refused({ totals }: Target, where: string, why: string): void {
  totals.rejected += 1;
  process.stderr.write(`${where}: refused: ${why}
`);
}

/** Fewer than intake takes: who waits for the answer sees progress. */
const eventsAtOnce = 1000;

/** Cuts records into requests within the limits of intake; sizes are estimates from above. */
function* requests(records: readonly ReadRecord[]): Generator<readonly ReadRecord[]> {
  let part: ReadRecord[] = [];
  let bytes = 0;
  for (const record of records) {
    const size = record.event === undefined ? 0 : Buffer.byteLength(JSON.stringify(record.event)) + 1;
    if (part.length >= eventsAtOnce || bytes + size > limits.batchBytes - 2) {
      yield part;
      part = [];
      bytes = 0;
    }
    part.push(record);
    bytes += size;
  }
  if (part.length > 0) yield part;
}

async function post(file: string, records: readonly Sendable[], target: Target): Promise<void> {
  const answer = await postUntilTaken(
    `[${records.map(({ event }) => JSON.stringify(event)).join(",")}]`,
    target,
  );
  target.totals.accepted += answer.accepted;
  for (const { status, index, detail, code } of answer.items) {
    if (status === "rejected") refused(target, `${file}:${records[index]?.line ?? 0}`, `${detail} (${code})`);
  }
}

/** Sends one request until it has an answer that trying again cannot change. The events keep their ids. */
async function postUntilTaken(body: string, target: Target): Promise<IntakeResult> {
  const { options } = target;
  const until = Date.now() + options.retryFor * 1000;
  for (let wait = 250; ; wait = Math.min(wait * 2, 5_000)) {
    const outcome = await postEvents(target.server, body);
    if ("accepted" in outcome) return outcome;
    if (!outcome.again || Date.now() + wait > until) {
      throw new AuditFlowError("invalid_request", `${options.url} did not take the events: ${outcome.why}`);
    }
    await delay(wait * (0.5 + Math.random() / 2));
  }
}
