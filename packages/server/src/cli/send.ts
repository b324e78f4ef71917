import { setTimeout as delay } from "node:timers/promises";
import {
  type AuditEvent,
  AuditFlowError,
  type IntakeResult,
  limits,
  type Problem,
} from "@auditflow/contracts";
import type { Command } from "commander";
import type { ReadRecord } from "../ingest/read-records.ts";
import {
  addServerOptions,
  connectServer,
  refusalOf,
  type Server,
  type ServerOptions,
  unreachable,
} from "./connect-server.ts";
import { addInputOptions, type Input, type InputOptions, openInput } from "./input.ts";
import { share, startProgress } from "./progress.ts";

interface SendOptions extends InputOptions, ServerOptions {
  readonly retryFor: number;
}

const examples = `
Examples:
  $ auditflow send /var/log/auth.log
  $ auditflow send events.jsonl --url http://gateway:5002
  $ AUDITFLOW_TOKEN=... auditflow send - --url https://auditflow.example < events.jsonl`;

/** \`auditflow send FILE|-\`: sends the records of files to a gateway, each exactly as \`scan\` would see it. */
export function sendCommand(program: Command, done: (code: number) => void): void {
  const command = program
    .command("send")
    .description("send the records of files to a running AuditFlow")
    .argument("<file...>", "text, JSON lines, JSON arrays or objects, plain or gzip; - is the standard input")
    .option("--retry-for <seconds>", "how long to try again while it does not answer", Number, 60);
  addServerOptions(addInputOptions(command)).addHelpText("after", examples);
  command.action(async (files: string[], options: SendOptions) => {
    done(await send(files, options));
  });
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

/** Cuts records into requests within the limits of intake; sizes are estimates from above. */
function* requests(records: readonly ReadRecord[]): Generator<readonly ReadRecord[]> {
  let part: ReadRecord[] = [];
  let bytes = 0;
  for (const record of records) {
    const size = record.event === undefined ? 0 : Buffer.byteLength(JSON.stringify(record.event)) + 1;
    if (part.length >= limits.batchEvents || bytes + size > limits.batchBytes - 2) {
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
    const outcome = await tryPost(body, target);
    if ("accepted" in outcome) return outcome;
    if (!outcome.again || Date.now() + wait > until) {
      throw new AuditFlowError("invalid_request", `${options.url} did not take the events: ${outcome.why}`);
    }
    await delay(wait * (0.5 + Math.random() / 2));
  }
}

type Outcome = IntakeResult | { readonly again: boolean; readonly why: string };

async function tryPost(body: string, { server }: Target): Promise<Outcome> {
  try {
    const signal = AbortSignal.timeout(30_000);
    const response = await server.fetch("/api/v1/events", { method: "POST", body, signal });
    const answer = (await response.json()) as IntakeResult | Problem;
    if ("items" in answer) return answer;
    const again = response.status === 503 || response.status === 429;
    return { again, why: refusalOf(answer, response).message };
  } catch (error) {
    return { again: !(error instanceof AuditFlowError), why: unreachable(server.url, error).message };
  }
}
