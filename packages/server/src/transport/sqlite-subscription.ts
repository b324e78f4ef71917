import type { AuditFlowError, QuarantinedRecord } from "@auditflow/contracts";
import type { Traces } from "../telemetry/trace-context.ts";
import { Backoff, retryDelayMs } from "./backoff.ts";
import { decodeJson, packBody, unpackBody } from "./body.ts";
import { pause } from "./deadline.ts";
import { handOverInRounds } from "./hand-over.ts";
import { decodeRefusal, jsonOf, type Origin, quarantined, type Refusal } from "./refusal.ts";
import type { SqliteLog } from "./sqlite-log.ts";
import type { AloneJob, Along, SqliteReader } from "./sqlite-reader.ts";
import { type OpenMessage, type OpenRecord, type StoredMessage, wholeMessage } from "./sqlite-store.ts";
import type { Decode, Handler, SubscribeOptions, Subscription, Verdict } from "./transport.ts";

/** Whom a subscription tells of what it does. */
export interface SqliteSubscriptionHooks {
  readonly onQuarantine: (record: QuarantinedRecord) => void;
  readonly onTrouble: (origin: Origin, error: unknown) => void;
}

/** The process ended so often while a record was in hand: the record is at fault. */
const poisonAfter = 3;

// What is in hand outlives collections of garbage: with more of it memory grows, and the one thread is no faster.
const mostRecords = 500;
const mostBatches = 2;

type Verdicts = readonly (Verdict | undefined)[];

/** One member of a group: takes messages, hands them over, settles them. */
export class SqliteSubscription implements Subscription {
  readonly #log: SqliteLog;
  readonly #reader: SqliteReader;
  readonly #hooks: SqliteSubscriptionHooks;
  readonly #handler: Handler;
  readonly #decode: Decode;
  readonly #maxRecords: number;
  readonly #stop = new AbortController();
  readonly #workers: readonly Promise<void>[];

  constructor(log: SqliteLog, hooks: SqliteSubscriptionHooks, options: SubscribeOptions) {
    const { topic, group, handler, concurrency = 1, decode = decodeJson, maxRecords = 1000 } = options;
    this.#log = log;
    this.#reader = log.reader({ topic, group });
    this.#hooks = hooks;
    this.#handler = handler;
    this.#decode = decode;
    this.#maxRecords = Math.min(mostRecords, maxRecords);
    this.#workers = Array.from({ length: Math.min(mostBatches, concurrency) }, () => this.#work());
  }

  async stop(): Promise<void> {
    this.#stop.abort();
    await Promise.all(this.#workers);
  }

  async #work(): Promise<void> {
    const { signal } = this.#stop;
    const backoff = new Backoff({ initialMs: 200, maxMs: 30_000 });
    // Never in the caller's own turn: `subscribe` has to return first.
    await Promise.resolve();
    while (!signal.aborted) {
      const trouble = await this.#turn(signal).catch((error: unknown) => error);
      if (trouble === undefined) backoff.reset();
      else {
        this.#hooks.onTrouble(this.#reader, trouble);
        await pause(backoff.next(), signal);
      }
    }
  }

  /** Hands over what has to go alone and then what waits; with nothing to do it waits for news. */
  async #turn(signal: AbortSignal): Promise<AuditFlowError | undefined> {
    await this.#log.turns(this.#reader.topic).next();
    if (signal.aborted) return undefined;
    const now = this.#log.clock.now();
    const alone = this.#reader.nextAlone(now);
    const trouble = alone === undefined ? undefined : await this.#handOverAlone(alone);
    if (trouble !== undefined || signal.aborted) return trouble;
    const messages = this.#reader.lease(this.#maxRecords);
    if (messages.length > 0) return await this.#handOverTogether(messages);
    if (alone === undefined) await this.#reader.news(now, signal);
    return undefined;
  }

  async #handOverTogether(messages: readonly StoredMessage[]): Promise<AuditFlowError | undefined> {
    const opened = messages.map((message) => ({ message, ...this.#open(message) }));
    const records = opened.length === 1 ? opened[0]!.records : opened.flatMap((message) => message.records);
    const batch = { records, attempt: 1, ...tracesOf(opened) };
    const { verdicts, trouble } = await handOverInRounds(this.#handler, batch, this.#maxRecords);
    const settled: OpenMessage[] = [];
    const back: number[] = [];
    const refused: QuarantinedRecord[] = [];
    let from = 0;
    for (const { message, records: own, refusal } of opened) {
      const part = verdicts.slice(from, from + own.length);
      from += own.length;
      if (refusal !== undefined) refused.push(this.#refuseMessage(message, refusal));
      if (own.length > 0 && part.every((verdict) => verdict === undefined)) back.push(message.seq);
      else settled.push({ seq: message.seq, records: this.#openRecords(part) });
      this.#collectRefused(own, part, refused);
    }
    if (back.length > 0) this.#reader.giveBack(back);
    if (settled.length > 0) await this.#reader.settle(settled, this.#quarantine(refused));
    for (const record of refused) this.#hooks.onQuarantine(record);
    return trouble;
  }

  #open(message: StoredMessage): { records: readonly unknown[]; refusal?: Refusal } {
    try {
      return { records: this.#decode(unpackBody(message.body)) };
    } catch (error) {
      return { records: [], refusal: decodeRefusal(error) };
    }
  }

  #openRecords(verdicts: Verdicts): OpenRecord[] {
    const open: OpenRecord[] = [];
    for (const [position, verdict] of verdicts.entries()) {
      if (verdict === "retry") open.push(this.#later(position, 1));
      if (verdict === undefined) open.push({ position, attempt: 1, deaths: 0, due: 0 });
    }
    return open;
  }

  #later(position: number, attempt: number): OpenRecord {
    return { position, attempt: attempt + 1, deaths: 0, due: this.#log.clock.now() + retryDelayMs(attempt) };
  }

  #collectRefused(records: readonly unknown[], verdicts: Verdicts, refused: QuarantinedRecord[]): void {
    for (const [place, verdict] of verdicts.entries()) {
      if (typeof verdict === "object") refused.push(this.#refuse(records[place], verdict));
    }
  }

  #refuse(record: unknown, { quarantine: code, reason }: { quarantine: Refusal["code"]; reason: string }) {
    const text = jsonOf(record);
    const bytes = Buffer.from(text ?? String(record));
    return quarantined(this.#log.clock, this.#reader, { code, reason, bytes, isJson: text !== undefined });
  }

  #refuseMessage(message: StoredMessage, refusal: Refusal): QuarantinedRecord {
    let { bytes } = message.body;
    try {
      bytes = unpackBody(message.body);
    } catch {
      // It cannot be unpacked, which is why it is refused: kept as it is.
    }
    return quarantined(this.#log.clock, this.#reader, { ...refusal, bytes, isJson: false });
  }

  /** Written in the transaction that settles the record: never both, never neither. */
  #quarantine(refused: readonly QuarantinedRecord[]): Along {
    // What is refused as a quarantined record would come back to the same reader for ever: nobody reads `parked`.
    const topic = this.#reader.topic === "quarantine" ? "parked" : "quarantine";
    const bodies = refused.map((record) => packBody(JSON.stringify([record])));
    return (store) => {
      for (const body of bodies) store.append(topic, { records: 1, trace: undefined, body });
    };
  }

  async #handOverAlone(job: AloneJob): Promise<AuditFlowError | undefined> {
    const { message, record } = job;
    const { records, refusal } = this.#open(message);
    if (refusal !== undefined) return await this.#settleRefused(job, this.#refuseMessage(message, refusal));
    if (record.position === wholeMessage) return await this.#spread(job, records.length);
    if (record.deaths >= poisonAfter) {
      const reason = `The process ended ${record.deaths} times while it held this record`;
      const verdict = { quarantine: "handler_failed", reason } as const;
      return await this.#settleRefused(job, this.#refuse(records[record.position], verdict));
    }
    try {
      this.#reader.takeUp(job);
    } catch (error) {
      this.#reader.drop(job);
      throw error;
    }
    const alone = [records[record.position]];
    const batch = { records: alone, attempt: record.attempt, ...tracesOf([{ message, records: alone }]) };
    const { verdicts, trouble } = await handOverInRounds(this.#handler, batch, 1);
    const [verdict] = verdicts;
    if (verdict === undefined) await this.#reader.settleAlone(job, [record], nothing);
    else if (verdict === "retry") {
      await this.#reader.settleAlone(job, [this.#later(record.position, record.attempt)], nothing);
    } else if (verdict === "ack") await this.#reader.settleAlone(job, [], nothing);
    else await this.#settleRefused(job, this.#refuse(batch.records[0], verdict));
    return trouble;
  }

  /** Puts the records of a message that was in hand when the process ended in its place. */
  async #spread(job: AloneJob, count: number): Promise<undefined> {
    const { record } = job;
    const each = Array.from({ length: count }, (_, position) => ({ ...record, position }));
    await this.#reader.settleAlone(job, each, nothing);
  }

  async #settleRefused(job: AloneJob, refused: QuarantinedRecord): Promise<undefined> {
    await this.#reader.settleAlone(job, [], this.#quarantine([refused]));
    this.#hooks.onQuarantine(refused);
  }
}

interface OpenedMessage {
  readonly message: StoredMessage;
  readonly records: readonly unknown[];
}

function tracesOf(opened: readonly OpenedMessage[]): { readonly traces?: Traces } {
  if (opened.every(({ message: { trace } }) => trace === undefined)) return {};
  return { traces: opened.flatMap(({ message: { trace }, records }) => records.map(() => trace)) };
}

const nothing: Along = () => undefined;
