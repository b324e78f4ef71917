import { Socket } from "node:net";
import { AuditFlowError } from "@auditflow/contracts";
import pg from "pg";
import { wordsOf } from "./link.ts";

/** The columns of the first AuditFlow's table of alerts. */
export const legacyColumns = [
  "alert_id",
  "correlation_id",
  "timestamp",
  "received_at",
  "alert_name",
  "alert_type",
  "severity",
  "description",
  "source_service_name",
  "rule_id",
  "rule_name",
  "actor_type",
  "actor_id",
  "client_ip",
  "resource_type",
  "resource_id",
  "server_hostname",
  "action_observed",
  "analysis_rule_details",
  "triggered_by_details",
  "impacted_resource_details",
  "metadata",
  "raw_event_data",
] as const;
/** The name of one of them. */
export type LegacyColumn = (typeof legacyColumns)[number];

/** One of its rows, each value as PostgreSQL writes it in text, times in UTC and ISO style. */
export type LegacyRow = Readonly<Record<LegacyColumn, string | null>>;

/** Which rows of which table are read. */
export interface LegacyTableOptions {
  /** `postgres://user:password@host/database`. */
  readonly url: string;
  /** Its name as SQL writes it, with or without the schema. */
  readonly table: string;
  /** Only alerts from this time on; RFC 3339. */
  readonly since: string | undefined;
  /** Aborted: the connection is cut, and whatever waits for it rejects. */
  readonly signal: AbortSignal;
}

/** The first AuditFlow's table of alerts as it was at one moment. */
export interface LegacyTable {
  /** How many rows there are to read. */
  readonly total: number;
  /** The next rows by time, at most 1,000 and fewer when they are large; none: that was all. */
  next(): Promise<readonly LegacyRow[]>;
  /** Closes the connection; idempotent, at most two seconds, never rejects. */
  close(): Promise<void>;
}

/** Longest time of one statement in milliseconds: the first has to sort the table if it has no index on its time. */
const statementTimeout = 300_000;
const connectTimeout = 10_000;
const mostRows = 1000;
/** How much text a batch is to hold, in UTF-16 units. */
const batchSize = 8 * 1024 * 1024;

/**
 * Opens the table in one read-only transaction, in which it stays as it is whatever the old system writes meanwhile.
 * @throws AuditFlowError invalid_config when the old database refuses, or has no such table; database_unavailable when
 * it does not answer.
 */
export async function openLegacyTable(options: LegacyTableOptions): Promise<LegacyTable> {
  const connection = new Connection(options);
  try {
    await connection.open();
    const { name, columns } = await findTable(connection, options.table);
    const where = options.since === undefined ? "" : `where "timestamp" >= '${options.since}'::timestamptz`;
    const [counted] = await connection.query(`select count(*) as total from ${name} ${where}`);
    const list = legacyColumns.map((column) => (columns.has(column) ? `"${column}"` : `null as "${column}"`));
    await connection.query(
      `declare legacy no scroll cursor for select ${list.join(", ")} from ${name} ${where} order by "timestamp", alert_id`,
    );
    return {
      total: Number(counted?.["total"]),
      next: rowReader(connection),
      close: () => connection.close(),
    };
  } catch (error) {
    await connection.close();
    throw error;
  }
}

/** Asks for as many rows as are likely to fit, judged by those that came last. */
function rowReader(connection: Connection): LegacyTable["next"] {
  let wanted = 100;
  return async () => {
    const rows = (await connection.query(`fetch ${wanted} from legacy`)) as unknown as LegacyRow[];
    const size = rows.reduce((sum, row) => sum + sizeOf(row), 0) / Math.max(1, rows.length);
    wanted = Math.min(mostRows, Math.max(1, Math.floor(batchSize / Math.max(1, size))));
    return rows;
  };
}

function sizeOf(row: LegacyRow): number {
  return Object.values(row).reduce((sum, value) => sum + (value?.length ?? 0), 0);
}

/** Without these no row can be an alert. */
const neededColumns = ["alert_id", "timestamp", "alert_name", "raw_event_data"];

async function findTable(
  connection: Connection,
  table: string,
): Promise<{ name: string; columns: ReadonlySet<string> }> {
  const rows = await connection.query(
    `select format('%I.%I', nspname, relname) as name, attname
     from pg_class join pg_namespace on pg_namespace.oid = relnamespace
     join pg_attribute on attrelid = pg_class.oid and attnum > 0 and not attisdropped
     where pg_class.oid = to_regclass($1)`,
    [table],
  );
  const name = rows[0]?.["name"];
  if (!name) throw refused(`it has no table "${table}" that this user sees; name it with --table`);
  const columns = new Set(rows.map(({ attname }) => attname ?? ""));
  const missing = neededColumns.filter((column) => !columns.has(column));
  if (missing.length === 0) return { name, columns };
  throw refused(`its table ${name} is not the first AuditFlow's: it has no ${missing.join(", ")}`);
}

function refused(why: string, cause?: unknown): AuditFlowError {
  return new AuditFlowError("invalid_config", `The old database cannot be read: ${why}`, { cause });
}

/** Ours would hide the old one from a user who is called as our schema, which PostgreSQL looks into first. */
const otherSchemas = `select set_config('search_path', coalesce(string_agg(quote_ident(name), ', ' order by place), ''), true)
  from unnest(current_schemas(false)) with ordinality as schemas (name, place) where name <> 'auditflow'`;

type TextRow = Readonly<Record<string, string | null>>;

class Connection {
  readonly #client: pg.Client;
  readonly #socket = new Socket();
  #closed: Promise<void> | undefined;

  constructor({ url, signal }: LegacyTableOptions) {
    this.#client = new pg.Client({
      connectionString: url,
      application_name: "auditflow import-legacy",
      connectionTimeoutMillis: connectTimeout,
      query_timeout: statementTimeout + 5000,
      keepAlive: true,
      stream: () => this.#socket,
      // Every value as PostgreSQL writes it: reading a time or a number could change it.
      types: { getTypeParser: () => (text: string) => text } as never,
    });
    // The query in hand tells; without a listener a lost connection would end the process.
    this.#client.on("error", () => undefined);
    signal.addEventListener("abort", () => this.#socket.destroy(), { once: true });
  }

  async open(): Promise<void> {
    await this.#client.connect().catch((error: unknown) => {
      throw explained(error);
    });
    for (const statement of [
      "begin transaction isolation level repeatable read read only",
      "set local timezone = 'UTC'",
      "set local datestyle = 'ISO, YMD'",
      `set local statement_timeout = ${statementTimeout}`,
      // While a batch is being stored, here is nothing to do.
      "set local idle_in_transaction_session_timeout = 0",
      otherSchemas,
    ]) {
      await this.query(statement);
    }
  }

  async query(text: string, values: readonly unknown[] = []): Promise<readonly TextRow[]> {
    try {
      return (await this.#client.query<TextRow>(text, [...values])).rows;
    } catch (error) {
      throw explained(error);
    }
  }

  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  async #close(): Promise<void> {
    const timer = setTimeout(() => this.#socket.destroy(), 2000);
    if (!this.#socket.destroyed) await this.#client.end().catch(() => undefined);
    clearTimeout(timer);
    this.#socket.destroy();
  }
}

/** Wrong password or user, no such database, no right, a table name that is none: nothing that time heals. */
const settled = /^(?:28|3D|42)/;

function explained(error: unknown): AuditFlowError {
  const { code } = error as { code?: string };
  if (code !== undefined && settled.test(code)) return refused(wordsOf(error), error);
  const why = `The old database does not answer: ${wordsOf(error)}`;
  return new AuditFlowError("database_unavailable", why, { cause: error });
}
