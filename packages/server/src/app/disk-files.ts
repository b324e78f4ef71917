import { existsSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";

/** Looks into database files for the space inside them. */
export interface DiskFiles {
  /** Bytes of pages that hold nothing and are filled again before a file grows. */
  reusable(): number;
  close(): void;
}

/**
 * Looks into these databases, whichever of them are there. By SQLite alone: opening such a file and closing it again
 * otherwise would end the locks that this process has on it.
 */
export function openDiskFiles(paths: readonly string[]): DiskFiles {
  const open = new Map<string, DatabaseSync>();
  return {
    reusable: () => paths.reduce((sum, path) => sum + reusableIn(path, open), 0),
    close: () => {
      for (const db of open.values()) db.close();
      open.clear();
    },
  };
}

function reusableIn(path: string, open: Map<string, DatabaseSync>): number {
  try {
    if (!open.has(path) && !existsSync(path)) return 0;
    const db = open.get(path) ?? new DatabaseSync(path, { readOnly: true });
    open.set(path, db);
    const ask = (pragma: string): number =>
      Object.values(db.prepare(`pragma ${pragma}`).get() as Record<string, number>)[0] ?? 0;
    return ask("freelist_count") * ask("page_size");
  } catch {
    // Busy or being made: then nothing in it counts as free, which errs on the safe side.
    return 0;
  }
}
