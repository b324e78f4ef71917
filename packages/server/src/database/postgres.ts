import { ExponentialBackoff, handleWhen, retry } from "cockatiel";
import {
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
import type { Database, PrunePlan, UpsertOutcome, UpsertPlan } from "./database.ts";
import { Link, wordsOf } from "./link.ts";
import { isSerializationFailure, postgresFault } from "./postgres-fault.ts";
import { PostgresSession, type SessionOptions } from "./postgres-session.ts";
import type { Schema } from "./schema.ts";
import { bisect, type Entry, RowRefused, upsertRows } from "./upsert-rows.ts";
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
  readonly #options: SessionOptions;
  readonly #link: Link;
  readonly #again = retry(handleWhen(isSerializationFailure), {
    maxAttempts: 5,
    backoff: new ExponentialBackoff({ initialDelay: 10, maxDelay: 200 }),
  });
  #session: PostgresSession | undefined;
  #stopped: Promise<void> | undefined;

  constructor(options: SessionOptions, clock: Clock) {
    this.#options = options;
    this.#link = new Link({ name: "postgres", clock, open: () => this.#open() });
    const pool = { connect: () => this.#readClient(), end: async () => undefined, options: {} };
    this.reader = new Kysely<Schema>({ dialect: new PostgresDialect({ pool }) }).withSchema(options.schema);
  }

  upsert<T extends keyof Schema>(plan: UpsertPlan<T>, rows: readonly Schema[T][]): Promise<UpsertOutcome> {
    const statement = upsertStatement(plan, this.#options.schema);
    return this.#link.run(() =>
      upsertRows(plan, rows, (entries) =>
        bisect(entries, async (some) => {
          const { rows: keys } = await this.#write(statement, unnested(plan, some));
          return new Set(keys.map(({ key }) => key));
        }),
      ),
    );
  }

  prune<T extends keyof Schema>({ table, key, through }: PrunePlan<T>): Promise<number> {
    const name = `${quoted(this.#options.schema)}.${quoted(table)}`;
    const oldest = `select ${quoted(key)} from ${name} where (at, ${quoted(key)}) <= ($1, $2) order by at, ${quoted(key)} limit 1000`;
    const statement = `delete from ${name} where ${quoted(key)} in (${oldest})`;
    return this.#link.run(
      async () => (await this.#write(statement, [through.at, through.key])).rowCount ?? 0,
    );
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

  async #write(statement: string, values: unknown[]): Promise<pg.QueryResult<{ key: unknown }>> {
    const session = this.#session;
    try {
      return await this.#again.execute(() => query<{ key: unknown }>(session!.writes, statement, values));
    } catch (error) {
      const fault = postgresFault(error);
      if (fault === "bad_row") throw new RowRefused(wordsOf(error));
      if (fault === "down") this.#lost(session, error);
      throw this.#link.unavailable(error);
    }
  }

  /** A connection of the read pool whose errors are told as the port promises. */
  #readClient(): Promise<PostgresPoolClient> {
    return new Promise((resolve, reject) => {
      // The call is in hand from here until the connection is given back.
      this.#link
        .run(async () => {
          const session = this.#session;
          const client = await session!.reads.connect().catch((error) => this.#failRead(session, error));
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
    let broken = false;
    const run = async (text: string, parameters: readonly unknown[]): Promise<unknown> => {
      try {
        return await client.query(text, [...parameters]);
      } catch (error) {
        broken = postgresFault(error) === "down";
        return this.#failRead(session, error);
      }
    };
    const release = (): void => {
      client.release(broken);
      released();
    };
    return { query: run as PostgresPoolClient["query"], release };
  }

  #failRead(session: PostgresSession | undefined, error: unknown): never {
    const fault = postgresFault(error);
    // A value that does not fit its column is the query's fault, not the server's.
    if (fault === "bad_row") throw error;
    if (fault === "down") this.#lost(session, error);
    throw this.#link.unavailable(error);
  }
}

async function query<R extends pg.QueryResultRow>(
  pool: pg.Pool,
  statement: string,
  values: unknown[],
): Promise<pg.QueryResult<R>> {
  const client = await pool.connect();
  let broken = false;
  try {
    return await client.query<R>(statement, values);
  } catch (error) {
    broken = postgresFault(error) === "down";
    throw error;
  } finally {
    client.release(broken);
  }
}

/** The array type in which a column travels; JSON as text, for the driver would write a text as a JSON string. */
const arrayTypes = {
  uuid: "uuid[]",
  integer: "int[]",
  bigint: "bigint[]",
  text: "text[]",
  json: "text[]",
} as const;

/** One statement for any number of rows, one array a column. */
function upsertStatement<T extends keyof Schema>(plan: UpsertPlan<T>, schema: string): string {
  const names = columnNames(plan.table);
  const kind = (name: keyof Schema[T] & string) => columns[plan.table][name].kind;
  const list = names.map(quoted).join(", ");
  const value = (name: keyof Schema[T] & string): string => {
    if (name === plan.stamp) return "pg_current_xact_id()::text::bigint";
    return kind(name) === "json" ? `${quoted(name)}::jsonb` : quoted(name);
  };
  const arrays = names.map((name, n) => `$${n + 1}::${arrayTypes[kind(name)]}`).join(", ");
  return `insert into ${quoted(schema)}.${quoted(plan.table)} as stored (${list})
    select ${names.map(value).join(", ")} from unnest(${arrays}) as given (${list})
    on conflict (${quoted(plan.key)}) ${conflictAction(plan)}
    returning stored.${quoted(plan.key)} as key`;
}

function unnested<T extends keyof Schema>(
  { table }: UpsertPlan<T>,
  entries: readonly Entry<Schema[T]>[],
): unknown[] {
  return columnNames(table).map((name) => entries.map(({ row }) => row[name]));
}
