import { mkdirSync } from "node:fs";
import { dirname } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { type Kysely, type RawBuilder, sql } from "kysely";
import { type ColumnKind, columnNames } from "./columns.ts";
import type { DatabaseFault, Transaction, Upserted, UpsertPlan } from "./database.ts";
import type { Flavour } from "./flavour.ts";
import { migrate } from "./migrate.ts";
import { checkGiven } from "./row-fault.ts";
import type { Schema } from "./schema.ts";
import { SqliteConnection, writingKysely } from "./sqlite-connection.ts";
import { bindable } from "./sqlite-dialect.ts";
import { conflictAction, quoted } from "./upsert-sql.ts";

/** The one connection that writes, one transaction after the other. Each statement blocks, so it is a short one. */
export class SqliteWriter {
  readonly #db: DatabaseSync;
  readonly #connection: SqliteConnection;
  readonly #kysely: Kysely<Schema>;

  private constructor(db: DatabaseSync, connection: SqliteConnection) {
    this.#db = db;
    this.#connection = connection;
    this.#kysely = writingKysely(connection);
  }

  /**
   * Opens the file, making it and its folder when absent, and brings its tables up to this version, or to the migration
   * `through`. A write waits `timeout` milliseconds for those before it.
   */
  static async open(path: string, timeout: number, through?: string): Promise<SqliteWriter> {
    mkdirSync(dirname(path), { recursive: true });
    const db = new DatabaseSync(path);
    try {
      // Of a new file: two alerts fit a page of 8 kB, and none two of 4.
      db.exec(`pragma busy_timeout = ${busyTimeout}; pragma page_size = 8192;`);
      db.exec("pragma journal_mode = wal; pragma synchronous = full;");
      // From here on whoever waits does so without holding up the event loop.
      db.exec("pragma busy_timeout = 0");
      const connection = new SqliteConnection(db, timeout);
      await migrate(writingKysely(connection), flavour, { through });
      return new SqliteWriter(db, connection);
    } catch (error) {
      db.close();
      throw error;
    }
  }

  /** One transaction: committed and fsynced when it resolves, nothing is left of it when it rejects. */
  write<R>(work: (transaction: Transaction) => Promise<R>): Promise<R> {
    return this.#kysely.transaction().execute(async (db) => {
      const transaction = new SqliteTransaction(db, this.#connection);
      const result = await work(transaction);
      if (transaction.isStamped) this.#connection.run("update stamp set last = last + 1");
      return result;
    });
  }

  /** A trivial read; throws when the file cannot be read any more. */
  look(): void {
    this.#db.prepare("select last from stamp").get();
  }

  close(): void {
    this.#db.close();
  }
}

/** How long the opening waits for another connection that is opening, in milliseconds; the event loop stands still. */
const busyTimeout = 250;

class SqliteTransaction implements Transaction {
  readonly db: Kysely<Schema>;
  /** Whether a row took the transaction's position, which then must not be given out again. */
  isStamped = false;
  readonly #connection: SqliteConnection;

  constructor(db: Kysely<Schema>, connection: SqliteConnection) {
    this.db = db;
    this.#connection = connection;
  }

  // Functions that know their transaction, for works take what they need out of it.
  readonly upsert = async <T extends keyof Schema>(
    plan: UpsertPlan<T>,
    rows: readonly Schema[T][],
  ): Promise<Upserted> => {
    const names = columnNames(plan.table);
    const insert = insertStatement({ ...plan, newer: undefined });
    const replace = plan.newer === undefined ? undefined : insertStatement(plan);
    const position = plan.stamp === undefined ? undefined : this.#nextPosition();
    const outcome = new Map<unknown, "inserted" | "updated">();
    for (const row of rows) {
      const values = bindable(names.map((name) => (name === plan.stamp ? position : row[name])));
      if (this.#connection.run(insert, values) !== 0) outcome.set(row[plan.key], "inserted");
      else if (replace !== undefined && this.#connection.run(replace, values) !== 0)
        outcome.set(row[plan.key], "updated");
    }
    this.isStamped ||= position !== undefined && outcome.size > 0;
    return outcome;
  };

  readonly given = givenRows;

  readonly position = (): RawBuilder<number> => {
    this.isStamped = true;
    return sql<number>`(select last + 1 from stamp)`;
  };

  #nextPosition(): number {
    return Number(this.#connection.all("select last + 1 as next from stamp")[0]?.next);
  }
}

function givenRows<K extends string>(
  kinds: Readonly<Record<K, ColumnKind>>,
  rows: readonly Readonly<Record<K, unknown>>[],
): RawBuilder<unknown> {
  checkGiven(kinds, rows);
  const names = Object.keys(kinds) as K[];
  const values = JSON.stringify(rows.map((row) => names.map((name) => row[name])));
  const list = names.map((name, n) => sql`value->>${sql.lit(n)} as ${sql.ref(name)}`);
  return sql`(select ${sql.join(list)} from json_each(${values})) as given`;
}

function insertStatement<T extends keyof Schema>(plan: UpsertPlan<T>): string {
  const names = columnNames(plan.table);
  const list = names.map(quoted).join(", ");
  const values = names.map(() => "?").join(", ");
  return `insert into ${plan.table} as stored (${list}) values (${values})
    on conflict (${quoted(plan.key)}) ${conflictAction(plan)}`;
}

/** SQLite's primary result codes that are about a row, or about another connection; every other one is serious. */
const byResultCode: Readonly<Record<number, DatabaseFault>> = {
  18: "bad_row", // too big
  19: "bad_row", // constraint
  20: "bad_row", // mismatch
  25: "bad_row", // parameter out of range
  5: "try_again", // busy
  6: "try_again", // locked
};

/** How to treat what SQLite answered; undefined when the error is not SQLite's. */
export function sqliteFault(error: unknown): DatabaseFault | undefined {
  const { errcode, code } = (error ?? {}) as { errcode?: unknown; code?: unknown };
  if (typeof errcode === "number") return byResultCode[errcode & 0xff] ?? "down";
  // A connection that was closed meanwhile.
  return code === "ERR_INVALID_STATE" ? "down" : undefined;
}

const flavour: Flavour = {
  prefix: "",
  uuid: "text",
  integer: "integer",
  bigint: "integer",
  text: "text",
  json: (column) => `text check (json_valid(${column}))`,
  keepAsWritten: () => [],
  tableEnd: " strict",
  updatedTableEnd: " strict",
  // Not the greatest position of a row: that one may have been deleted, and no position may come twice.
  stamps: ["create table stamp (last integer not null) strict", "insert into stamp values (0)"],
};
