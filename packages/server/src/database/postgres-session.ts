import { Socket } from "node:net";
import { setTimeout as delay } from "node:timers/promises";
import pg from "pg";
import type { Flavour } from "./flavour.ts";
import { isMigrated, migrate } from "./migrate.ts";
import { migratingKysely } from "./postgres-migrating.ts";
import { quoted } from "./upsert-sql.ts";

/** What a session with PostgreSQL is made with. */
export interface SessionOptions {
  readonly url: string;
  readonly schema: string;
  /** How long one statement may take, in milliseconds. */
  readonly timeout: number;
}

/** How long a migration waits for a lock before it gives way to whoever works with the table. */
const migrationLockTimeout = 5000;

/** How long one statement of a migration may take: a table of millions is written anew, or it would never be. */
const migrationTimeout = 600_000;

const int8 = 20;
const numeric = 1700;
const json = 114;
const jsonb = 3802;

/** One policy for types, for these pools alone: whole numbers are numbers, JSON stays text. */
const types = {
  getTypeParser(oid: number, format?: "text" | "binary") {
    if (oid === int8 || oid === numeric) return Number;
    if (oid === json || oid === jsonb) return (text: string) => text;
    return pg.types.getTypeParser(oid, format);
  },
};

/**
 * The connections of one period in which the server was there. Reads and writes have a pool each, so that slow
 * reads never keep alerts from being stored. `onLost` is called when an idle connection breaks.
 */
export class PostgresSession {
  readonly reads: pg.Pool;
  readonly writes: pg.Pool;
  /** One connection for the question whether the server is there, which must not wait behind work. */
  readonly #questions: pg.Pool;
  readonly #sockets = new Set<Socket>();
  readonly #options: SessionOptions;

  constructor(options: SessionOptions, onLost: (error: Error) => void) {
    this.#options = options;
    // Compiling a plan takes longer than running it over what is asked for here.
    // A batch of some megabytes stays in memory while it is taken apart.
    const path = `-c search_path=${options.schema} -c jit=off -c work_mem=64MB`;
    this.reads = this.#pool({ max: 6, options: `${path} -c default_transaction_read_only=on` });
    this.writes = this.#pool({ max: 4, options: path });
    this.#questions = this.#pool({ max: 1 });
    for (const pool of [this.reads, this.writes]) pool.on("error", onLost);
  }

  /** Connects, which shows that the server is there, and brings the tables up to this version, or to `through`. */
  async migrate(through?: string): Promise<void> {
    const { schema } = this.#options;
    const flavour = flavourOf(schema);
    // Asked with the deadline of every other query: only who has work to do may take longer.
    if (await isMigrated(migratingKysely(this.writes, schema), flavour, { schema })) return;
    const pool = this.#pool({
      max: 1,
      lock_timeout: migrationLockTimeout,
      statement_timeout: migrationTimeout,
      query_timeout: migrationTimeout,
    });
    try {
      await migrate(migratingKysely(pool, schema), flavour, { schema, through });
      await pool.end();
    } catch (error) {
      pool.end().catch(() => undefined);
      throw error;
    }
  }

  /** A round trip to the server on a connection that nobody else uses. */
  async ask(): Promise<void> {
    await this.#questions.query("select 1");
  }

  /** Changes with every byte that the server sends. */
  get bytesHeard(): number {
    let bytes = 0;
    for (const socket of this.#sockets) bytes += socket.bytesRead;
    return bytes;
  }

  /** Closes politely for at most `grace` milliseconds, then cuts every connection. */
  async close(grace: number): Promise<void> {
    const timer = new AbortController();
    const ended = Promise.all(
      [this.reads, this.writes, this.#questions].map((pool) => pool.end().catch(() => undefined)),
    );
    const late = delay(grace, undefined, { signal: timer.signal }).catch(() => undefined);
    await Promise.race([ended, late]);
    timer.abort();
    // A server that does not answer would keep the sockets, and with them the process.
    for (const socket of this.#sockets) socket.destroy();
  }

  #pool(settings: pg.PoolConfig): pg.Pool {
    const { url, timeout } = this.#options;
    const pool = new pg.Pool({
      connectionString: url,
      application_name: "auditflow",
      connectionTimeoutMillis: Math.min(3000, timeout),
      statement_timeout: timeout,
      // One that nobody goes on with would keep its locks, and hold the stream of every reader (settledBefore).
      idle_in_transaction_session_timeout: timeout,
      // A little later than the server's own, which leaves the connection usable.
      query_timeout: timeout + 1000,
      // Longer than pg's 10 s, so that a quiet hour's alert does not wait for a connection first.
      idleTimeoutMillis: 300_000,
      keepAlive: true,
      keepAliveInitialDelayMillis: 5000,
      types: types as never,
      stream: () => this.#socket(),
      ...settings,
    });
    // A connection that breaks while it is in use tells its query; without a listener it would end the process.
    pool.on("connect", (client) => client.on("error", () => undefined));
    pool.on("error", () => undefined);
    return pool;
  }

  #socket(): Socket {
    const socket = new Socket();
    this.#sockets.add(socket);
    socket.once("close", () => this.#sockets.delete(socket));
    return socket;
  }
}

function flavourOf(schema: string): Flavour {
  return {
    prefix: `${quoted(schema)}.`,
    uuid: "uuid",
    integer: "integer",
    bigint: "bigint",
    text: 'text collate "C"',
    json: () => "jsonb",
    keepAsWritten: (table, names) => [
      ...names.map((name) => `alter table ${table} alter column ${name} type json using ${name}::text::json`),
      // Else a row of more than 2 kB is compressed and cut into pieces, which costs more than all indexes together.
      `alter table ${table} set (toast_tuple_target = 8160)`,
    ],
    tableEnd: "",
    // Room for the next state of a row beside it: no index is written then.
    updatedTableEnd: " with (fillfactor = 40)",
    // The number of the transaction, which the server counts.
    stamps: [],
  };
}
