import type { DependencyHealth } from "@auditflow/contracts";
import type { Kysely, RawBuilder, Expression } from "kysely";
import type { Schema } from "./schema.ts";

/** How to treat an error of the database: this row is bad, try the same later, or the database is down. */
export type DatabaseFault = "bad_row" | "try_again" | "down";

/** A row that the database refused, by its position in the call, and what it said. */
export interface RefusedRow {
  readonly index: number;
  readonly reason: string;
}

/** How rows of one table are written over rows that are there. */
export interface UpsertPlan<T extends keyof Schema> {
  readonly table: T;
  readonly key: keyof Schema[T] & string;
  /** Only a row with a greater value here replaces the stored one; undefined: the first row stays. */
  readonly newer: (keyof Schema[T] & string) | undefined;
}

/**
 * One store of records, PostgreSQL or SQLite, behind one set of queries written with Kysely. Times are epoch
 * milliseconds (bigint) in both. Every call has a deadline; trouble rejects with `database_unavailable`.
 */
export interface Database {
  /** For reads, also long ones: never blocks the event loop, sees all that was committed before. */
  readonly reader: Kysely<Schema>;
  /**
   * Writes rows in one statement, keeping per key the row with the greatest `newer`, also within the call. Rows
   * the database refuses are bisected out and returned; all others are committed when it resolves.
   */
  upsert<T extends keyof Schema>(plan: UpsertPlan<T>, rows: readonly Schema[T][]): Promise<readonly RefusedRow[]>;
  /** The start of the bucket of `width` milliseconds that a time column falls in. */
  bucket(column: Expression<number>, width: number): RawBuilder<number>;
  health(): DependencyHealth;
  stop(): Promise<void>;
}
