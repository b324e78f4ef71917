import { AuditFlowError, type DependencyHealth, type Topic, topology } from "@auditflow/contracts";
import { type Clock, formatTimestamp } from "../telemetry/clock.ts";
import { filePresence } from "../telemetry/file-presence.ts";
import { probeEveryMs, startProbe } from "../telemetry/probe.ts";
import type { Traces } from "../telemetry/trace-context.ts";
import { Backoff } from "./backoff.ts";
import { packArray } from "./body.ts";
import { type Chunk, Coalescer } from "./coalescer.ts";
import { ReaderTurns } from "./reader-turns.ts";
import type { Origin } from "./refusal.ts";
import { SqliteReader } from "./sqlite-reader.ts";
import { SqliteStore } from "./sqlite-store.ts";

/** What the log in a file is made with. */
export interface SqliteLogOptions {
  /** What health calls it. */
  readonly name: string;
  readonly path: string;
  /** Bytes of bodies on disk from which on publishing is refused. */
  readonly maxBytes: number;
  /** Bytes the file may have at most. */
  readonly maxFileBytes: number | undefined;
  readonly clock: Clock;
  readonly onState: (health: DependencyHealth) => void;
}

/** A change that goes to disk with the next commit. */
export interface Change {
  /** Runs inside the transaction, again when a commit failed. */
  readonly apply: (store: SqliteStore) => void;
  /** Called once: it is on disk, or never will be. */
  readonly settle: (error?: Error) => void;
}

const maxPendingRecords = 50_000;

/**
 * The messages of all topics in one SQLite file. Everything that waits is committed together, once per turn of the
 * event loop: publishes and settlements of many callers cost one fsync.
 */
export class SqliteLog {
  readonly clock: Clock;
  readonly #options: SqliteLogOptions;
  readonly #store: SqliteStore;
  readonly #coalescer: Coalescer<Topic>;
  readonly #readers = new Map<string, SqliteReader>();
  readonly #backoff = new Backoff({ initialMs: 100, maxMs: 10_000 });
  readonly #removedTo = new Map<string, number>();
  readonly #turns = new Map<string, ReaderTurns>();
  #chunks: Chunk<Topic>[] = [];
  #changes: Change[] = [];
  #settled: { topic: string; leftBehind: number | undefined }[] = [];
  #pendingRecords = 0;
  #closed = false;
  /** Why the file cannot be looked at, which no write heals: a removed file can be written all the same. */
  #lost: string | undefined;
  #endProbe: () => void = () => undefined;
  #health: DependencyHealth;
  #immediate: NodeJS.Immediate | undefined;
  #again: NodeJS.Timeout | undefined;

  constructor(options: SqliteLogOptions) {
    this.clock = options.clock;
    this.#options = options;
    this.#store = new SqliteStore(options.path, options.maxFileBytes);
    this.#health = { name: options.name, status: "pass", since: this.#now() };
    this.#coalescer = new Coalescer({
      emit: (chunk) => this.#chunks.push(chunk),
      linger: () => this.#schedule(),
    });
    this.#store.transaction(() => {
      for (const [topic, groups] of Object.entries(topology)) {
        for (const group of groups) this.#store.reader({ topic, group });
      }
    }, "full");
    for (const row of this.#store.readers()) this.reader(row);
    this.#probe(filePresence(options.path));
  }

  get health(): DependencyHealth {
    return this.#health;
  }

  /** Direct reading, between commits. */
  get store(): SqliteStore {
    return this.#store;
  }

  /** As `Transport.publish`. */
  async publish(topic: Topic, records: readonly object[], traces?: Traces): Promise<void> {
    if (this.#store.bytes >= this.#options.maxBytes) {
      throw new AuditFlowError("overloaded", `${this.#store.bytes} bytes wait on disk for their readers`);
    }
    if (this.#pendingRecords > 0 && this.#pendingRecords + records.length > maxPendingRecords) {
      throw new AuditFlowError("overloaded", `${this.#pendingRecords} records wait to be written`);
    }
    this.turns(topic).published(records.length);
    this.#pendingRecords += records.length;
    try {
      const published = this.#coalescer.add(topic, records, traces);
      this.#schedule();
      await published;
    } finally {
      this.#pendingRecords -= records.length;
    }
  }

  /** Resolves when the change is on disk; a failed commit is tried again, for as long as it takes. */
  change(apply: (store: SqliteStore) => void): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const settle = (error?: Error) => (error === undefined ? resolve() : reject(error));
    if (this.#closed) settle(stopped());
    else {
      this.#changes.push({ apply, settle });
      this.#schedule();
    }
    return promise;
  }

  /** Runs at once, on its own, so that it survives the end of the process. Throws `transport_unavailable`. */
  changeNow(apply: (store: SqliteStore) => void): void {
    try {
      this.#store.transaction(() => apply(this.#store), "fast");
    } catch (cause) {
      throw this.#failed(cause);
    }
  }

  /** The state of a group, shared by all its members in this process. */
  reader(origin: Origin): SqliteReader {
    const key = JSON.stringify([origin.topic, origin.group]);
    let reader = this.#readers.get(key);
    if (reader === undefined) {
      reader = new SqliteReader(this, this.#store.reader(origin));
      this.#readers.set(key, reader);
    }
    return reader;
  }

  /** Messages that wait for the slowest group of the topic. */
  backlog(topic: string): number {
    let most = 0;
    for (const reader of this.#readers.values())
      if (reader.topic === topic) most = Math.max(most, reader.waiting());
    return most;
  }

  /** Who of those that publish and read a topic goes first. */
  turns(topic: string): ReaderTurns {
    let turns = this.#turns.get(topic);
    if (turns === undefined) {
      turns = new ReaderTurns();
      this.#turns.set(topic, turns);
    }
    return turns;
  }

  /**
   * Has messages removed that every group of the topic has settled: those no longer waited for, and this one, which
   * may have been left behind. Called inside a change. Done after the commit's other changes, since each of them may
   * keep a message open that all readers have passed.
   */
  removeSettled(topic: string, leftBehind?: number): void {
    this.#settled.push({ topic, leftBehind });
  }

  #remove(): void {
    for (const { topic, leftBehind } of this.#settled.splice(0)) {
      const to = this.#settledTo(topic);
      const from = this.#removedTo.get(topic) ?? 0;
      if (leftBehind !== undefined && leftBehind <= to) this.#store.remove(topic, leftBehind - 1, leftBehind);
      if (to <= from) continue;
      this.#store.remove(topic, from, to);
      this.#removedTo.set(topic, to);
    }
  }

  #settledTo(topic: string): number {
    let to = Number.MAX_SAFE_INTEGER;
    for (const reader of this.#readers.values())
      if (reader.topic === topic) to = Math.min(to, reader.settledTo);
    return to;
  }

  /** Commits what waits and closes the file. */
  close(): void {
    this.#endProbe();
    this.#commit();
    this.#closed = true;
    clearTimeout(this.#again);
    for (const change of this.#changes) change.settle(stopped());
    try {
      for (const reader of this.#readers.values()) reader.leave();
    } catch (cause) {
      this.#failed(cause);
    }
    this.#store.close();
  }

  #schedule(): void {
    this.#immediate ??= setImmediate(() => this.#commit());
  }

  #commit(): void {
    clearImmediate(this.#immediate);
    clearTimeout(this.#again);
    this.#immediate = undefined;
    this.#coalescer.flush();
    const chunks = this.#chunks;
    const changes = this.#changes;
    if (chunks.length === 0 && changes.length === 0) return;
    this.#chunks = [];
    const removedTo = new Map(this.#removedTo);
    try {
      this.#store.transaction(() => {
        for (const { target, texts, records, trace } of chunks)
          this.#store.append(target, { records, trace, body: packArray(texts) });
        this.#settled = [];
        for (const change of changes) change.apply(this.#store);
        this.#remove();
      }, "full");
    } catch (cause) {
      for (const [topic, to] of removedTo) this.#removedTo.set(topic, to);
      const error = this.#failed(cause);
      for (const chunk of chunks) chunk.settle(error);
      return;
    }
    this.#changes = [];
    this.#succeeded();
    for (const change of changes) change.settle();
    for (const chunk of chunks) chunk.settle();
    for (const reader of this.#readers.values()) reader.wake();
  }

  #probe(presence: () => Promise<void>): void {
    this.#endProbe = startProbe({
      ask: async () => {
        await presence();
        this.#look();
      },
      onAnswer: (latency_ms) => {
        this.#lost = undefined;
        this.#succeeded();
        this.#health = { ...this.#health, latency_ms };
      },
      onFailure: (error) => {
        this.#lost = wordsOf(error);
        this.#fail(this.#lost, probeEveryMs);
      },
    });
  }

  /** After trouble a write, for only that shows that it is over: perhaps nobody else tries one. */
  #look(): void {
    if (this.#closed) return;
    if (this.#health.status === "pass") this.#store.look();
    else this.#store.transaction(() => this.#store.touch(), "full");
  }

  #succeeded(): void {
    this.#backoff.reset();
    if (this.#health.status === "pass" || this.#lost !== undefined) return;
    this.#report({ name: this.#options.name, status: "pass", since: this.#now() });
  }

  #failed(cause: unknown): AuditFlowError {
    const message = wordsOf(cause);
    const delay = this.#backoff.next();
    clearTimeout(this.#again);
    if (this.#changes.length > 0 && !this.#closed) this.#again = setTimeout(() => this.#commit(), delay);
    this.#fail(message, Math.min(delay, probeEveryMs));
    return new AuditFlowError("transport_unavailable", `SQLite could not write: ${message}`, { cause });
  }

  #fail(last_error: string, delay: number): void {
    const since = this.#health.status === "fail" ? this.#health.since : this.#now();
    const next_try_at = formatTimestamp(this.clock.now() + delay);
    this.#report({ name: this.#options.name, status: "fail", since, last_error, next_try_at });
  }

  #report(health: DependencyHealth): void {
    this.#health = health;
    this.#options.onState(health);
  }

  #now(): string {
    return formatTimestamp(this.clock.now());
  }
}

function wordsOf(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause);
}

function stopped(): AuditFlowError {
  return new AuditFlowError("transport_unavailable", "The transport was stopped");
}
