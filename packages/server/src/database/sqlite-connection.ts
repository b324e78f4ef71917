import type { DatabaseSync, SQLInputValue, StatementSync } from "node:sqlite";
import { setTimeout as delay } from "node:timers/promises";
import {
  type CompiledQuery,
  type DatabaseConnection,
  type Dialect,
  type Driver,
  Kysely,
  type QueryResult,
  SqliteAdapter,
  SqliteIntrospector,
  SqliteQueryCompiler,
} from "kysely";
import { bindable } from "./sqlite-dialect.ts";

/** A statement that was prepared, and whether it answers with rows. */
interface Prepared {
  readonly statement: StatementSync;
  readonly isReader: boolean;
}

/** Statements that stay prepared; texts that differ by the number of their values would add up without end. */
const mostStatements = 100;

/** SQLite's code for "another connection is writing". */
const busy = 5;

/**
 * The one connection that writes. Transactions take turns in the order of the calls; whoever waits longer than
 * `timeout` milliseconds for a turn, or for another connection, is refused as busy. A statement that fails dooms its
 * transaction: whatever follows rejects with the same error, the commit too.
 */
export class SqliteConnection implements DatabaseConnection {
  readonly #db: DatabaseSync;
  readonly #timeout: number;
  readonly #statements = new Map<string, Prepared>();
  readonly #waiting: (() => void)[] = [];
  #isTaken = false;
  #isInTransaction = false;
  #failure: { readonly error: unknown } | undefined;

  constructor(db: DatabaseSync, timeout: number) {
    this.#db = db;
    this.#timeout = timeout;
  }

  /** Runs one statement and says how many rows it changed. */
  run(text: string, values: readonly SQLInputValue[] = []): number {
    return this.#guarded(() => Number(this.#prepared(text).statement.run(...values).changes));
  }

  /** Runs one query and answers with its rows. */
  all(text: string, values: readonly SQLInputValue[] = []): Record<string, unknown>[] {
    return this.#guarded(() => this.#prepared(text).statement.all(...values));
  }

  async executeQuery<R>({ sql, parameters }: CompiledQuery): Promise<QueryResult<R>> {
    const values = this.#guarded(() => bindable(parameters));
    if (this.#guarded(() => this.#prepared(sql)).isReader) return { rows: this.all(sql, values) as R[] };
    return { rows: [], numAffectedRows: BigInt(this.run(sql, values)) };
  }

  async *streamQuery<R>(query: CompiledQuery): AsyncIterableIterator<QueryResult<R>> {
    yield await this.executeQuery<R>(query);
  }

  /** Waits for this caller's turn, which lasts until `release`. */
  async acquire(): Promise<this> {
    if (!this.#isTaken) {
      this.#isTaken = true;
      return this;
    }
    await new Promise<void>((resolve, reject) => {
      const turn = (): void => {
        clearTimeout(timer);
        resolve();
      };
      const giveUp = (): void => {
        this.#waiting.splice(this.#waiting.indexOf(turn), 1);
        reject(Object.assign(new Error(`waited ${this.#timeout} ms for other writes`), { errcode: busy }));
      };
      const timer = setTimeout(giveUp, this.#timeout);
      this.#waiting.push(turn);
    });
    return this;
  }

  release(): void {
    const next = this.#waiting.shift();
    if (next === undefined) this.#isTaken = false;
    else next();
  }

  /** At once the one that writes: a transaction that only reads at first could not become it later. */
  async begin(): Promise<void> {
    const deadline = performance.now() + this.#timeout;
    // Asked again and again: SQLite's own waiting would hold up the event loop, and with it whoever is writing.
    for (let pause = 1; ; pause = Math.min(pause * 2, 50)) {
      try {
        this.#db.exec("begin immediate");
        this.#isInTransaction = true;
        return;
      } catch (error) {
        const { errcode } = error as { errcode?: number };
        if (errcode !== busy || performance.now() > deadline) throw error;
      }
      await delay(pause);
    }
  }

  commit(): void {
    this.#guarded(() => this.#db.exec("commit"));
    this.#isInTransaction = false;
  }

  rollback(): void {
    this.#isInTransaction = false;
    this.#failure = undefined;
    // A full disk or a failing one has rolled back already, and what is closed has too.
    if (this.#db.isOpen && this.#db.isTransaction) this.#db.exec("rollback");
  }

  #guarded<R>(work: () => R): R {
    if (this.#failure !== undefined) throw this.#failure.error;
    try {
      return work();
    } catch (error) {
      // Also when SQLite has rolled back by itself: what follows would be committed one by one.
      if (this.#isInTransaction) this.#failure = { error };
      throw error;
    }
  }

  #prepared(text: string): Prepared {
    const known = this.#statements.get(text);
    if (known !== undefined) return known;
    const statement = this.#db.prepare(text);
    const prepared = { statement, isReader: statement.columns().length > 0 };
    this.#statements.set(text, prepared);
    const oldest = this.#statements.keys().next();
    if (this.#statements.size > mostStatements && !oldest.done) this.#statements.delete(oldest.value);
    return prepared;
  }
}

/** Kysely over the connection that writes. */
export function writingKysely<T>(connection: SqliteConnection): Kysely<T> {
  const dialect: Dialect = {
    createAdapter: () => new WritingAdapter(),
    createQueryCompiler: () => new SqliteQueryCompiler(),
    createIntrospector: (db) => new SqliteIntrospector(db),
    createDriver: () => new WritingDriver(connection),
  };
  return new Kysely<T>({ dialect });
}

class WritingAdapter extends SqliteAdapter {
  // A failed migration leaves nothing behind.
  override get supportsTransactionalDdl(): boolean {
    return true;
  }
  // The connection itself lets one caller through at a time, with a deadline.
  override get supportsMultipleConnections(): boolean {
    return true;
  }
}

class WritingDriver implements Driver {
  readonly #connection: SqliteConnection;

  constructor(connection: SqliteConnection) {
    this.#connection = connection;
  }

  async init(): Promise<void> {}
  acquireConnection(): Promise<DatabaseConnection> {
    return this.#connection.acquire();
  }
  async beginTransaction(): Promise<void> {
    await this.#connection.begin();
  }
  async commitTransaction(): Promise<void> {
    this.#connection.commit();
  }
  async rollbackTransaction(): Promise<void> {
    this.#connection.rollback();
  }
  async releaseConnection(): Promise<void> {
    this.#connection.release();
  }
  async destroy(): Promise<void> {}
}
