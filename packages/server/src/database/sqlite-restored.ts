import type { DatabaseSync } from "node:sqlite";

/** Positions that may have been given out between a backup and its loss: more than a database makes in its life. */
const skipped = 2 ** 32;

/**
 * Makes a restored database go on with positions that it never gave out, so that a client which resumes the stream from
 * a position after the backup sees every alert stored from now on.
 */
export function skipPositions(db: DatabaseSync): void {
  db.exec(`update stamp set last = last + ${skipped}`);
}

/** The last migration that ran in a database; undefined in one that was never opened. */
export function lastMigration(db: DatabaseSync): string | undefined {
  const isMade =
    db.prepare("select 1 from sqlite_schema where name = 'kysely_migration'").get() !== undefined;
  if (!isMade) return undefined;
  const row = db.prepare("select max(name) as name from kysely_migration").get();
  return (row as { name: string | null }).name ?? undefined;
}
