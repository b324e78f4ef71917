import type { RefusedRow, UpsertOutcome, UpsertPlan } from "./database.ts";
import { rowFault } from "./row-fault.ts";
import type { Schema } from "./schema.ts";

/** A row and its place in the caller's list. */
export interface Entry<R> {
  readonly index: number;
  readonly row: R;
}

/** What an engine made of rows with distinct keys: the keys it wrote, and what it refused. */
export interface Written<R> {
  readonly keys: ReadonlySet<unknown>;
  readonly refused: readonly { readonly entry: Entry<R>; readonly reason: string }[];
}

/** Writes rows with distinct keys, sorted by key, all committed when it resolves. */
export type WriteRows<R> = (entries: readonly Entry<R>[]) => Promise<Written<R>>;

/**
 * Upserts by way of an engine that wants each key once: the newest row per key goes first, and an older one takes
 * its place only if the engine refuses it.
 */
export async function upsertRows<T extends keyof Schema>(
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
      const outcome = await write(chunk);
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

/** What `write` throws when the engine refuses one of the rows without saying which. */
export class RowRefused extends Error {}

/** Halves what was refused until the guilty rows stand alone; their neighbours are written. */
export async function bisect<R>(
  entries: readonly Entry<R>[],
  write: (entries: readonly Entry<R>[]) => Promise<ReadonlySet<unknown>>,
): Promise<Written<R>> {
  try {
    return { keys: await write(entries), refused: [] };
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
