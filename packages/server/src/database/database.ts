import type { DependencyHealth } from "@auditflow/contracts";
import type { Expression, Kysely, RawBuilder } from "kysely";
import type { Schema } from "./schema.ts";

/** How to treat an error of the database: this row is bad, try the same later, or the database is down. */
export type DatabaseFault = "bad_row" | "try_again" | "down";

/** A row that the database refused, by its position in the call, and what it said. */
export interface RefusedRow {
  readonly index: number;
  readonly reason: string;
}

/** What became of the rows of a call. A row in neither list changed nothing: its key is stored, no older than it. */
export interface UpsertOutcome {
  /** Positions of the rows that are stored because of this call, ascending. */
  readonly written: readonly number[];
  /** Rows that were refused, in ascending order. */
  readonly refused: readonly RefusedRow[];
}

/** How rows of one table are written over rows that are there. */
export interface UpsertPlan<T extends keyof Schema> {
  readonly table: T;
  readonly key: keyof Schema[T] & string;
  /** Only a row with a greater value here replaces the stored one; undefined: the first row stays. */
  readonly newer: (keyof Schema[T] & string) | undefined;
  /** A column that takes the position of the call's transaction instead of the row's value, see `settledBefore`. */
  readonly stamp?: keyof Schema[T] & string;
}

/** The oldest rows of a table: all at or before a position in the order of time, then key. */
export interface PrunePlan<T extends keyof Schema> {
  readonly table: T;
  readonly key: keyof Schema[T] & string;
  /** The last row to go: its `at`, epoch milliseconds, and its key. */
  readonly through: { readonly at: number; readonly key: string };
}

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
   * Writes rows, keeping per key the row with the greatest `newer`, also within the call; the first of equals stays.
   * Rows the database refuses (NUL, a lone surrogate, a value out of range, text too long, a malformed UUID or JSON)
   * are told, and all others are committed when it resolves. Safe for callers at once whose keys overlap.
   */
  upsert<T extends keyof Schema>(plan: UpsertPlan<T>, rows: readonly Schema[T][]): Promise<UpsertOutcome>;
  /** Deletes the oldest rows, at most 1,000 a call, and says how many: call again until it says 0. */
  prune<T extends keyof Schema>(plan: PrunePlan<T>): Promise<number>;
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
