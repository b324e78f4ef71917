import type { DatabaseSync } from "node:sqlite";

/** A group's row. */
export interface StoredGroup {
  readonly id: number;
  readonly version: number;
  /** The version that the last commit left behind. */
  readonly edition: number;
  readonly latest: number | null;
  /** Members older than this are late. */
  readonly closedTo: number | null;
  readonly size: number;
  readonly state: string | null;
  readonly expiresAt: number;
}

/** The groups in the file; every call is part of the caller's transaction. */
export interface SqliteGroups {
  find(key: string): StoredGroup | undefined;
  /** The group, made with `version` when it is not there, now the last one touched. */
  touch(key: string, expiresAt: number, version: number): StoredGroup;
  /** Writes version, latest and size. */
  advance(group: StoredGroup): void;
  /** Writes version, edition, closedTo, size and state, and when the group is due. */
  settle(group: StoredGroup, dueAt: number | undefined): void;
  remove(id: number): void;
  /** Ids of the groups that were touched longest ago, as many as there are beyond `cap`. */
  beyond(cap: number): number[];
  /** Counts the groups anew after a transaction was rolled back. */
  recount(): void;
  anyDue(now: number): boolean;
  lease(options: { readonly now: number; readonly lease: number; readonly limit: number }): string[];
}

/** Prepares the statements. */
export function sqliteGroups(db: DatabaseSync): SqliteGroups {
  const columns = "id, version, edition, latest, closed_to AS closedTo, size, state, expires_at AS expiresAt";
  const isDue = "(due_at <= ?1 OR idle_at <= ?1)";
  const sql = {
    find: db.prepare(`SELECT ${columns} FROM window_group WHERE key = ?`),
    touch:
      db.prepare(`INSERT INTO window_group (key, version, touched, expires_at, idle_at) VALUES (?1, ?2, ?3, ?4, ?4)
      ON CONFLICT (key) DO UPDATE SET touched = ?3, expires_at = ?4, idle_at = ?4 RETURNING ${columns}`),
    advance: db.prepare("UPDATE window_group SET version = ?, latest = ?, size = ? WHERE id = ?"),
    settle: db.prepare(
      "UPDATE window_group SET version = ?, edition = ?, closed_to = ?, size = ?, state = ?, due_at = ? WHERE id = ?",
    ),
    remove: db.prepare("DELETE FROM window_group WHERE id = ?"),
    oldest: db.prepare("SELECT id FROM window_group ORDER BY touched LIMIT ?"),
    anyDue: db.prepare(`SELECT 1 FROM window_group WHERE ${isDue} LIMIT 1`),
    due: db.prepare(`SELECT id, key FROM window_group WHERE ${isDue} LIMIT ?2`),
    lease: db.prepare(`UPDATE window_group SET due_at = iif(due_at <= ?1, ?2, due_at),
      idle_at = iif(idle_at <= ?1, ?2, idle_at) WHERE id = ?3`),
  };
  const counting = db.prepare(
    "SELECT count(*) AS size, coalesce(max(touched), 0) AS touched FROM window_group",
  );
  const count = (): { size: number; touched: number } => counting.get() as { size: number; touched: number };
  let { size, touched } = count();

  return {
    find: (key) => sql.find.get(key) as StoredGroup | undefined,
    touch: (key, expiresAt, version) => {
      touched += 1;
      const group = sql.touch.get(key, version, touched, expiresAt) as unknown as StoredGroup;
      if (group.version === version) size += 1;
      return group;
    },
    advance: ({ id, version, latest, size: members }) => {
      sql.advance.run(version, latest, members, id);
    },
    settle: ({ id, version, edition, closedTo, size: members, state }, dueAt) => {
      sql.settle.run(version, edition, closedTo, members, state, dueAt ?? null, id);
    },
    remove: (id) => {
      size -= Number(sql.remove.run(id).changes);
    },
    beyond: (cap) => (size <= cap ? [] : sql.oldest.all(size - cap).map(({ id }) => id as number)),
    recount: () => {
      ({ size, touched } = count());
    },
    anyDue: (now) => sql.anyDue.get(now) !== undefined,
    lease: ({ now, lease, limit }) => {
      const due = sql.due.all(now, limit) as { id: number; key: string }[];
      for (const { id } of due) sql.lease.run(now, now + lease, id);
      return due.map(({ key }) => key);
    },
  };
}
