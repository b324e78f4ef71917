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

/** The members of one group in memory, in order of (at, id), with what was dropped of them per stretch. */
export class MemberList implements MemberIndex {
  #members: StoredMember[] = [];
  readonly #times = new Map<string, number>();
  /** When each mark was last seen. */
  readonly #marks = new Map<string, number>();
  readonly #dropped = new Map<number, Dropped>();

  get size(): number {
    return this.#members.length;
  }

  has(id: string): boolean {
    return this.#times.has(id);
  }

  /** Adds a member that is not there. */
  add(member: StoredMember): void {
    this.#times.set(member.id, member.at);
    const last = this.#members.at(-1);
    if (last === undefined || precedes(last, member)) this.#members.push(member);
    else this.#members.splice(this.#position(member), 0, member);
  }

  /** Notes the mark of a member that was added. */
  mark({ id, at }: StoredMember): void {
    const mark = markIn(id);
    this.#marks.set(mark, Math.max(at, this.#marks.get(mark) ?? at));
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
    return this.#members[this.#lower(at) - n]?.at;
  }

  timeAfter(at: number, n: number): number | undefined {
    return this.#members[this.#lower(at + 1) + n - 1]?.at;
  }

  members(from: number, to: number): StoredMember[] {
    return this.#members.slice(this.#lower(from), this.#lower(to + 1));
  }

  /** Counts the range, dropped members included, and returns its first ones. */
  view({ from, to, limit }: Range): RangeView {
    const start = this.#lower(from);
    const end = this.#lower(to + 1);
    return {
      count: end - start + countDropped(this.#dropped.values(), from, to),
      first: this.#members.slice(start, Math.min(end, start + limit)),
    };
  }

  /** Thins the stretches that these times fall in where they hold far more than `reach` members. */
  thin(times: readonly number[], reach: number, span: number): void {
    const { head, tail, trigger } = thinningOf(reach);
    if (this.#members.length <= trigger) return;
    for (const stretch of new Set(times.map((at) => stretchOf(at, span)))) {
      const start = this.#lower(stretch * span);
      const end = this.#lower((stretch + 1) * span);
      if (end - start > trigger) this.#drop(start + head, end - tail, span);
    }
  }

  /** When there are more than `cap`, drops the oldest tenth, keeping them counted; returns how many. */
  shrink(cap: number, span: number): number {
    if (this.#members.length <= cap) return 0;
    const excess = this.#members.length - Math.floor(cap * 0.9);
    this.#drop(0, excess, span);
    return excess;
  }

  /** Forgets everything older than `keepFrom`, what was dropped too. */
  trim(keepFrom: number): boolean {
    const end = this.#lower(keepFrom);
    for (const { id } of this.#members.splice(0, end)) this.#times.delete(id);
    for (const [mark, last] of this.#marks) if (last < keepFrom) this.#marks.delete(mark);
    for (const [stretch, { to }] of this.#dropped) if (to < keepFrom) this.#dropped.delete(stretch);
    return end > 0;
  }

  #drop(start: number, end: number, span: number): void {
    for (const { id, at } of this.#members.splice(start, end - start)) {
      this.#times.delete(id);
      const stretch = stretchOf(at, span);
      this.#dropped.set(stretch, addDropped(this.#dropped.get(stretch), { n: 1, from: at, to: at }));
    }
  }

  /** Position of the first member at or after a time. */
  #lower(at: number): number {
    return bisect(this.#members, (member) => member.at < at);
  }

  #position(member: StoredMember): number {
    return bisect(this.#members, (other) => precedes(other, member));
  }
}

function precedes(a: StoredMember, b: StoredMember): boolean {
  return a.at < b.at || (a.at === b.at && a.id < b.id);
}

/** The first position whose member does not lie before what is looked for. */
function bisect(members: readonly StoredMember[], before: (member: StoredMember) => boolean): number {
  let low = 0;
  let high = members.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (before(members[middle]!)) low = middle + 1;
    else high = middle;
  }
  return low;
}
