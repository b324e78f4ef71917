import { extname } from "node:path";
import { Worker } from "node:worker_threads";
import type { ReadAnswer, ReadJob } from "./sqlite-reader-worker.ts";

/** Threads that read; a second one answers short queries while the first is busy with a long one. */
const mostReaders = 2;

/** A thread without a query for so many milliseconds ends: it holds some 25 MiB and is there again in 50 ms. */
const defaultKeepIdle = 5_000;

// Rows are read and sent on: a large young generation would only hold memory.
const resourceLimits = { maxYoungGenerationSizeMb: 4 };

interface Waiting {
  readonly job: ReadJob;
  readonly resolve: (answer: ReadAnswer) => void;
  readonly reject: (error: Error) => void;
}

/** One thread and the query it is busy with. A given-up one keeps its place until it has really ended. */
interface Reader {
  readonly worker: Worker;
  busy: Waiting | undefined;
  givenUp: boolean;
  idle: NodeJS.Timeout | undefined;
}

// The same extension as this file: `.ts` when the sources run, `.js` when they were built.
const workerFile = new URL(`./sqlite-reader-worker${extname(import.meta.url)}`, import.meta.url);

/**
 * Runs queries on a SQLite file in worker threads, in the order of the calls. A query that is not answered within
 * `deadline` milliseconds rejects; its thread ends as soon as SQLite lets go of it, and a new one takes its place.
 */
export class SqliteReaders {
  readonly #path: string;
  readonly #deadline: number;
  readonly #keepIdle: number;
  readonly #readers = new Set<Reader>();
  readonly #queue: Waiting[] = [];

  /** Times in milliseconds: until a query is given up, until an idle thread ends. */
  constructor(path: string, deadline: number, keepIdle = defaultKeepIdle) {
    this.#path = path;
    this.#deadline = deadline;
    this.#keepIdle = keepIdle;
  }

  /** Threads that live. */
  get threads(): number {
    return this.#readers.size;
  }

  /** Rejects when the deadline passes or the thread dies; what SQLite refuses is an answer. */
  async run(job: ReadJob): Promise<ReadAnswer> {
    let timer: NodeJS.Timeout | undefined;
    try {
      return await new Promise<ReadAnswer>((resolve, reject) => {
        const waiting = { job, resolve, reject };
        timer = setTimeout(() => this.#expire(waiting), this.#deadline);
        this.#queue.push(waiting);
        this.#dispatch();
      });
    } finally {
      clearTimeout(timer);
    }
  }

  /** Ends the threads; one in the middle of a query goes when SQLite lets go of it. */
  stop(): void {
    for (const { reject } of this.#queue.splice(0)) reject(new Error("stopped"));
    for (const reader of this.#readers) this.#giveUp(reader, new Error("stopped"));
  }

  #dispatch(): void {
    while (this.#queue.length > 0) {
      const idle = [...this.#readers].find(({ busy, givenUp }) => busy === undefined && !givenUp);
      const reader = idle ?? this.#start();
      if (reader === undefined) return;
      clearTimeout(reader.idle);
      reader.busy = this.#queue.shift();
      if (reader.busy !== undefined) reader.worker.postMessage(reader.busy.job);
    }
  }

  #start(): Reader | undefined {
    if (this.#readers.size >= mostReaders) return undefined;
    const worker = new Worker(workerFile, { workerData: this.#path, resourceLimits });
    const reader: Reader = { worker, busy: undefined, givenUp: false, idle: undefined };
    this.#readers.add(reader);
    worker.on("message", (answer: ReadAnswer) => {
      reader.busy?.resolve(answer);
      reader.busy = undefined;
      reader.idle = setTimeout(() => this.#giveUp(reader, new Error("idle")), this.#keepIdle).unref();
      this.#dispatch();
    });
    worker.on("error", (error) => this.#giveUp(reader, error as Error));
    worker.on("exit", () => {
      this.#giveUp(reader, new Error("the reading thread ended"));
      this.#readers.delete(reader);
      this.#dispatch();
    });
    return reader;
  }

  #expire(waiting: Waiting): void {
    const error = new Error(`a query took longer than ${this.#deadline} ms`);
    const reader = [...this.#readers].find(({ busy }) => busy === waiting);
    if (reader !== undefined) this.#giveUp(reader, error);
    const place = this.#queue.indexOf(waiting);
    if (place >= 0) this.#queue.splice(place, 1);
    waiting.reject(error);
  }

  #giveUp(reader: Reader, error: Error): void {
    reader.givenUp = true;
    clearTimeout(reader.idle);
    reader.busy?.reject(error);
    reader.busy = undefined;
    void reader.worker.terminate();
  }
}
