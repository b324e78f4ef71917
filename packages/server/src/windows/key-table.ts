import { randomInt } from "node:crypto";

/**
 * Finds the slot of a key. A hash table whose entries, a hash and a slot, stand one after the other in one typed array: where
 * there are millions of keys a search reads two places in memory, and a Map a dozen.
 */
export class KeyTable {
  /** By slot; whoever has the slot says what its key is. */
  readonly #keys: string[] = [];
  /** Pairs of a hash and a slot, one up; 0: nothing stands there. A key stands at its hash, or in the first free place after. */
  #entries = new Int32Array(64);
  /** Random, so that nobody can choose keys that have one hash. */
  readonly #seed = randomInt(2 ** 31) | 1;
  #size = 0;

  get size(): number {
    return this.#size;
  }

  /** The key of a slot. */
  keyOf(slot: number): string {
    return this.#keys[slot]!;
  }

  hashOf(key: string): number {
    let hash = this.#seed;
    for (let n = 0; n < key.length; n += 1) {
      hash = Math.imul(hash ^ key.charCodeAt(n), this.#seed);
      hash ^= hash >>> 15;
    }
    return hash;
  }

  /** The slot of a key with this hash; -1: it is not there. */
  find(key: string, hash: number): number {
    const entries = this.#entries;
    const mask = entries.length - 1;
    for (let at = (hash << 1) & mask; entries[at + 1] !== 0; at = (at + 2) & mask) {
      if (entries[at] !== hash) continue;
      const slot = entries[at + 1]! - 1;
      if (this.#keys[slot] === key) return slot;
    }
    return -1;
  }

  /** The slot that is looked at first for a key with this hash; -1: none is. */
  firstAt(hash: number): number {
    return this.#entries[((hash << 1) & (this.#entries.length - 1)) + 1]! - 1;
  }

  /** Adds a key that is not there. */
  add(key: string, hash: number, slot: number): void {
    this.#keys[slot] = key;
    this.#size += 1;
    if (4 * this.#size > this.#entries.length) this.#grow();
    this.#put(hash, slot + 1);
  }

  remove(slot: number): void {
    const hash = this.hashOf(this.#keys[slot]!);
    this.#keys[slot] = "";
    this.#size -= 1;
    const entries = this.#entries;
    const mask = entries.length - 1;
    let hole = (hash << 1) & mask;
    while (entries[hole + 1] !== slot + 1) hole = (hole + 2) & mask;
    // Whatever stands after the hole and would be looked for at or before it moves into it.
    for (let at = (hole + 2) & mask; entries[at + 1] !== 0; at = (at + 2) & mask) {
      const home = (entries[at]! << 1) & mask;
      if (((at - home) & mask) < ((at - hole) & mask)) continue;
      entries[hole] = entries[at]!;
      entries[hole + 1] = entries[at + 1]!;
      hole = at;
    }
    entries[hole + 1] = 0;
  }

  #put(hash: number, value: number): void {
    const entries = this.#entries;
    const mask = entries.length - 1;
    let at = (hash << 1) & mask;
    while (entries[at + 1] !== 0) at = (at + 2) & mask;
    entries[at] = hash;
    entries[at + 1] = value;
  }

  #grow(): void {
    const before = this.#entries;
    this.#entries = new Int32Array(2 * before.length);
    for (let at = 0; at < before.length; at += 2) {
      if (before[at + 1] !== 0) this.#put(before[at]!, before[at + 1]!);
    }
  }
}
