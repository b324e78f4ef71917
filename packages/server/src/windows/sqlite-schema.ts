import { DatabaseSync } from "node:sqlite";

/** Kept in `user_version`; a file with another one is refused. */
export const schemaVersion = 1;

const schema = `
  CREATE TABLE window_group (
    id INTEGER PRIMARY KEY,
    key TEXT NOT NULL UNIQUE,
    version INTEGER NOT NULL,
    latest INTEGER,
    size INTEGER NOT NULL DEFAULT 0,
    state TEXT,
    touched INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    idle_at INTEGER NOT NULL,
    due_at INTEGER
  ) STRICT;
  CREATE UNIQUE INDEX window_group_touched ON window_group (touched);
  CREATE INDEX window_group_idle ON window_group (idle_at);
  CREATE INDEX window_group_due ON window_group (due_at) WHERE due_at IS NOT NULL;
  CREATE TABLE member (
    group_id INTEGER NOT NULL,
    at INTEGER NOT NULL,
    id TEXT NOT NULL,
    PRIMARY KEY (group_id, at, id)
  ) STRICT, WITHOUT ROWID;
  CREATE UNIQUE INDEX member_id ON member (group_id, id);
  CREATE TABLE dropped (
    group_id INTEGER NOT NULL,
    stretch INTEGER NOT NULL,
    n INTEGER NOT NULL,
    from_at INTEGER NOT NULL,
    to_at INTEGER NOT NULL,
    PRIMARY KEY (group_id, stretch)
  ) STRICT, WITHOUT ROWID;
`;

/** Came later, and is missing in files that were made before; to those it makes no difference. */
const addition = `
  CREATE TABLE IF NOT EXISTS mark (
    group_id INTEGER NOT NULL,
    mark TEXT NOT NULL,
    last_at INTEGER NOT NULL,
    PRIMARY KEY (group_id, mark)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX IF NOT EXISTS mark_last ON mark (group_id, last_at);
`;

/** Columns of groups that came later too. */
const newColumns: Readonly<Record<string, string>> = {
  edition: "INTEGER NOT NULL DEFAULT 0",
  closed_to: "INTEGER",
};

/**
 * Opens the file, or makes it. WAL with synchronous=FULL: an event is acknowledged when its members are committed
 * here, so that they must outlive a loss of power as well as a kill; with NORMAL the acknowledged tail could be gone.
 */
export function openWindowsFile(path: string): DatabaseSync {
  const db = new DatabaseSync(path);
  try {
    db.exec("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA busy_timeout = 2000;");
    const { user_version: version } = db.prepare("PRAGMA user_version").get() as { user_version: number };
    if (version !== 0 && version !== schemaVersion) {
      throw new Error(
        `${path} was written by another version (schema ${version}, this one reads ${schemaVersion})`,
      );
    }
    if (version === 0) db.exec(`BEGIN; ${schema} PRAGMA user_version = ${schemaVersion}; COMMIT;`);
    db.exec(addition);
    addColumns(db);
    return db;
  } catch (error) {
    db.close();
    throw error;
  }
}

function addColumns(db: DatabaseSync): void {
  const there = db.prepare("SELECT name FROM pragma_table_info('window_group')").all();
  const names = new Set(there.map(({ name }) => name));
  for (const [name, type] of Object.entries(newColumns)) {
    if (!names.has(name)) db.exec(`ALTER TABLE window_group ADD COLUMN ${name} ${type}`);
  }
}
