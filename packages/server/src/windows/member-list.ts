import {
  addDropped,
  countDropped,
  type Dropped,
  type MemberIndex,
  markIn,
  stretchOf,
  thinningOf,
} from "./stretches.ts";
import type { Range, RangeView, StoredMember } from "./windows.ts";

/**
 * The members of one group in memory, in order of (at, id), with what was dropped of them per stretch. Ids and times stand
 * in lists of their own: a list of numbers costs eight bytes a member, and a search in it touches nothing else.
 */
export class MemberList implements MemberIndex {
  readonly #ids: string[] = [];
  readonly #times: number[] = [];
  readonly #known = new Set<string>();
  /** When each mark was last seen. */
  readonly #marks = new Map<string, number>();
  readonly #dropped = new Map<number, Dropped>();

  get size(): number {
    return this.#ids.length;
  }

  has(id: string): boolean {
    return this.#known.has(id);
  }

  /** Adds a member; false: it is there already. */
  add({ id, at }: StoredMember): boolean {
    const before = this.#known.size;
    this.#known.add(id);
    if (this.#known.size === before) return false;
    const last = this.#ids.length - 1;
    if (last < 0 || this.#precedes(last, id, at)) {
      this.#ids.push(id);
      this.#times.push(at);
    } else {
      const position = this.#position(id, at);
      this.#ids.splice(position, 0, id);
      this.#times.splice(position, 0, at);
    }
    return true;
  }

  /** Notes the mark of a member that was added. */
  mark({ id, at }: StoredMember): void {
    const mark = markIn(id);
    const seen = this.#marks.get(mark);
    if (seen === undefined || seen < at) this.#marks.set(mark, at);
  }

  marksSince(from: number, enough: number): number {
    let count = 0;
    for (const last of this.#marks.values()) {
      if (last >= from) count += 1;
      if (count >= enough) break;
    }
    return count;
  }

  count(from: number, to: number): number {
    return this.#lower(to + 1) - this.#lower(from);
  }

  timeBefore(at: number, n: number): number | undefined {
    return this.#times[this.#lower(at) - n];
  }

  timeAfter(at: number, n: number): number | undefined {
    return this.#times[this.#lower(at + 1) + n - 1];
  }

  members(from: number, to: number): StoredMember[] {
    return this.#slice(this.#lower(from), this.#lower(to + 1));
  }

  /** Counts the range, dropped members included, and returns its first ones. */
  view({ from, to, limit }: Range): RangeView {
    const start = this.#lower(from);
    const end = this.#lower(to + 1);
    return {
      count: end - start + countDropped(this.#dropped.values(), from, to),
      first: this.#slice(start, Math.min(end, start + limit)),
    };
  }

  /** Thins the stretches that these times fall in where they hold far more than `reach` members. */
  thin(times: readonly number[], reach: number, span: number): void {
    const { head, tail, trigger } = thinningOf(reach);
    if (this.size <= trigger) return;
    for (const stretch of new Set(times.map((at) => stretchOf(at, span)))) {
      const start = this.#lower(stretch * span);
      const end = this.#lower((stretch + 1) * span);
      if (end - start > trigger) this.#drop(start + head, end - tail, span);
    }
  }

  /** When there are more than `cap`, drops the oldest tenth, keeping them counted; returns how many. */
  shrink(cap: number, span: number): number {
    if (this.size <= cap) return 0;
    const excess = this.size - Math.floor(cap * 0.9);
    this.#drop(0, excess, span);
    return excess;
  }

  /** Forgets everything older than `keepFrom`, what was dropped too. */
  trim(keepFrom: number): void {
    const end = this.#lower(keepFrom);
    // A mark was last seen with a member that is here, or was dropped.
    if (end === 0 && this.#dropped.size === 0) return;
    this.#remove(0, end);
    for (const [mark, last] of this.#marks) if (last < keepFrom) this.#marks.delete(mark);
    for (const [stretch, { to }] of this.#dropped) if (to < keepFrom) this.#dropped.delete(stretch);
  }

  #drop(start: number, end: number, span: number): void {
    for (const { at } of this.#slice(start, end)) {
      const stretch = stretchOf(at, span);
      this.#dropped.set(stretch, addDropped(this.#dropped.get(stretch), { n: 1, from: at, to: at }));
    }
    this.#remove(start, end);
  }

  #remove(start: number, end: number): void {
    if (start === end) return;
    for (const id of this.#ids.splice(start, end - start)) this.#known.delete(id);
    this.#times.splice(start, end - start);
  }

  #slice(start: number, end: number): StoredMember[] {
    const members: StoredMember[] = [];
    for (let n = start; n < end; n += 1) members.push({ id: this.#ids[n]!, at: this.#times[n]! });
    return members;
  }

  /** Position of the first member at or after a time. */
  #lower(at: number): number {
    const times = this.#times;
    let low = 0;
    let high = times.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (times[middle]! < at) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** Where a member belongs that is not there: among those of its time by id. */
  #position(id: string, at: number): number {
    let low = this.#lower(at);
    let high = this.#lower(at + 1);
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#precedes(middle, id, at)) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  #precedes(position: number, id: string, at: number): boolean {
    const time = this.#times[position]!;
    return time < at || (time === at && this.#ids[position]! < id);
  }
}
