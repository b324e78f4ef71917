import { type Kysely, sql } from "kysely";
import { type Migration, Migrator } from "kysely/migration";
import type { Flavour } from "./flavour.ts";
import { alertsAndQuarantine } from "./migrations/0001-alerts-and-quarantine.ts";
import { streamAndReports } from "./migrations/0002-stream-and-reports.ts";

/** Every migration in its order. Append-only: what was released is never changed. */
const migrations: Readonly<Record<string, (flavour: Flavour) => readonly string[]>> = {
  "0001-alerts-and-quarantine": alertsAndQuarantine,
  "0002-stream-and-reports": streamAndReports,
};

/**
 * Brings the tables up to this version; nothing happens when they are there, also when a newer version has gone
 * further. Safe when several replicas start at once. Rejects with the engine's error, having changed nothing
 * beyond the migrations that are done.
 */
export async function migrate(db: Kysely<unknown>, flavour: Flavour, schema?: string): Promise<void> {
  const migrator = new Migrator({
    db,
    provider: { getMigrations: async () => migrationsIn(flavour) },
    ...(schema === undefined ? {} : { migrationTableSchema: schema }),
  });
  // Asked first, for the migrator takes a lock, and refuses tables that a newer version has migrated.
  if ((await migrator.getMigrations()).every(({ executedAt }) => executedAt !== undefined)) return;
  const { error } = await migrator.migrateToLatest();
  if (error !== undefined) throw error instanceof Error ? error : new Error(String(error));
}

function migrationsIn(flavour: Flavour): Record<string, Migration> {
  return Object.fromEntries(
    Object.entries(migrations).map(([name, statements]) => [
      name,
      { up: (db) => run(db, statements(flavour)) },
    ]),
  );
}

async function run(db: Kysely<unknown>, statements: readonly string[]): Promise<void> {
  for (const statement of statements) await sql.raw(statement).execute(db);
}
