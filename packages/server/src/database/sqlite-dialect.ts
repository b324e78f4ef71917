import type { SQLInputValue } from "node:sqlite";
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

/** Answers a query with its rows, from wherever they are read. */
export type RunQuery = (sql: string, parameters: readonly SQLInputValue[]) => Promise<readonly object[]>;

/** Kysely over a function that reads; there is nothing to write with and no transaction to begin. */
export function readingKysely<T>(run: RunQuery): Kysely<T> {
  const dialect: Dialect = {
    createAdapter: () => new ReadingAdapter(),
    createQueryCompiler: () => new SqliteQueryCompiler(),
    createIntrospector: (db) => new SqliteIntrospector(db),
    createDriver: () => new ReadingDriver(run),
  };
  return new Kysely<T>({ dialect });
}

/**
 * Takes the values that SQLite knows; a boolean becomes 1 or 0.
 * @throws TypeError for a Date or an object, which the driver would take for named parameters and write as NULL.
 */
export function bindable(parameters: readonly unknown[]): SQLInputValue[] {
  return parameters.map((value) => {
    if (typeof value === "boolean") return value ? 1 : 0;
    if (value === null || value instanceof Uint8Array || /^(?:string|number|bigint)$/.test(typeof value)) {
      return value as SQLInputValue;
    }
    throw new TypeError(`SQLite takes no ${value instanceof Date ? "Date" : typeof value} as a value`);
  });
}

class ReadingAdapter extends SqliteAdapter {
  // Else Kysely lets one query through at a time, and a page would wait for a report.
  override get supportsMultipleConnections(): boolean {
    return true;
  }
}

class ReadingDriver implements Driver {
  readonly #connection: DatabaseConnection;

  constructor(run: RunQuery) {
    this.#connection = new ReadingConnection(run);
  }

  async init(): Promise<void> {}
  async acquireConnection(): Promise<DatabaseConnection> {
    return this.#connection;
  }
  async releaseConnection(): Promise<void> {}
  async destroy(): Promise<void> {}
  beginTransaction = refuse;
  commitTransaction = refuse;
  rollbackTransaction = refuse;
}

async function refuse(): Promise<never> {
  throw new Error("the reader has no transactions");
}

class ReadingConnection implements DatabaseConnection {
  readonly #run: RunQuery;

  constructor(run: RunQuery) {
    this.#run = run;
  }

  async executeQuery<R>({ sql, parameters }: CompiledQuery): Promise<QueryResult<R>> {
    return { rows: [...(await this.#run(sql, bindable(parameters)))] as R[] };
  }

  async *streamQuery<R>(query: CompiledQuery): AsyncIterableIterator<QueryResult<R>> {
    yield await this.executeQuery<R>(query);
  }
}
