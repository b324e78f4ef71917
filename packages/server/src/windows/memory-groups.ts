import { DueHeap } from "./due-heap.ts";
import { KeyTable } from "./key-table.ts";
import { MemberList } from "./member-list.ts";
import { TouchOrder } from "./touch-order.ts";

/** The numbers of a group and where they stand in its row; times in milliseconds. */
export const column = {
  version: 0,
  edition: 1,
  /** Greatest event time; -Infinity before the first. */
  latest: 2,
  /** Members older than this are late. */
  closedTo: 3,
  expiresAt: 4,
  /** When a sweep is to see it because it is abandoned: when it expires, or at the end of a lease. */
  idleAt: 5,
  /** When a sweep is to see it for what it has to publish. */
  dueAt: 6,
} as const;

const width = 8;
const fresh = [0, 0, -Infinity, -Infinity, 0, Infinity, Infinity, 0];

/**
 * The groups in memory. Each has a slot: a row of numbers in one typed array, and a place in lists of keys, members and
 * states. So a group costs one object, and a million of them are no more work for the garbage collector than its members.
 */
export class MemoryGroups {
  readonly #keys = new KeyTable();
  readonly #lists: MemberList[] = [];
  readonly #states: unknown[] = [];
  readonly #free: number[] = [];
  readonly #order = new TouchOrder();
  readonly #heap = new DueHeap();
  #numbers = new Float64Array(16 * width);
  /** Nobody asks for it, but what is read has to go somewhere. */
  foreseen = 0;

  get size(): number {
    return this.#keys.size;
  }

  /** What is asked for beside a key. */
  hashOf(key: string): number {
    return this.#keys.hashOf(key);
  }

  /** The slot of a group; -1: there is no such group. */
  find(key: string, hash: number): number {
    return this.#keys.find(key, hash);
  }

  /**
   * Reads a little of what steps on these groups will read, of all of them before any is taken: with very many groups
   * everything has to be fetched from far, and here nothing waits for what another group has to fetch.
   */
  foresee(hashes: readonly number[]): void {
    const slots = hashes.map((hash) => this.#keys.firstAt(hash)).filter((slot) => slot >= 0);
    for (const slot of slots) {
      this.foreseen += this.#numbers[slot * width]! + this.#order.read(slot) + this.#lists[slot]!.size;
    }
    for (const slot of slots) {
      this.foreseen += this.#lists[slot]!.read() + this.#keys.keyOf(slot).length;
    }
  }

  /** The slot of a group, made when it is not there, now the last one touched. */
  touch(key: string, hash: number): number {
    let slot = this.#keys.find(key, hash);
    if (slot < 0) slot = this.#add(key, hash);
    this.#order.touch(slot);
    return slot;
  }

  remove(slot: number): void {
    this.#keys.remove(slot);
    this.#order.remove(slot);
    this.#heap.remove(slot);
    this.#lists[slot] = noMembers;
    this.#states[slot] = undefined;
    this.#free.push(slot);
  }

  /** Removes the group that was touched longest ago. */
  removeOldest(): void {
    this.remove(this.#order.oldest);
  }

  number(slot: number, at: number): number {
    return this.#numbers[slot * width + at]!;
  }

  setNumber(slot: number, at: number, value: number): void {
    this.#numbers[slot * width + at] = value;
  }

  list(slot: number): MemberList {
    return this.#lists[slot]!;
  }

  state(slot: number): unknown {
    return this.#states[slot];
  }

  setState(slot: number, state: unknown): void {
    this.#states[slot] = state;
  }

  /**
   * Says when a sweep is to see a group. One that is put off stands in the heap where it did: it is found not to be due
   * when its time comes.
   */
  schedule(slot: number, at: typeof column.idleAt | typeof column.dueAt, time: number): void {
    const before = this.number(slot, at);
    this.setNumber(slot, at, time);
    if (time < before && time < this.#heap.timeOf(slot)) this.#heap.set(slot, time);
  }

  /** Takes up to `limit` groups that are due or abandoned at `now`, and makes them so again at `until`; tells their keys. */
  lease(now: number, until: number, limit: number): string[] {
    const keys: string[] = [];
    while (keys.length < limit) {
      const slot = this.#heap.first;
      if (slot < 0 || this.#heap.timeOf(slot) > now) break;
      if (this.#leaseOne(slot, now, until)) keys.push(this.#keys.keyOf(slot));
      const at = Math.min(this.number(slot, column.dueAt), this.number(slot, column.idleAt));
      this.#heap.set(slot, at);
    }
    return keys;
  }

  #leaseOne(slot: number, now: number, until: number): boolean {
    const isDue = this.number(slot, column.dueAt) <= now;
    const isIdle = this.number(slot, column.idleAt) <= now;
    if (isDue) this.setNumber(slot, column.dueAt, until);
    if (isIdle) this.setNumber(slot, column.idleAt, until);
    return isDue || isIdle;
  }

  #add(key: string, hash: number): number {
    const slot = this.#free.pop() ?? this.#lists.length;
    this.#keys.add(key, hash, slot);
    this.#lists[slot] = new MemberList();
    this.#states[slot] = undefined;
    if ((slot + 1) * width > this.#numbers.length) {
      const numbers = new Float64Array(2 * this.#numbers.length);
      numbers.set(this.#numbers);
      this.#numbers = numbers;
    }
    this.#numbers.set(fresh, slot * width);
    return slot;
  }
}

const noMembers = new MemberList();
