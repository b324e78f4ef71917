import { DatabaseSync } from "node:sqlite";
import pg from "pg";
import { columnNames, columns } from "../packages/server/src/database/columns.ts";
import { columnOfValues } from "../packages/server/src/database/postgres-rows.ts";
import type { AlertRow, IncidentRow } from "../packages/server/src/database/schema.ts";
import { madeAlerts } from "./made-alerts.ts";

/** A database whose tables are there: the schema on a PostgreSQL server, or a file that no process writes. */
export type LoadedPlace = { readonly url: string; readonly schema: string } | { readonly path: string };

/** How many alerts, from which random numbers, in the 90 days before which moment (epoch milliseconds). */
export interface LoadPlan {
  readonly alerts: number;
  readonly seed: number;
  readonly now: number;
}

/** Rows of one statement on PostgreSQL. */
const perStatement = 2000;

type Rows = { readonly alerts: readonly AlertRow[]; readonly incidents: readonly IncidentRow[] };

/**
 * Fills empty tables with alerts that look like a company's, and their incidents; the same plan gives the same rows on
 * both engines. Indexes are made anew at the end, as they would be after years of growing, and PostgreSQL's
 * statistics as autovacuum keeps them.
 */
export async function loadAlerts(place: LoadedPlace, plan: LoadPlan): Promise<void> {
  if ("path" in place) loadSqlite(place.path, plan);
  else await loadPostgres(place, plan);
}

async function loadPostgres({ url, schema }: { url: string; schema: string }, plan: LoadPlan): Promise<void> {
  const client = new pg.Client({
    connectionString: url,
    options: `-c search_path=${schema} -c synchronous_commit=off`,
  });
  await client.connect();
  try {
    const { rows: indexes } = await client.query<{ name: string; text: string }>(
      `select indexname as name, indexdef as text from pg_indexes
       where schemaname = $1 and tablename = 'alerts' and indexname not like '%pkey'`,
      [schema],
    );
    for (const { name } of indexes) await client.query(`drop index "${name}"`);
    for (const rows of madeAlerts(plan, perStatement)) await insertPostgres(client, rows);
    await client.query("set maintenance_work_mem = '512MB'");
    for (const { text } of indexes) await client.query(text);
    await client.query("vacuum analyze alerts");
    await client.query("vacuum analyze incidents");
  } finally {
    await client.end();
  }
}

async function insertPostgres(client: pg.Client, rows: Rows): Promise<void> {
  for (const table of ["alerts", "incidents"] as const) {
    if (rows[table].length === 0) continue;
    const names = columnNames(table) as string[];
    const kinds = columns[table] as unknown as Record<string, { kind: "text" }>;
    const values = names.map((name) =>
      columnOfValues(
        kinds[name]!.kind,
        rows[table].map((row) => (row as unknown as Record<string, unknown>)[name]),
      ),
    );
    const list = names.map((name) => `"${name}"`).join(", ");
    const taken = names.map((name) =>
      (kinds[name]!.kind as string) === "json" ? `"${name}"::json` : `"${name}"`,
    );
    await client.query(
      `insert into ${table} (${list}) select ${taken.join(", ")}
       from unnest(${values.map(({ expression }, n) => expression(`$${n + 1}`)).join(", ")}) as given (${list})`,
      values.map(({ parameter }) => parameter),
    );
  }
}

function loadSqlite(path: string, plan: LoadPlan): void {
  const db = new DatabaseSync(path);
  try {
    // Whoever loads a file does it again when it fails: nothing has to be taken back.
    db.exec("pragma journal_mode = off; pragma synchronous = off; pragma cache_size = -1000000");
    const indexes = db
      .prepare(
        "select name, sql from sqlite_master where type = 'index' and tbl_name = 'alerts' and sql is not null",
      )
      .all() as { name: string; sql: string }[];
    for (const { name } of indexes) db.exec(`drop index "${name}"`);
    db.exec("begin");
    for (const rows of madeAlerts(plan, perStatement)) insertSqlite(db, rows);
    for (const { sql } of indexes) db.exec(sql);
    db.exec("commit; pragma journal_mode = wal");
  } finally {
    db.close();
  }
}

function insertSqlite(db: DatabaseSync, rows: Rows): void {
  for (const table of ["alerts", "incidents"] as const) {
    const names = columnNames(table) as string[];
    const insert = db.prepare(
      `insert into ${table} (${names.map((name) => `"${name}"`).join(", ")}) values (${names.map(() => "?").join(", ")})`,
    );
    for (const row of rows[table]) {
      const values = row as unknown as Record<string, string | number | null>;
      insert.run(...names.map((name) => values[name] ?? null));
    }
  }
}
