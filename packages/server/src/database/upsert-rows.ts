import { type Database, RowRefused, type UpsertPlan } from "./database.ts";
import { rowFault } from "./row-fault.ts";
import type { Schema } from "./schema.ts";

/** A row that cannot be stored, by its position in the call, and why. */
export interface RefusedRow {
  readonly index: number;
  readonly reason: string;
}

/** What became of the rows of a call. A row in neither list changed nothing: its key is stored, no older than it. */
export interface UpsertOutcome {
  /** Positions of the rows that are stored because of this call, ascending. */
  readonly written: readonly number[];
  /** Rows that were refused, in ascending order. */
  readonly refused: readonly RefusedRow[];
}

/** A row and its place in the caller's list. */
export interface Entry<R> {
  readonly index: number;
  readonly row: R;
}

/** What was made of rows with distinct keys: the keys that are stored because of it, and what was refused. */
export interface Written<R> {
  readonly keys: ReadonlySet<unknown>;
  readonly refused: readonly { readonly entry: Entry<R>; readonly reason: string }[];
}

/** Writes rows with distinct keys, sorted by key, in one transaction; resolves to the keys it wrote. */
export type WriteRows<R> = (rows: readonly R[]) => Promise<ReadonlySet<unknown>>;

/**
 * Writes rows, keeping per key the row with the greatest `newer`, also within the call; the first of equals stays.
 * Rows that cannot be stored (NUL, a lone surrogate, a value out of range, text too long, a malformed UUID or JSON, or
 * whatever else the engine refuses) are told, and all others are committed when it resolves. Safe for callers at once.
 */
export async function upsertRows<T extends keyof Schema>(
  database: Pick<Database, "write">,
  plan: UpsertPlan<T>,
  rows: readonly Schema[T][],
): Promise<UpsertOutcome> {
  return await writeNewest(plan, rows, (some) =>
    database.write(async (transaction) => new Set((await transaction.upsert(plan, some)).keys())),
  );
}

/**
 * Has `write` store the newest row of each key, and an older one only in the place of one that was refused. What the
 * engine refuses without saying which row it was in is halved until the guilty rows stand alone.
 */
export async function writeNewest<T extends keyof Schema>(
  plan: UpsertPlan<T>,
  rows: readonly Schema[T][],
  write: WriteRows<Schema[T]>,
): Promise<UpsertOutcome> {
  const refused: RefusedRow[] = [];
  const written: number[] = [];
  let waiting: Entry<Schema[T]>[] = [];
  rows.forEach((row, index) => {
    const reason = rowFault(plan.table, row);
    if (reason === undefined) waiting.push({ index, row });
    else refused.push({ index, reason });
  });
  while (waiting.length > 0) {
    const { newest, others } = newestPerKey(plan, waiting);
    const open = new Set<unknown>();
    for (const chunk of chunksOf(newest)) {
      const outcome = await bisect(chunk, write);
      written.push(...chunk.filter(({ row }) => outcome.keys.has(row[plan.key])).map(({ index }) => index));
      refused.push(...outcome.refused.map(({ entry, reason }) => ({ index: entry.index, reason })));
      for (const { entry } of outcome.refused) open.add(entry.row[plan.key]);
    }
    waiting = others.filter(({ row }) => open.has(row[plan.key]));
  }
  return { written: written.sort((a, b) => a - b), refused: refused.sort((a, b) => a.index - b.index) };
}

/** Sorted by key, so that two calls at once take their locks in one order and never wait for each other in a ring. */
function newestPerKey<T extends keyof Schema>(
  { key, newer }: UpsertPlan<T>,
  entries: readonly Entry<Schema[T]>[],
): { newest: Entry<Schema[T]>[]; others: Entry<Schema[T]>[] } {
  const best = new Map<unknown, Entry<Schema[T]>>();
  for (const entry of entries) {
    const other = best.get(entry.row[key]);
    if (other === undefined || (newer !== undefined && entry.row[newer] > other.row[newer])) {
      best.set(entry.row[key], entry);
    }
  }
  const newest = [...best.values()].sort((a, b) => (a.row[key] < b.row[key] ? -1 : 1));
  return { newest, others: entries.filter((entry) => best.get(entry.row[key]) !== entry) };
}

/** Most characters of bodies in one statement: a call is one statement unless its rows are huge. */
const chunkLength = 16 * 1024 * 1024;

function chunksOf<R extends object>(entries: readonly Entry<R>[]): Entry<R>[][] {
  const chunks: Entry<R>[][] = [];
  let room = 0;
  for (const entry of entries) {
    const length = "body" in entry.row ? String(entry.row.body).length : 0;
    if (room < length || chunks.length === 0) {
      chunks.push([]);
      room = chunkLength;
    }
    room -= length;
    chunks.at(-1)?.push(entry);
  }
  return chunks;
}

async function bisect<R>(entries: readonly Entry<R>[], write: WriteRows<R>): Promise<Written<R>> {
  try {
    return { keys: await write(entries.map(({ row }) => row)), refused: [] };
  } catch (error) {
    if (!(error instanceof RowRefused)) throw error;
    const [entry, ...more] = entries;
    if (entry === undefined || more.length === 0) {
      return { keys: new Set(), refused: entry === undefined ? [] : [{ entry, reason: error.message }] };
    }
  }
  const middle = entries.length >> 1;
  const left = await bisect(entries.slice(0, middle), write);
  const right = await bisect(entries.slice(middle), write);
  return { keys: new Set([...left.keys, ...right.keys]), refused: [...left.refused, ...right.refused] };
}
