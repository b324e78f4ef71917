import type { DatabaseSync } from "node:sqlite";
import {
  countDropped,
  type Dropped,
  type MemberIndex,
  markIn,
  type Sighting,
  stretchOf,
  thinningOf,
} from "./stretches.ts";
import type { Range, RangeView, StoredMember } from "./windows.ts";

interface Counted {
  readonly n: number;
}

interface At {
  readonly at: number;
}

/** The members of all groups in the file; every call is part of the caller's transaction. */
export interface SqliteMembers {
  /** False: it was there, under whatever time. */
  add(group: number, member: StoredMember): boolean;
  /** Notes the mark of a member that was added; returns when it was last seen before, -Infinity: never. */
  mark(group: number, member: StoredMember): number;
  has(group: number, id: string): boolean;
  /** The members of a group that has so many. */
  index(group: number, size: number): MemberIndex;
  view(group: number, range: Range): RangeView;
  /** Drops members from the `skip`-th of the interval on, `n` of them, keeping them counted. */
  drop(group: number, interval: { from: number; to: number; skip: number; n: number }, span: number): number;
  /** Forgets everything older, what was dropped too; returns how many members went. */
  trim(group: number, keepFrom: number): number;
  /** The same, but what was dropped and the marks only when members go as well, which is when they mostly do. */
  trimStored(group: number, keepFrom: number): number;
  /** Forgets all of a group. */
  remove(group: number): void;
}

/** Prepares the statements. */
export function sqliteMembers(db: DatabaseSync): SqliteMembers {
  const sql = prepare(db);
  const list = (
    group: number,
    { from, to, limit, skip = 0 }: Range & { readonly skip?: number },
  ): StoredMember[] => sql.list.all(group, from, to, limit, skip) as unknown as StoredMember[];

  const trim = (group: number, keepFrom: number): number => {
    sql.trimDropped.run(group, keepFrom);
    sql.trimMarks.run(group, keepFrom);
    return Number(sql.trim.run(group, keepFrom).changes);
  };

  return {
    add: (group, { id, at }) => sql.add.run(group, at, id).changes > 0,
    mark: (group, { id, at }) => {
      const mark = markIn(id);
      const before = (sql.lastSeen.get(group, mark) as At | undefined)?.at ?? -Infinity;
      if (before < at) sql.mark.run(group, mark, at);
      return before;
    },
    has: (group, id) => sql.has.get(group, id) !== undefined,
    index: (group, size) => ({
      count: (from, to, enough) =>
        size < enough ? size : (sql.countUpTo.get(group, from, to, enough) as unknown as Counted).n,
      marksSince: (from, enough) => (sql.marksSince.get(group, from, enough) as unknown as Counted).n,
      seen: (from, to, most) => sql.seen.all(group, from, to, most) as unknown as Sighting[],
      forward: (from, to, isEnough) => visit(sql.forward.iterate(group, from, to), isEnough),
      backward: (from, to, isEnough) => visit(sql.backward.iterate(group, from, to), isEnough),
      timeBefore: (at, n) => (sql.before.get(group, at, n - 1) as At | undefined)?.at,
      timeAfter: (at, n) => (sql.after.get(group, at, n - 1) as At | undefined)?.at,
      members: (from, to) => list(group, { from, to, limit: -1 }),
    }),
    view: (group, range) => {
      const stored = (sql.count.get(group, range.from, range.to) as unknown as Counted).n;
      const dropped = sql.dropped.all(group, range.to, range.from) as unknown as Dropped[];
      return {
        count: stored + countDropped(dropped, range.from, range.to),
        first: list(group, range),
      };
    },
    drop: (group, { from, to, skip, n }, span) => {
      const members = list(group, { from, to, skip, limit: n });
      for (const { id, at } of members) {
        sql.remove.run(group, at, id);
        sql.addDropped.run(group, stretchOf(at, span), at);
      }
      return members.length;
    },
    trim,
    trimStored: (group, keepFrom) => {
      const { changes } = sql.trim.run(group, keepFrom);
      if (changes > 0) trim(group, keepFrom);
      return Number(changes);
    },
    remove: (group) => {
      trim(group, Number.MAX_SAFE_INTEGER);
    },
  };
}

/** Every statement, prepared once. */
function prepare(db: DatabaseSync) {
  const interval = "group_id = ? AND at BETWEEN ? AND ?";
  return {
    add: db.prepare("INSERT OR IGNORE INTO member (group_id, at, id) VALUES (?, ?, ?)"),
    has: db.prepare("SELECT 1 FROM member WHERE group_id = ? AND id = ?"),
    count: db.prepare(`SELECT count(*) AS n FROM member WHERE ${interval}`),
    countUpTo: db.prepare(`SELECT count(*) AS n FROM (SELECT 1 FROM member WHERE ${interval} LIMIT ?)`),
    before: db.prepare(
      "SELECT at FROM member WHERE group_id = ? AND at < ? ORDER BY at DESC LIMIT 1 OFFSET ?",
    ),
    after: db.prepare("SELECT at FROM member WHERE group_id = ? AND at > ? ORDER BY at LIMIT 1 OFFSET ?"),
    list: db.prepare(`SELECT id, at FROM member WHERE ${interval} ORDER BY at, id LIMIT ? OFFSET ?`),
    remove: db.prepare("DELETE FROM member WHERE group_id = ? AND at = ? AND id = ?"),
    dropped: db.prepare(
      'SELECT n, from_at AS "from", to_at AS "to" FROM dropped WHERE group_id = ? AND from_at <= ? AND to_at >= ?',
    ),
    addDropped:
      db.prepare(`INSERT INTO dropped (group_id, stretch, n, from_at, to_at) VALUES (?1, ?2, 1, ?3, ?3)
      ON CONFLICT DO UPDATE SET n = n + 1, from_at = min(from_at, ?3), to_at = max(to_at, ?3)`),
    forward: db.prepare(`SELECT id, at FROM member WHERE ${interval} ORDER BY at, id`),
    backward: db.prepare(`SELECT id, at FROM member WHERE ${interval} ORDER BY at DESC, id DESC`),
    lastSeen: db.prepare("SELECT last_at AS at FROM mark WHERE group_id = ? AND mark = ?"),
    seen: db.prepare(`SELECT mark, last_at AS at FROM mark WHERE group_id = ? AND last_at BETWEEN ? AND ?
      ORDER BY last_at DESC LIMIT ?`),
    mark: db.prepare(`INSERT INTO mark (group_id, mark, last_at) VALUES (?, ?, ?)
      ON CONFLICT DO UPDATE SET last_at = excluded.last_at`),
    marksSince: db.prepare(
      "SELECT count(*) AS n FROM (SELECT 1 FROM mark WHERE group_id = ? AND last_at >= ? LIMIT ?)",
    ),
    trimMarks: db.prepare("DELETE FROM mark WHERE group_id = ? AND last_at < ?"),
    trim: db.prepare("DELETE FROM member WHERE group_id = ? AND at < ?"),
    trimDropped: db.prepare("DELETE FROM dropped WHERE group_id = ? AND to_at < ?"),
  };
}

function visit(rows: Iterable<unknown>, isEnough: (member: StoredMember) => boolean): void {
  for (const row of rows) if (isEnough(row as StoredMember)) return;
}

/** Thins the stretches that these times fall in; returns how many members were dropped. */
export function thinStretches(
  members: SqliteMembers,
  group: number,
  {
    times,
    reach,
    span,
  }: { readonly times: readonly number[]; readonly reach: number; readonly span: number },
): number {
  const { head, tail, trigger } = thinningOf(reach);
  let dropped = 0;
  for (const stretch of new Set(times.map((at) => stretchOf(at, span)))) {
    const from = stretch * span;
    const to = from + span - 1;
    const stored = members.index(group, Infinity).count(from, to, trigger + 101);
    if (stored > trigger) {
      dropped += members.drop(group, { from, to, skip: head, n: stored - head - tail }, span);
    }
  }
  return dropped;
}
