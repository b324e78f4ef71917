import type { Sighting } from "./stretches.ts";
import { TimedIds } from "./timed-ids.ts";

/** From how many marks on it pays to look one up instead of searching for it. */
const manyMarks = 16;

/** The marks of one group in memory, in order of when each was last seen. */
export class MarkList {
  readonly #order = new TimedIds();
  #last: Map<string, number> | undefined;

  /** Notes that a mark was seen; returns when it was last seen before, -Infinity: never. */
  see(mark: string, at: number): number {
    const last = this.#lastOf(mark);
    if (last >= at) return last;
    if (last !== -Infinity) {
      const position = this.#positionOf(mark, last);
      this.#order.remove(position, position + 1);
    }
    this.#order.insert(mark, at);
    this.#last?.set(mark, at);
    if (this.#last === undefined && this.#order.size > manyMarks) this.#last = new Map(this.#entries());
    return last;
  }

  /** How many were seen at `from` or later; may stop counting at `enough`. */
  since(from: number): number {
    return this.#order.size - this.#order.before(from);
  }

  /** Those last seen in a closed interval, the latest first, as many as asked for at most. */
  seen(from: number, to: number, most: number): Sighting[] {
    const sightings: Sighting[] = [];
    for (let n = this.#order.before(to + 1) - 1; n >= 0 && sightings.length < most; n -= 1) {
      const at = this.#order.timeAt(n)!;
      if (at < from) break;
      sightings.push({ mark: this.#order.idAt(n), at });
    }
    return sightings;
  }

  /** Forgets the marks that were last seen before. */
  trim(keepFrom: number): void {
    const gone = this.#order.before(keepFrom);
    if (this.#last !== undefined) for (let n = 0; n < gone; n += 1) this.#last.delete(this.#order.idAt(n));
    if (gone > 0) this.#order.remove(0, gone);
  }

  #lastOf(mark: string): number {
    if (this.#last !== undefined) return this.#last.get(mark) ?? -Infinity;
    const position = this.#order.find(mark);
    return position < 0 ? -Infinity : this.#order.timeAt(position)!;
  }

  #positionOf(mark: string, last: number): number {
    let position = this.#order.before(last);
    while (this.#order.idAt(position) !== mark) position += 1;
    return position;
  }

  *#entries(): Generator<[string, number]> {
    for (let n = 0; n < this.#order.size; n += 1) yield [this.#order.idAt(n), this.#order.timeAt(n)!];
  }
}
