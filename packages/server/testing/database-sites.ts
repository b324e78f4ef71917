import { randomBytes } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import pg from "pg";
import type { Database } from "../src/database/database.ts";
import { postgresDatabase } from "../src/database/postgres.ts";
import { PostgresSession } from "../src/database/postgres-session.ts";
import { sqliteDatabase } from "../src/database/sqlite.ts";
import { SqliteWriter } from "../src/database/sqlite-writer.ts";
import type { DatabaseSite } from "./database-site.ts";
import { type FaultProxy, startFaultProxy, targetOf, throughProxy } from "./fault-proxy.ts";

const clock = { now: () => Date.now() };

/** A SQLite site has also its file's path, and a database whose queries have less time. */
export interface SqliteSite extends DatabaseSite {
  readonly path: string;
  openHasty(timeout: number): Database;
}

/** A new folder for one SQLite file. */
export async function sqliteSite(): Promise<SqliteSite> {
  const folder = mkdtempSync(join(tmpdir(), "auditflow-"));
  const path = join(folder, "data.db");
  const open: Database[] = [];
  const opened = (at: string, timeout = 8000): Database => {
    const database = sqliteDatabase({ path: at, clock, timeout });
    open.push(database);
    return database;
  };
  return {
    path,
    open: () => opened(path),
    openHasty: (timeout) => opened(path, timeout),
    openDown: async () => {
      const blocked = join(folder, "blocked");
      writeFileSync(blocked, "a file where a folder has to be");
      return { database: opened(join(blocked, "data.db")), heal: async () => rmSync(blocked) };
    },
    openOld: async (migration) => {
      (await SqliteWriter.open(path, 8000, migration)).close();
      return async (statement) => {
        const file = new DatabaseSync(path);
        file.exec(statement);
        file.close();
      };
    },
    end: async () => {
      await Promise.all(open.map((database) => database.stop()));
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** The server for tests; a sentence when it is not set. */
function postgresUrl(): string {
  const url = process.env.AUDITFLOW_TEST_POSTGRES_URL;
  if (!url) throw new Error("Set AUDITFLOW_TEST_POSTGRES_URL to a PostgreSQL server that tests may write to");
  return url;
}

/** A PostgreSQL site has also its schema's name, a way to run SQL beside the product, and a black hole before it. */
export interface PostgresSite extends DatabaseSite {
  readonly schema: string;
  run(statement: string): Promise<pg.QueryResult>;
  /** A database behind a proxy that is there already. */
  openAt(proxy: FaultProxy): Database;
  openThroughProxy(timeout: number): Promise<{
    readonly database: Database;
    readonly proxy: FaultProxy;
  }>;
}

/** A new schema on the server of AUDITFLOW_TEST_POSTGRES_URL, dropped at the end. */
export async function postgresSite(): Promise<PostgresSite> {
  const url = postgresUrl();
  const schema = `test_${randomBytes(6).toString("hex")}`;
  const admin = new pg.Client({ connectionString: url });
  await admin.connect();
  const ends: (() => Promise<unknown>)[] = [];
  const opened = (at: string, timeout = 8000): Database => {
    const database = postgresDatabase({ url: at, clock, schema, timeout });
    ends.unshift(() => database.stop());
    return database;
  };
  const openThroughProxy = async (timeout: number, mode: "pass" | "refuse" = "pass") => {
    const proxy = await startFaultProxy({ target: targetOf(url, 5432), mode });
    ends.unshift(() => proxy.stop());
    return { proxy, database: opened(throughProxy(url, proxy), timeout) };
  };
  return {
    schema,
    open: () => opened(url),
    openOld: async (migration) => {
      const session = new PostgresSession({ url, schema, timeout: 8000 }, () => undefined);
      await session.migrate(migration);
      await session.close(1000);
      return async (statement) => {
        await admin.query(`set search_path = "${schema}"; ${statement}; reset search_path`);
      };
    },
    run: (statement) => admin.query(statement),
    openAt: (proxy) => opened(throughProxy(url, proxy)),
    openThroughProxy,
    openDown: async () => {
      const { database, proxy } = await openThroughProxy(8000, "refuse");
      return { database, heal: () => proxy.mode("pass") };
    },
    end: async () => {
      for (const end of ends) await end();
      await admin.query(`drop schema if exists "${schema}" cascade`);
      await admin.end();
    },
  };
}
