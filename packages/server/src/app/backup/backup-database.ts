import { existsSync, rmSync } from "node:fs";
import { join } from "node:path";
import { backup, DatabaseSync } from "node:sqlite";
import { migrationNames } from "../../database/migrate.ts";
import { lastMigration, skipPositions } from "../../database/sqlite-restored.ts";
import { schemaVersion as windowsSchemaVersion } from "../../windows/sqlite-schema.ts";
import { databaseFiles, unusable } from "./manifest.ts";

type DatabaseFile = (typeof databaseFiles)[number];

/** A database as it was at one moment, whatever is written to it since. */
export interface Snapshot {
  readonly name: DatabaseFile;
  /** Bytes that a copy takes. */
  readonly bytes: number;
  readonly schema: string | undefined;
  /** Copies it; `onShare` is told the share that is done, from 0 to 1. */
  copyTo(path: string, onShare: (share: number) => void): Promise<void>;
  close(): void;
}

/** Takes a snapshot of every database that is there, one right after the other, in the order of the table. */
export function takeSnapshots(folder: string): Snapshot[] {
  const taken: Snapshot[] = [];
  try {
    for (const name of databaseFiles) {
      if (existsSync(join(folder, name))) taken.push(takeSnapshot(folder, name));
    }
    return taken;
  } catch (error) {
    for (const snapshot of taken) snapshot.close();
    throw error;
  }
}

const pagesAtOnce = 2000;

function takeSnapshot(folder: string, name: DatabaseFile): Snapshot {
  const path = join(folder, name);
  const db = new DatabaseSync(path, { readOnly: true, timeout: 5000 });
  try {
    // A transaction that reads sees its first moment until it ends: the copy would begin anew with every write else.
    db.exec("begin");
    db.prepare("select count(*) from sqlite_schema").get();
    return {
      name,
      bytes: pragma(db, "page_count") * pragma(db, "page_size"),
      schema: schemaOf(name, db),
      copyTo: async (target, onShare) => {
        const progress = ({ totalPages, remainingPages }: { totalPages: number; remainingPages: number }) =>
          onShare(1 - remainingPages / Math.max(1, totalPages));
        await backup(db, target, { rate: pagesAtOnce, progress });
        check(target, "quick_check");
      },
      close: () => db.close(),
    };
  } catch (cause) {
    db.close();
    throw unusable(`${path} cannot be backed up: ${(cause as Error).message}`, cause);
  }
}

function pragma(db: DatabaseSync, name: string): number {
  return Number(Object.values(db.prepare(`pragma ${name}`).get() as Record<string, unknown>)[0]);
}

/** What the tables of a database are, by the last change to them. */
function schemaOf(name: DatabaseFile, db: DatabaseSync): string | undefined {
  if (name === "windows.db") return String(pragma(db, "user_version"));
  return name === "auditflow.db" ? lastMigration(db) : undefined;
}

/** Whether this program knows the tables of a database. */
export function knowsSchema(name: string, schema: string | undefined): boolean {
  if (schema === undefined) return true;
  if (name === "windows.db") return Number(schema) <= windowsSchemaVersion;
  return name !== "auditflow.db" || migrationNames.includes(schema);
}

/**
 * Makes a copied database ready to be the one that is used: checks every page, and the stream of alerts goes on with
 * positions that were never given out.
 * @throws AuditFlowError backup_unusable naming the file that is damaged.
 */
export function makeReady(path: string, name: string): void {
  check(path, "integrity_check");
  if (name !== "auditflow.db") return;
  const db = new DatabaseSync(path);
  try {
    // One that was never opened by its service has no tables yet.
    if (lastMigration(db) !== undefined) skipPositions(db);
  } finally {
    db.close();
  }
}

function check(path: string, how: "quick_check" | "integrity_check"): void {
  const words = faultIn(path, how);
  // Made by looking, and empty.
  for (const journal of ["-wal", "-shm"]) rmSync(`${path}${journal}`, { force: true });
  if (words !== undefined) throw unusable(`${path} is damaged: ${words}`);
}

function faultIn(path: string, how: string): string | undefined {
  let db: DatabaseSync | undefined;
  try {
    db = new DatabaseSync(path, { readOnly: true });
    const rows = db.prepare(`pragma ${how}(3)`).all() as Record<string, string>[];
    const words = rows.flatMap((row) => Object.values(row)).join("; ");
    return words === "ok" ? undefined : words;
  } catch (error) {
    return (error as Error).message;
  } finally {
    db?.close();
  }
}
