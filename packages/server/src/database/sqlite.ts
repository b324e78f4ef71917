import { ConstantBackoff, handleType, retry } from "cockatiel";
import { type Expression, type Kysely, type RawBuilder, sql } from "kysely";
import type { Clock } from "../telemetry/clock.ts";
import { filePresence } from "../telemetry/file-presence.ts";
import { type Database, RowRefused, type Transaction, WriteConflict } from "./database.ts";
import { Link, wordsOf } from "./link.ts";
import type { Schema } from "./schema.ts";
import { readingKysely } from "./sqlite-dialect.ts";
import type { ReadJob } from "./sqlite-reader-worker.ts";
import { SqliteReaders } from "./sqlite-readers.ts";
import { SqliteWriter, sqliteFault } from "./sqlite-writer.ts";

/** What a SQLite database is made with. */
export interface SqliteOptions {
  /** The file; it and its folder are made when absent. One process at a time writes it. */
  readonly path: string;
  readonly clock: Clock;
  /** How long one query may take, and how long a write waits for those before it, in milliseconds; 8,000 by default. */
  readonly timeout?: number;
}

/** A database in one file, every write fsynced. Returns at once; opens and migrates by itself, as often as needed. */
export function sqliteDatabase({ path, clock, timeout = 8000 }: SqliteOptions): Database {
  return new SqliteDatabase(path, clock, timeout);
}

class SqliteDatabase implements Database {
  readonly reader: Kysely<Schema>;
  readonly #path: string;
  readonly #timeout: number;
  readonly #link: Link;
  readonly #readers: SqliteReaders;
  readonly #again = retry(handleType(WriteConflict), { maxAttempts: 5, backoff: new ConstantBackoff(10) });
  readonly #presence: () => Promise<void>;
  #writer: SqliteWriter | undefined;
  #wasOpen = false;
  #stopped: Promise<void> | undefined;

  constructor(path: string, clock: Clock, timeout: number) {
    this.#path = path;
    this.#timeout = timeout;
    this.#readers = new SqliteReaders(path, timeout);
    this.reader = readingKysely((sql, parameters) => this.#read({ sql, parameters }));
    this.#presence = filePresence(path);
    this.#link = new Link({ name: "sqlite", clock, open: () => this.#open(), ask: () => this.#ask() });
  }

  write<R>(work: (transaction: Transaction) => Promise<R>): Promise<R> {
    return this.#again
      .execute(() => this.#link.run(() => this.#write(work)))
      .catch((error) => {
        throw error instanceof WriteConflict ? this.#link.unavailable(error) : error;
      });
  }

  bucket(column: Expression<number>, width: number): RawBuilder<number> {
    // As a literal: a bound number would be a float here, and the division no longer whole.
    const w = sql.lit(width);
    return sql<number>`(${column} - (${column} % ${w} + ${w}) % ${w})`;
  }

  settledBefore(): RawBuilder<number> {
    // One connection writes, one transaction after the other: whatever is committed is settled.
    return sql<number>`(select last + 1 from stamp)`;
  }

  health(): ReturnType<Database["health"]> {
    return this.#link.health();
  }

  stop(): Promise<void> {
    this.#stopped ??= this.#link.stop().then(() => {
      this.#readers.stop();
      this.#close();
    });
    return this.#stopped;
  }

  async #open(): Promise<void> {
    this.#close();
    // An empty file in the place of the one that was lost would look as if all were well.
    if (this.#wasOpen) await this.#presence();
    this.#writer = await SqliteWriter.open(this.#path, this.#timeout);
    await this.#presence();
    this.#wasOpen = true;
  }

  async #ask(): Promise<void> {
    await this.#presence();
    this.#writer?.look();
  }

  async #write<R>(work: (transaction: Transaction) => Promise<R>): Promise<R> {
    const writer = this.#writer;
    try {
      return await writer!.write(work);
    } catch (error) {
      const fault = sqliteFault(error);
      if (fault === undefined) throw error;
      if (fault === "bad_row") throw new RowRefused(wordsOf(error), { cause: error });
      // What failed because its connection was closed says nothing of the one that was opened since.
      if (fault === "down" && writer === this.#writer) this.#link.lost(error);
      throw this.#link.unavailable(error);
    }
  }

  #close(): void {
    const writer = this.#writer;
    this.#writer = undefined;
    writer?.close();
  }

  #read(job: ReadJob): Promise<readonly object[]> {
    return this.#link.run(async () => {
      const answer = await this.#readers.run(job).catch((error) => {
        throw this.#link.unavailable(error);
      });
      if ("rows" in answer) return answer.rows;
      throw this.#link.unavailable(Object.assign(new Error(answer.error.message), answer.error));
    });
  }
}
