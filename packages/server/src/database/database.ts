import type { DependencyHealth } from "@auditflow/contracts";
import type { Expression, Kysely, RawBuilder } from "kysely";
import type { ColumnKind } from "./columns.ts";
import type { Schema } from "./schema.ts";

/** How to treat an error of the database: this row is bad, try the same later, or the database is down. */
export type DatabaseFault = "bad_row" | "try_again" | "down";

/** How rows of one table are written over rows that are there. */
export interface UpsertPlan<T extends keyof Schema> {
  readonly table: T;
  readonly key: keyof Schema[T] & string;
  /** Only a row with a greater value here replaces the stored one; undefined: the first row stays. */
  readonly newer: (keyof Schema[T] & string) | undefined;
  /** A column that takes the position of the transaction instead of the row's value, see `settledBefore`. */
  readonly stamp?: keyof Schema[T] & string;
  /** Columns that keep their stored value when a row replaces another. */
  readonly keeps?: readonly (keyof Schema[T] & string)[];
}

/** What became of a key: its row is there because of this call, or its row was replaced. A key in neither changed nothing. */
export type Upserted = ReadonlyMap<unknown, "inserted" | "updated">;

/**
 * One transaction while it is open. Its members may be taken apart. A statement that fails dooms it: whatever follows
 * rejects with the same error, and so does `write`, also when the work does not mind.
 */
export interface Transaction {
  /** Reads and writes inside of the transaction; names of tables need no schema, also in raw SQL. */
  readonly db: Kysely<Schema>;
  /**
   * Writes rows with distinct keys in one statement (on SQLite: one prepared statement), sorted by key by the caller so
   * that two transactions never wait for each other in a ring.
   */
  upsert<T extends keyof Schema>(plan: UpsertPlan<T>, rows: readonly Schema[T][]): Promise<Upserted>;
  /**
   * Small rows as a table to select from: `from ${given({id: "uuid", n: "integer"}, rows)}`, known as `given`. Any value
   * may be null. Throws RowRefused for one that could not be stored in a column of its kind.
   */
  given<K extends string>(
    kinds: Readonly<Record<K, ColumnKind>>,
    rows: readonly Readonly<Record<K, unknown>>[],
  ): RawBuilder<unknown>;
  /** The place of this transaction's changes in the stream: what a `stamp` column takes. */
  position(): RawBuilder<number>;
}

/** How a transaction sees what others do meanwhile. */
export interface WriteOptions {
  /** true: it sees one state from its first statement to its last, and runs again when that cannot hold. */
  readonly snapshot?: boolean;
}

/** Thrown by the work of a transaction: others were faster, nothing is to be kept, and the work is to run again. */
export class WriteConflict extends Error {}

/** What `write` rejects with when the engine refuses a value without saying which row it was in. Nothing is written. */
export class RowRefused extends Error {}

/**
 * One store of records, PostgreSQL or SQLite, behind one set of queries written with Kysely. Times are epoch
 * milliseconds (bigint) in both. Made at once, whether the database answers or not: it connects and migrates by
 * itself, as often as needed. Every call has a deadline; trouble rejects with `database_unavailable`, the outcome of
 * a write is then unknown, and the same call may be made again.
 */
export interface Database {
  /** For reads, also long ones: never blocks the event loop nor a write, sees all that was committed before. */
  readonly reader: Kysely<Schema>;
  /**
   * One transaction, committed when it resolves, with what `work` resolved to; rolled back when `work` rejects. The
   * work runs again, up to five times, when others were in its way, so it may change nothing but the database, nor
   * wait for anything else: on PostgreSQL its locks hold up others, on SQLite it holds up every write. Safe for callers
   * at once, not from within a work. Rejects with RowRefused when a value was refused, and else with the work's error.
   */
  write<R>(work: (transaction: Transaction) => Promise<R>, options?: WriteOptions): Promise<R>;
  /** The start of the bucket of `width` (whole milliseconds) that a time column falls in. */
  bucket(column: Expression<number>, width: number): RawBuilder<number>;
  /**
   * The horizon of the positions that `stamp` gives: every row with a lower one that will ever be is visible to the
   * very statement in which this stands, and no later write takes a lower one. So a reader that follows rows below
   * it by (position, key) sees the last state of each, misses none and sees none twice. Never shrinks.
   */
  settledBefore(): RawBuilder<number>;
  /** What is known at this moment; never waits. */
  health(): DependencyHealth;
  /** Refuses new calls, waits for those in hand, closes; at most 5 s, also when the server hangs. Idempotent. */
  stop(): Promise<void>;
}
