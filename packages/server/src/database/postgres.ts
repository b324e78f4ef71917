import { ExponentialBackoff, handleWhen, retry } from "cockatiel";
import {
  CompiledQuery,
  type Expression,
  Kysely,
  PostgresDialect,
  type PostgresPoolClient,
  type RawBuilder,
  sql,
} from "kysely";
import type pg from "pg";
import type { Clock } from "../telemetry/clock.ts";
import { columnNames, columns } from "./columns.ts";
import {
  type Database,
  RowRefused,
  type Transaction,
  type UpsertPlan,
  WriteConflict,
  type WriteOptions,
} from "./database.ts";
import { Link, wordsOf } from "./link.ts";
import { isSerializationFailure, postgresFault } from "./postgres-fault.ts";
import { columnOfValues, givenRows } from "./postgres-rows.ts";
import { PostgresSession, type SessionOptions } from "./postgres-session.ts";
import type { Schema } from "./schema.ts";
import { conflictAction, quoted } from "./upsert-sql.ts";

/** What a PostgreSQL database is made with. */
export interface PostgresOptions {
  /** `postgres://user:password@host:port/database`. */
  readonly url: string;
  readonly clock: Clock;
  /** Where every object lives; `auditflow` by default. */
  readonly schema?: string;
  /** How long one statement may take, in milliseconds; 8,000 by default. */
  readonly timeout?: number;
}

/** A database on a PostgreSQL server. Returns at once; connects and migrates by itself, as often as needed. */
export function postgresDatabase({
  url,
  clock,
  schema = "auditflow",
  timeout = 8000,
}: PostgresOptions): Database {
  return new PostgresDatabase({ url, schema, timeout }, clock);
}

/** How long `stop` lets the server answer the farewell, in milliseconds, after the calls in hand are done. */
const farewell = 500;

class PostgresDatabase implements Database {
  readonly reader: Kysely<Schema>;
  readonly #writer: Kysely<Schema>;
  readonly #options: SessionOptions;
  readonly #link: Link;
  readonly #again = retry(handleWhen(isInTheWay), {
    maxAttempts: 5,
    backoff: new ExponentialBackoff({ initialDelay: 10, maxDelay: 200 }),
  });
  #session: PostgresSession | undefined;
  #stopped: Promise<void> | undefined;

  constructor(options: SessionOptions, clock: Clock) {
    this.#options = options;
    this.#link = new Link({
      name: "postgres",
      clock,
      open: () => this.#open(),
      ask: async () => await this.#session?.ask(),
      heard: () => this.#session?.bytesHeard ?? 0,
      isLoss: (error) => postgresFault(error) === "down",
    });
    this.reader = this.#kysely("reads");
    this.#writer = this.#kysely("writes");
  }

  write<R>(work: (transaction: Transaction) => Promise<R>, options: WriteOptions = {}): Promise<R> {
    const level = options.snapshot === true ? "repeatable read" : "read committed";
    const once = (): Promise<R> =>
      this.#writer
        .transaction()
        .setIsolationLevel(level)
        .execute((db) => work(postgresTransaction(db)));
    return this.#again.execute(once).catch((error: unknown) => {
      if (isInTheWay(error)) throw this.#link.unavailable(error);
      throw postgresFault(error) === "bad_row" ? new RowRefused(wordsOf(error), { cause: error }) : error;
    });
  }

  bucket(column: Expression<number>, width: number): RawBuilder<number> {
    const w = sql.lit(width);
    return sql<number>`(${column} - (${column} % ${w} + ${w}) % ${w})`;
  }

  settledBefore(): RawBuilder<number> {
    // The oldest transaction that may still commit; rows are stamped with the number of theirs.
    return sql<number>`pg_snapshot_xmin(pg_current_snapshot())::text::bigint`;
  }

  health(): ReturnType<Database["health"]> {
    return this.#link.health();
  }

  stop(): Promise<void> {
    this.#stopped ??= this.#link.stop().then(() => this.#session?.close(farewell));
    return this.#stopped;
  }

  async #open(): Promise<void> {
    // What was open before may hang without saying so; a new period begins with new connections.
    void this.#session?.close(0);
    const session: PostgresSession = new PostgresSession(this.#options, (error) =>
      this.#lost(session, error),
    );
    this.#session = session;
    await session.migrate();
  }

  #lost(session: PostgresSession | undefined, error: unknown): void {
    if (session === this.#session) this.#link.lost(error);
  }

  #kysely(kind: "reads" | "writes"): Kysely<Schema> {
    const pool = { connect: () => this.#client(kind), end: async () => undefined, options: {} };
    return new Kysely<Schema>({ dialect: new PostgresDialect({ pool }) }).withSchema(this.#options.schema);
  }

  /** A connection of a pool whose errors are told as the port promises. */
  #client(kind: "reads" | "writes"): Promise<PostgresPoolClient> {
    return new Promise((resolve, reject) => {
      // The call is in hand from here until the connection is given back.
      this.#link
        .run(async () => {
          const session = this.#session;
          const client = await session![kind].connect().catch((error) => {
            throw this.#explain(session, error);
          });
          await new Promise<void>((released) => {
            resolve(this.#guarded(session, client, released));
          });
        })
        .catch(reject);
    });
  }

  #guarded(
    session: PostgresSession | undefined,
    client: pg.PoolClient,
    released: () => void,
  ): PostgresPoolClient {
    let failure: { readonly error: unknown; readonly isBroken: boolean } | undefined;
    const run = async (text: string, parameters: readonly unknown[]): Promise<unknown> => {
      const isRollback = text === "rollback";
      // What failed once has failed whole; and to ask a server that is gone would take as long again.
      if (failure !== undefined && !isRollback) throw failure.error;
      try {
        if (failure?.isBroken !== true) return await client.query(text, [...parameters]);
      } catch (error) {
        const isBroken = postgresFault(error) === "down";
        failure = { error: this.#explain(session, error), isBroken: isBroken || isRollback };
        if (!isRollback) throw failure.error;
      }
      // The server rolls back by itself when the connection is closed, and the caller learns the first error.
      return { rows: [] };
    };
    const release = (): void => {
      client.release(failure?.isBroken === true);
      released();
    };
    return { query: run as PostgresPoolClient["query"], release };
  }

  /** What a caller gets for an error of the driver. */
  #explain(session: PostgresSession | undefined, error: unknown): unknown {
    const fault = postgresFault(error);
    // A value that does not fit its column is the query's fault, not the server's; a conflict is nobody's.
    if (fault === "bad_row" || isSerializationFailure(error)) return error;
    if (fault === "down") this.#lost(session, error);
    return this.#link.unavailable(error);
  }
}

/** Whether others were in the way, so that the same work can succeed now. */
function isInTheWay(error: unknown): boolean {
  return error instanceof WriteConflict || isSerializationFailure(error);
}

/** The members are functions on their own, for works take what they need out of it. */
function postgresTransaction(db: Kysely<Schema>): Transaction {
  return {
    db,
    given: givenRows,
    position: () => sql<number>`pg_current_xact_id()::text::bigint`,
    upsert: async (plan, rows) => {
      if (rows.length === 0) return new Map();
      const result = await db.executeQuery<Returned>(upsertStatement(plan, rows));
      return new Map(result.rows.map(({ key, inserted }) => [key, inserted ? "inserted" : "updated"]));
    },
  };
}

interface Returned {
  readonly key: unknown;
  readonly inserted: boolean;
}

/** One statement for any number of rows, one parameter a column. */
function upsertStatement<T extends keyof Schema>(
  plan: UpsertPlan<T>,
  rows: readonly Schema[T][],
): CompiledQuery<Returned> {
  const names = columnNames(plan.table);
  const kind = (name: keyof Schema[T] & string) => columns[plan.table][name].kind;
  const list = names.map(quoted).join(", ");
  const value = (name: keyof Schema[T] & string): string => {
    if (name === plan.stamp) return "pg_current_xact_id()::text::bigint";
    return kind(name) === "json" ? `${quoted(name)}::json` : quoted(name);
  };
  const given = names.map((name) =>
    columnOfValues(
      kind(name),
      rows.map((row) => row[name]),
    ),
  );
  const arrays = given.map(({ expression }, n) => expression(`$${n + 1}`)).join(", ");
  const text = `insert into ${quoted(plan.table)} as stored (${list})
    select ${names.map(value).join(", ")} from unnest(${arrays}) as given (${list})
    on conflict (${quoted(plan.key)}) ${conflictAction(plan)}
    returning stored.${quoted(plan.key)} as key, stored.xmax = 0 as inserted`;
  return CompiledQuery.raw(
    text,
    given.map(({ parameter }) => parameter),
  ) as CompiledQuery<Returned>;
}
