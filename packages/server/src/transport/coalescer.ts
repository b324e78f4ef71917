import { AuditFlowError } from "@auditflow/contracts";
import type { TraceContext, Traces } from "../telemetry/trace-context.ts";
import { JsonText } from "./transport.ts";

/** Records of one or more calls that travel as one message; every call is told what became of it. */
export interface Chunk<Target> {
  readonly target: Target;
  /** JSON texts of one record or several, which with commas between are the elements of an array. */
  readonly texts: readonly string[];
  readonly records: number;
  /** Where all of them belong. */
  readonly trace: TraceContext | undefined;
  /** Called once: the transport owns the records, or the error says why not. */
  settle(error?: Error): void;
}

const maxRecords = 500;
// UTF-16 units, at most three bytes each: a message stays under 4 MiB also when every character is Chinese.
const maxLength = 1024 * 1024;
// A quarantined record of 4 MiB may double when it is escaped.
const maxRecordLength = 16 * 1024 * 1024;

/**
 * Puts calls made close together into messages of up to 500 records or 1 Mi characters, in the order of the calls.
 * What belongs elsewhere in a trace begins a new message.
 */
export class Coalescer<Target> {
  readonly #emit: (chunk: Chunk<Target>) => void;
  readonly #linger: (flush: () => void) => void;
  readonly #open = new Map<Target, OpenChunk>();
  #lingering = false;

  /** `linger` calls the given function once, soon; what waits until then travels together. */
  constructor(options: { emit: (chunk: Chunk<Target>) => void; linger: (flush: () => void) => void }) {
    this.#emit = options.emit;
    this.#linger = options.linger;
  }

  /** Serialises the records now. Resolves when every chunk with some of them is settled, rejects at the first failure. */
  add(target: Target, records: readonly object[], traces?: Traces): Promise<void> {
    const parts = traces === undefined ? [...serialise(records)] : [...serialiseTraced(records, traces)];
    const call = new Call(parts.length);
    for (const part of parts) this.#place(target, part, call);
    if (this.#open.size > 0 && !this.#lingering) {
      this.#lingering = true;
      this.#linger(() => this.flush());
    }
    return call.promise;
  }

  /** Emits whatever waits. */
  flush(): void {
    this.#lingering = false;
    for (const target of [...this.#open.keys()]) this.#close(target);
  }

  #place(target: Target, part: Part, call: Call): void {
    const open = this.#open.get(target);
    if (
      open !== undefined &&
      (open.trace !== part.trace ||
        open.records + part.records > maxRecords ||
        open.length + part.length > maxLength)
    ) {
      this.#close(target);
    }
    const chunk = this.#open.get(target) ?? {
      ...{ texts: [], calls: [], records: 0, length: 0 },
      trace: part.trace,
    };
    chunk.texts.push(...part.texts);
    chunk.calls.push(call);
    chunk.records += part.records;
    chunk.length += part.length;
    this.#open.set(target, chunk);
    if (chunk.records >= maxRecords || chunk.length >= maxLength) this.#close(target);
  }

  #close(target: Target): void {
    const open = this.#open.get(target);
    if (open === undefined) return;
    this.#open.delete(target);
    const settle = (error?: Error) => {
      for (const call of open.calls) call.settlePart(error);
    };
    const { texts, records, trace } = open;
    this.#emit({ target, texts, records, trace, settle });
  }
}

interface OpenChunk {
  readonly trace: TraceContext | undefined;
  texts: string[];
  calls: Call[];
  records: number;
  length: number;
}

interface Part {
  readonly trace: TraceContext | undefined;
  readonly texts: readonly string[];
  readonly records: number;
  readonly length: number;
}

class Call {
  readonly #done = Promise.withResolvers<void>();
  #open: number;

  constructor(parts: number) {
    this.#open = parts;
    if (parts === 0) this.#done.resolve();
  }

  get promise(): Promise<void> {
    return this.#done.promise;
  }

  settlePart(error?: Error): void {
    if (error !== undefined) this.#done.reject(error);
    else if (--this.#open === 0) this.#done.resolve();
  }
}

function* serialise(records: readonly object[], trace?: TraceContext): Generator<Part> {
  for (let from = 0; from < records.length; from += maxRecords) {
    yield* split(records.slice(from, from + maxRecords), trace);
  }
}

/** Runs of one context, in the order of the records. */
function* serialiseTraced(records: readonly object[], traces: Traces): Generator<Part> {
  for (let from = 0; from < records.length; ) {
    const trace = traces[from];
    let to = from + 1;
    while (to < records.length && traces[to] === trace) to += 1;
    yield* serialise(records.slice(from, to), trace);
    from = to;
  }
}

function* split(records: readonly object[], trace: TraceContext | undefined): Generator<Part> {
  const texts = textsOf(records);
  const length = texts.reduce((sum, text) => sum + text.length + 1, 0);
  if (length <= maxLength) yield { trace, texts, records: records.length, length };
  else if (records.length > 1) {
    const middle = records.length >> 1;
    yield* split(records.slice(0, middle), trace);
    yield* split(records.slice(middle), trace);
  } else if (length <= maxRecordLength) yield { trace, texts, records: 1, length };
  else throw new AuditFlowError("too_large", `A record of ${length} characters is more than a message holds`);
}

function textsOf(records: readonly object[]): string[] {
  // Written at once is written twice as fast as one by one.
  if (!records.some((record) => record instanceof JsonText)) return [JSON.stringify(records).slice(1, -1)];
  return records.map((record) => (record instanceof JsonText ? record.text : JSON.stringify(record)));
}
