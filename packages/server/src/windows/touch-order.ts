/**
 * The slots of a table in the order in which they were touched. Each knows its neighbours, so that to touch one changes
 * three places however many there are.
 */
export class TouchOrder {
  /** Of each slot, one up because slot 0 of the links is the ends of the order: the one touched before it and the one after. */
  #links = new Int32Array(64);

  /** The slot that was touched longest ago; -1: there is none. */
  get oldest(): number {
    return this.#links[1]! - 1;
  }

  /** Reads what `touch` will change; what it returns means nothing. */
  read(slot: number): number {
    const links = this.#links;
    const at = 2 * slot + 2;
    return links[2 * links[at]!]! + links[2 * links[at + 1]!]!;
  }

  /** Makes a slot the last one; it may be new. */
  touch(slot: number): void {
    const at = slot + 1;
    if (this.#links[0] === at) return;
    if (2 * at >= this.#links.length) this.#grow(2 * at + 2);
    else this.remove(slot);
    const links = this.#links;
    const last = links[0]!;
    links[2 * at] = last;
    links[2 * at + 1] = 0;
    links[2 * last + 1] = at;
    links[0] = at;
  }

  /** Takes a slot out; one that is not in the order is left alone. */
  remove(slot: number): void {
    const at = slot + 1;
    const links = this.#links;
    const before = links[2 * at]!;
    const after = links[2 * at + 1]!;
    if (links[2 * before + 1] !== at) return;
    links[2 * before + 1] = after;
    links[2 * after] = before;
    links[2 * at] = 0;
    links[2 * at + 1] = 0;
  }

  #grow(least: number): void {
    const links = new Int32Array(Math.max(least, 2 * this.#links.length));
    links.set(this.#links);
    this.#links = links;
  }
}
