/**
 * The slots of a table by when they are to be looked at, the earliest first: a binary heap. Where each slot stands is known,
 * so that it is in there once, whatever becomes of its time.
 */
export class DueHeap {
  #slots: number[] = [];
  #times: number[] = [];
  /** Of each slot its place in the heap, one up; 0: it is not there. */
  #places = new Int32Array(64);

  /** The slot whose time comes first; -1: there is none. */
  get first(): number {
    return this.#slots[0] ?? -1;
  }

  /** When a slot is to be looked at; Infinity: it is not in the heap. */
  timeOf(slot: number): number {
    return this.#times[(this.#places[slot] ?? 0) - 1] ?? Infinity;
  }

  /** Says when a slot is to be looked at, instead of what was said before. */
  set(slot: number, at: number): void {
    if (slot >= this.#places.length) this.#grow(slot + 1);
    const place = this.#places[slot]! - 1;
    if (place < 0) this.#up(this.#slots.length, slot, at);
    else if (at < this.#times[place]!) this.#up(place, slot, at);
    else this.#down(place, slot, at);
  }

  remove(slot: number): void {
    const place = (this.#places[slot] ?? 0) - 1;
    if (place < 0) return;
    this.#places[slot] = 0;
    const last = this.#slots.pop()!;
    const at = this.#times.pop()!;
    if (last === slot) return;
    const parent = (place - 1) >> 1;
    if (place > 0 && at < this.#times[parent]!) this.#up(place, last, at);
    else this.#down(place, last, at);
  }

  #up(from: number, slot: number, at: number): void {
    let place = from;
    while (place > 0) {
      const parent = (place - 1) >> 1;
      if (this.#times[parent]! <= at) break;
      this.#put(place, this.#slots[parent]!, this.#times[parent]!);
      place = parent;
    }
    this.#put(place, slot, at);
  }

  #down(from: number, slot: number, at: number): void {
    let place = from;
    for (;;) {
      let child = 2 * place + 1;
      if (child >= this.#slots.length) break;
      if (child + 1 < this.#slots.length && this.#times[child + 1]! < this.#times[child]!) child += 1;
      if (this.#times[child]! >= at) break;
      this.#put(place, this.#slots[child]!, this.#times[child]!);
      place = child;
    }
    this.#put(place, slot, at);
  }

  #put(place: number, slot: number, at: number): void {
    this.#slots[place] = slot;
    this.#times[place] = at;
    this.#places[slot] = place + 1;
  }

  #grow(least: number): void {
    const places = new Int32Array(Math.max(least, 2 * this.#places.length));
    places.set(this.#places);
    this.#places = places;
  }
}
