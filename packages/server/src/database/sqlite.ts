import { type Expression, type Kysely, type RawBuilder, sql } from "kysely";
import type { Clock } from "../telemetry/clock.ts";
import type { Database, PrunePlan, UpsertOutcome, UpsertPlan } from "./database.ts";
import { Link } from "./link.ts";
import type { Schema } from "./schema.ts";
import { readingKysely } from "./sqlite-dialect.ts";
import type { ReadJob } from "./sqlite-reader-worker.ts";
import { SqliteReaders } from "./sqlite-readers.ts";
import { SqliteWriter, sqliteFault } from "./sqlite-writer.ts";
import { upsertRows } from "./upsert-rows.ts";

/** What a SQLite database is made with. */
export interface SqliteOptions {
  /** The file; it and its folder are made when absent. One process at a time writes it. */
  readonly path: string;
  readonly clock: Clock;
  /** How long one query may take, in milliseconds; 8,000 by default. */
  readonly timeout?: number;
}

/** A database in one file, every write fsynced. Returns at once; opens and migrates by itself, as often as needed. */
export function sqliteDatabase({ path, clock, timeout = 8000 }: SqliteOptions): Database {
  return new SqliteDatabase(path, clock, timeout);
}

class SqliteDatabase implements Database {
  readonly reader: Kysely<Schema>;
  readonly #path: string;
  readonly #link: Link;
  readonly #readers: SqliteReaders;
  #writer: SqliteWriter | undefined;
  #stopped: Promise<void> | undefined;

  constructor(path: string, clock: Clock, timeout: number) {
    this.#path = path;
    this.#readers = new SqliteReaders(path, timeout);
    this.reader = readingKysely((sql, parameters) => this.#read({ sql, parameters }));
    this.#link = new Link({ name: "sqlite", clock, open: () => this.#open() });
  }

  upsert<T extends keyof Schema>(plan: UpsertPlan<T>, rows: readonly Schema[T][]): Promise<UpsertOutcome> {
    return this.#link.run(() =>
      upsertRows(plan, rows, async (entries) => this.#write((writer) => writer.upsert(plan, entries))),
    );
  }

  prune<T extends keyof Schema>(plan: PrunePlan<T>): Promise<number> {
    return this.#link.run(async () => this.#write((writer) => writer.prune(plan)));
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
    this.#writer = await SqliteWriter.open(this.#path);
  }

  #close(): void {
    const writer = this.#writer;
    this.#writer = undefined;
    writer?.close();
  }

  #write<R>(work: (writer: SqliteWriter) => R): R {
    try {
      return work(this.#writer!);
    } catch (error) {
      if (sqliteFault(error) === "down") this.#link.lost(error);
      throw this.#link.unavailable(error);
    }
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
