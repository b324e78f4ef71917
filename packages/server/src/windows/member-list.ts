import { MarkList } from "./mark-list.ts";
import {
  addDropped,
  countDropped,
  type Dropped,
  type MemberIndex,
  markIn,
  type Sighting,
  stretchOf,
  thinningOf,
} from "./stretches.ts";
import { TimedIds } from "./timed-ids.ts";
import type { Range, RangeView, StoredMember } from "./windows.ts";

/** From how many members on it pays to look one up instead of searching for it. */
const manyMembers = 24;

/**
 * The members of one group in memory, in order of (at, id), with what was dropped of them per stretch. There are very many
 * small groups: what only large or marked ones need is made when it is needed.
 */
export class MemberList extends TimedIds implements MemberIndex {
  #known: Set<string> | undefined;
  #marks: MarkList | undefined;
  #dropped: Map<number, Dropped> | undefined;

  has(id: string): boolean {
    return this.#known === undefined ? this.find(id) >= 0 : this.#known.has(id);
  }

  /** Adds a member; false: it is there already. */
  add({ id, at }: StoredMember): boolean {
    if (this.has(id)) return false;
    this.insert(id, at);
    if (this.#known !== undefined) this.#known.add(id);
    else if (this.size > manyMembers) this.#known = new Set(this.#slice(0, this.size).map((each) => each.id));
    return true;
  }

  /** Notes the mark of a member that was added; returns when it was last seen before, -Infinity: never. */
  mark({ id, at }: StoredMember): number {
    this.#marks ??= new MarkList();
    return this.#marks.see(markIn(id), at);
  }

  marksSince(from: number): number {
    return this.#marks?.since(from) ?? 0;
  }

  seen(from: number, to: number, most: number): Sighting[] {
    return this.#marks?.seen(from, to, most) ?? [];
  }

  count(from: number, to: number, enough: number): number {
    return this.size < enough ? this.size : this.before(to + 1) - this.before(from);
  }

  timeBefore(at: number, n: number): number | undefined {
    return this.timeAt(this.before(at) - n);
  }

  timeAfter(at: number, n: number): number | undefined {
    return this.timeAt(this.before(at + 1) + n - 1);
  }

  forward(from: number, to: number, isEnough: (member: StoredMember) => boolean): void {
    const end = this.before(to + 1);
    for (let n = this.before(from); n < end; n += 1) if (isEnough(this.#nth(n))) return;
  }

  backward(from: number, to: number, isEnough: (member: StoredMember) => boolean): void {
    const start = this.before(from);
    for (let n = this.before(to + 1) - 1; n >= start; n -= 1) if (isEnough(this.#nth(n))) return;
  }

  members(from: number, to: number): StoredMember[] {
    return this.#slice(this.before(from), this.before(to + 1));
  }

  /** Counts the range, dropped members included, and returns its first ones. */
  view({ from, to, limit }: Range): RangeView {
    const start = this.before(from);
    const end = this.before(to + 1);
    const dropped = this.#dropped === undefined ? 0 : countDropped(this.#dropped.values(), from, to);
    return { count: end - start + dropped, first: this.#slice(start, Math.min(end, start + limit)) };
  }

  /** Thins the stretches that these times fall in where they hold far more than `reach` members. */
  thin(times: readonly number[], reach: number, span: number): void {
    const { head, tail, trigger } = thinningOf(reach);
    if (this.size <= trigger) return;
    for (const stretch of new Set(times.map((at) => stretchOf(at, span)))) {
      const start = this.before(stretch * span);
      const end = this.before((stretch + 1) * span);
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
    this.#leave(0, this.before(keepFrom));
    this.#marks?.trim(keepFrom);
    if (this.#dropped === undefined) return;
    for (const [stretch, { to }] of this.#dropped) if (to < keepFrom) this.#dropped.delete(stretch);
    if (this.#dropped.size === 0) this.#dropped = undefined;
  }

  #drop(start: number, end: number, span: number): void {
    this.#dropped ??= new Map();
    for (let n = start; n < end; n += 1) {
      const at = this.timeAt(n)!;
      const stretch = stretchOf(at, span);
      this.#dropped.set(stretch, addDropped(this.#dropped.get(stretch), { n: 1, from: at, to: at }));
    }
    this.#leave(start, end);
  }

  #leave(start: number, end: number): void {
    if (start === end) return;
    if (this.#known !== undefined) {
      for (let n = start; n < end; n += 1) this.#known.delete(this.idAt(n));
    }
    this.remove(start, end);
    if (this.size <= manyMembers / 2) this.#known = undefined;
  }

  #slice(start: number, end: number): StoredMember[] {
    const members: StoredMember[] = [];
    for (let n = start; n < end; n += 1) members.push(this.#nth(n));
    return members;
  }

  #nth(n: number): StoredMember {
    return { id: this.idAt(n), at: this.timeAt(n)! };
  }
}
