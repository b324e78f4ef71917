import { type Kysely, sql } from "kysely";
import { type Migration, Migrator } from "kysely/migration";
import { failpoint } from "#failpoint";
import type { Flavour } from "./flavour.ts";
import { alertsAndQuarantine } from "./migrations/0001-alerts-and-quarantine.ts";
import { streamAndReports } from "./migrations/0002-stream-and-reports.ts";
import { incidentsAndChannels } from "./migrations/0003-incidents-and-channels.ts";
import { traces } from "./migrations/0004-traces.ts";
import { ruleSets } from "./migrations/0005-rule-sets.ts";

/** Every migration in its order. Append-only: what was released is never changed. */
const migrations: Readonly<Record<string, (flavour: Flavour) => readonly string[]>> = {
  "0001-alerts-and-quarantine": alertsAndQuarantine,
  "0002-stream-and-reports": streamAndReports,
  "0003-incidents-and-channels": incidentsAndChannels,
  "0004-traces": traces,
  "0005-rule-sets": ruleSets,
};

/** The names of all migrations, the last one last. */
export const migrationNames: readonly string[] = Object.keys(migrations);

/** Where and how far to migrate. */
export interface MigrateOptions {
  /** The schema of the list of what was migrated; undefined where there are no schemas. */
  readonly schema?: string;
  /** The last migration to run, as the data of an older version is made in tests; undefined: every one. */
  readonly through?: string | undefined;
}

/** Whether the tables are those of this version or a newer one, so that nothing is left to migrate. */
export async function isMigrated(
  db: Kysely<unknown>,
  flavour: Flavour,
  options: MigrateOptions = {},
): Promise<boolean> {
  const known = await migratorOf(db, flavour, options).getMigrations();
  return known.every(({ executedAt }) => executedAt !== undefined);
}

/**
 * Brings the tables up to this version; nothing happens when they are there, also when a newer version has gone
 * further. Safe when several replicas start at once. Rejects with the engine's error, having changed nothing
 * beyond the migrations that are done.
 */
export async function migrate(
  db: Kysely<unknown>,
  flavour: Flavour,
  options: MigrateOptions = {},
): Promise<void> {
  // Asked first, for the migrator takes a lock, and refuses tables that a newer version has migrated.
  if (await isMigrated(db, flavour, options)) return;
  const migrator = migratorOf(db, flavour, options);
  const { through } = options;
  const { error } = await (through === undefined ? migrator.migrateToLatest() : migrator.migrateTo(through));
  if (error !== undefined) throw error instanceof Error ? error : new Error(String(error));
}

function migratorOf(db: Kysely<unknown>, flavour: Flavour, { schema }: MigrateOptions): Migrator {
  return new Migrator({
    db,
    provider: { getMigrations: async () => migrationsIn(flavour) },
    ...(schema === undefined ? {} : { migrationTableSchema: schema }),
  });
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
  for (const statement of statements) {
    await sql.raw(statement).execute(db);
    await failpoint("database.migrating", statement);
  }
}
