import { pack, packed, unpacked } from "./packed-id.ts";

/** The numbers of a row while ids are packed: its time and its id. */
const width = 4;
/** The most ids that are kept packed: in longer lists they are read too often. */
const mostPacked = 24;

/**
 * Ids in order of (time, id). As long as there are few and all are UUIDs they are kept as numbers beside their times, so that
 * the garbage collector has nothing to look at in however many small lists; else as texts, in a list of their own.
 */
export class TimedIds {
  /** Rows of a time and the three numbers of an id, or, where there are `#ids`, times. */
  #rows: number[] = [];
  #ids: string[] | undefined;
  /** What stands before is gone; it is cut off when it is as long as the rest, for taking from the front is what is done most. */
  #start = 0;
  #size = 0;

  get size(): number {
    return this.#size;
  }

  /** Reads the first and the last row; what it returns means nothing. */
  read(): number {
    const rows = this.#rows;
    return (rows[this.#start * this.#step] ?? 0) + (rows[rows.length - 1] ?? 0);
  }

  /** The `n`-th id, from 0 on. */
  idAt(n: number): string {
    const at = this.#start + n;
    if (this.#ids !== undefined) return this.#ids[at]!;
    const rows = this.#rows;
    return unpacked(rows[at * width + 1]!, rows[at * width + 2]!, rows[at * width + 3]!);
  }

  /** The `n`-th time; undefined beyond either end. */
  timeAt(n: number): number | undefined {
    if (n < 0 || n >= this.#size) return undefined;
    return this.#rows[(this.#start + n) * this.#step];
  }

  /** Where an id stands, whatever its time; -1: it is not there. Looks through all of them, the latest first. */
  find(id: string): number {
    const end = this.#start + this.#size;
    const ids = this.#ids;
    if (ids !== undefined) {
      for (let n = end - 1; n >= this.#start; n -= 1) if (ids[n] === id) return n - this.#start;
      return -1;
    }
    if (!pack(id)) return -1;
    const rows = this.#rows;
    for (let n = end - 1; n >= this.#start; n -= 1) {
      const at = n * width;
      if (rows[at + 3] === packed[2] && rows[at + 2] === packed[1] && rows[at + 1] === packed[0]) {
        return n - this.#start;
      }
    }
    return -1;
  }

  /** How many stand before a time. */
  before(at: number): number {
    const rows = this.#rows;
    const step = this.#step;
    let low = this.#start;
    let high = low + this.#size;
    // Most questions are about the end.
    if (high > low && rows[(high - 1) * step]! < at) return high - low;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (rows[middle * step]! < at) low = middle + 1;
      else high = middle;
    }
    return low - this.#start;
  }

  /** Adds an id that is not there. */
  insert(id: string, at: number): void {
    if (this.#size === 0) this.#begin(id, at);
    else if (this.#ids === undefined && this.#size < mostPacked && pack(id)) this.#insertPacked(id, at);
    else this.#insertText(id, at);
    this.#size += 1;
  }

  /** Removes from one position to before another. */
  remove(from: number, to: number): void {
    this.#size -= to - from;
    if (from === 0) {
      this.#start += to;
      if (this.#start >= 8 && this.#start >= this.#size) this.#cut();
    } else {
      const step = this.#step;
      this.#rows.splice((this.#start + from) * step, (to - from) * step);
      this.#ids?.splice(this.#start + from, to - from);
    }
  }

  get #step(): number {
    return this.#ids === undefined ? width : 1;
  }

  /** Most lists never hold a second one, and a list that is written down takes no more room than it needs. */
  #begin(id: string, at: number): void {
    this.#start = 0;
    if (pack(id)) {
      this.#rows = [at, packed[0]!, packed[1]!, packed[2]!];
      this.#ids = undefined;
    } else {
      this.#rows = [at];
      this.#ids = [id];
    }
  }

  #insertPacked(id: string, at: number): void {
    const position = this.#position(id, at);
    if (position === this.#size) this.#rows.push(at, packed[0]!, packed[1]!, packed[2]!);
    else this.#rows.splice((this.#start + position) * width, 0, at, packed[0]!, packed[1]!, packed[2]!);
  }

  #insertText(id: string, at: number): void {
    if (this.#ids === undefined) this.#unpack();
    const ids = this.#ids!;
    const position = this.#position(id, at);
    if (position === this.#size) {
      ids.push(id);
      this.#rows.push(at);
    } else {
      ids.splice(this.#start + position, 0, id);
      this.#rows.splice(this.#start + position, 0, at);
    }
  }

  #unpack(): void {
    const ids: string[] = [];
    const times: number[] = [];
    for (let n = 0; n < this.#size; n += 1) {
      ids.push(this.idAt(n));
      times.push(this.timeAt(n)!);
    }
    this.#ids = ids;
    this.#rows = times;
    this.#start = 0;
  }

  #cut(): void {
    const step = this.#step;
    shift(this.#rows, this.#start * step, this.#size * step);
    if (this.#ids !== undefined) shift(this.#ids, this.#start, this.#size);
    this.#start = 0;
  }

  /** Where one belongs that is not there: among those of its time by id. */
  #position(id: string, at: number): number {
    let low = this.before(at);
    if (low === this.#size) return low;
    let high = this.before(at + 1);
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.idAt(middle) < id) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

/** Moves `size` values to the front and drops all others. */
function shift<T>(values: T[], from: number, size: number): void {
  for (let n = 0; n < size; n += 1) values[n] = values[from + n]!;
  values.length = size;
}
