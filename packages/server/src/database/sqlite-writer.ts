import { mkdirSync } from "node:fs";
import { dirname } from "node:path";
import { DatabaseSync, type StatementSync } from "node:sqlite";
import { columnNames } from "./columns.ts";
import type { DatabaseFault, PrunePlan, UpsertPlan } from "./database.ts";
import type { Flavour } from "./flavour.ts";
import { wordsOf } from "./link.ts";
import { migrate } from "./migrate.ts";
import type { Schema } from "./schema.ts";
import { bindable, migratingKysely } from "./sqlite-dialect.ts";
import type { Entry, Written } from "./upsert-rows.ts";
import { conflictAction, quoted } from "./upsert-sql.ts";

/** How long a write waits for another connection's, in milliseconds; the event loop stands still meanwhile. */
const busyTimeout = 250;

/** The one connection that writes. Its calls block, so they are short: one batch in one transaction. */
export class SqliteWriter {
  readonly #db: DatabaseSync;
  readonly #statements = new Map<string, StatementSync>();

  private constructor(db: DatabaseSync) {
    this.#db = db;
  }

  /** Opens the file, making it and its folder when absent, and brings its tables up to this version. */
  static async open(path: string): Promise<SqliteWriter> {
    mkdirSync(dirname(path), { recursive: true });
    const db = new DatabaseSync(path, { timeout: busyTimeout });
    try {
      db.exec("pragma journal_mode = wal; pragma synchronous = full;");
      await migrate(migratingKysely(db), flavour);
      return new SqliteWriter(db);
    } catch (error) {
      db.close();
      throw error;
    }
  }

  /** Writes all rows but those that SQLite refuses; committed and fsynced when it returns, nothing when it throws. */
  upsert<T extends keyof Schema>(
    plan: UpsertPlan<T>,
    entries: readonly Entry<Schema[T]>[],
  ): Written<Schema[T]> {
    const statement = this.#statement(upsertStatement(plan));
    const names = columnNames(plan.table);
    const keys = new Set<unknown>();
    const refused: { entry: Entry<Schema[T]>; reason: string }[] = [];
    this.#transaction(() => {
      const position = plan.stamp === undefined ? undefined : this.#nextPosition();
      for (const entry of entries) {
        const values = names.map((name) => (name === plan.stamp ? position : entry.row[name]));
        try {
          const { changes } = statement.run(...bindable(values));
          if (changes !== 0) keys.add(entry.row[plan.key]);
        } catch (error) {
          if (sqliteFault(error) !== "bad_row") throw error;
          refused.push({ entry, reason: wordsOf(error) });
        }
      }
      if (position !== undefined && keys.size > 0) this.#statement("update stamp set last = ?").run(position);
    });
    return { keys, refused };
  }

  /** Deletes at most 1,000 of the oldest rows and says how many. */
  prune<T extends keyof Schema>({ table, key, through }: PrunePlan<T>): number {
    const oldest = `select ${quoted(key)} from ${table} where (at, ${quoted(key)}) <= (?, ?) order by at, ${quoted(key)} limit 1000`;
    const statement = this.#statement(`delete from ${table} where ${quoted(key)} in (${oldest})`);
    return Number(statement.run(through.at, through.key).changes);
  }

  #nextPosition(): number {
    return Number(this.#statement("select last + 1 as next from stamp").get()?.next);
  }

  close(): void {
    this.#db.close();
  }

  #transaction(work: () => void): void {
    this.#db.exec("begin immediate");
    try {
      work();
      this.#db.exec("commit");
    } catch (error) {
      // A full disk or a failing one has rolled back already.
      if (this.#db.isTransaction) this.#db.exec("rollback");
      throw error;
    }
  }

  #statement(sql: string): StatementSync {
    const known = this.#statements.get(sql);
    if (known !== undefined) return known;
    const statement = this.#db.prepare(sql);
    this.#statements.set(sql, statement);
    return statement;
  }
}

function upsertStatement<T extends keyof Schema>(plan: UpsertPlan<T>): string {
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

/** How to treat what a call to SQLite failed with. */
export function sqliteFault(error: unknown): DatabaseFault {
  const { errcode } = error as { errcode?: unknown };
  return typeof errcode === "number" ? (byResultCode[errcode & 0xff] ?? "down") : "down";
}

const flavour: Flavour = {
  prefix: "",
  uuid: "text",
  integer: "integer",
  bigint: "integer",
  text: "text",
  json: (column) => `text check (json_valid(${column}))`,
  tableEnd: " strict",
  // Not the greatest position of a row: that one may have been deleted, and no position may come twice.
  stamps: ["create table stamp (last integer not null) strict", "insert into stamp values (0)"],
};
