import { fold } from "./fold.ts";

/** A text to be found, and what is told where it is. */
export interface Needle<T> {
  /** Folded, and never empty. */
  readonly text: string;
  readonly value: T;
}

/** Told of each place where a needle ends in a text of this length: `start` is where it begins, `end` the place behind it. */
export type OnFound<T> = (value: T, place: { start: number; end: number; length: number }) => void;

/** The class of every character beyond ASCII: a needle may be reported that is not there, none is missed. */
const beyondAscii = 127;

/** The Kelvin sign, the one character beyond ASCII that folds to one of ASCII. */
const kelvin = 0x212a;

/**
 * Finds many needles in one pass over a text, whatever its case, at a cost per character that does not grow with their
 * number (A. Aho, M. Corasick, Efficient string matching, CACM 18(6), 1975), as a complete table of states and characters.
 */
export class Automaton<T> {
  /** By character; the two cases of a letter are one class. */
  readonly #classOf: Uint8Array;
  readonly #width: number;
  /** By state and class of character the next state, doubled, and odd where needles end: one look-up per character. */
  readonly #next: Uint16Array | Int32Array;
  /** Needles that end in a state. */
  readonly #found: readonly (readonly Needle<T>[] | undefined)[];
  /** Set where the needles are few: what it does not find in a text is not there. */
  readonly #any: RegExp | undefined;

  constructor(needles: readonly Needle<T>[]) {
    const { classOf, width } = classesOf(needles);
    this.#classOf = classOf;
    this.#width = width;
    const trie = plant(needles, classOf, width);
    this.#found = complete(trie, width);
    this.#any = needles.length > fewNeedles ? undefined : anyOf(needles);
    // Half the memory is fewer misses of the processor's cache, and nearly every table is small enough.
    const Table = trie.ends.length < 0x8000 ? Uint16Array : Int32Array;
    this.#next = new Table(trie.next.length);
    for (let edge = 0; edge < trie.next.length; edge += 1) {
      const state = trie.next[edge]!;
      this.#next[edge] = state * 2 + (this.#found[state] === undefined ? 0 : 1);
    }
  }

  /** Reports every needle at every place where it stands, and where it may stand for what is beyond ASCII. */
  scan(text: string, onFound: OnFound<T>): void {
    if (text.length >= longText && this.#any?.test(text) === false) return;
    const next = this.#next;
    const classOf = this.#classOf;
    const width = this.#width;
    const length = text.length;
    let state = 0;
    for (let at = 0; at < length; at += 1) {
      let code = text.charCodeAt(at);
      if (code >= beyondAscii) {
        if (code === kelvin) {
          this.scan(fold(text), onFound);
          return;
        }
        code = beyondAscii;
      }
      const step = next[state * width + classOf[code]!]!;
      state = step >> 1;
      if ((step & 1) === 0) continue;
      const end = at + 1;
      for (const { value, text: found } of this.#found[state]!)
        onFound(value, { start: end - found.length, end, length });
    }
  }
}

/** Up to so many needles the engine's own search for one of them is several times faster than the table, in a long text. */
const fewNeedles = 24;
const longText = 24;

/** Finds every text that may hold one of the needles, also where a Kelvin sign stands for the k of one. */
function anyOf(needles: readonly Needle<unknown>[]): RegExp {
  const texts = needles.map(({ text }) => RegExp.escape(text).replace(/[^\x20-\x7e]/g, "[^]"));
  return new RegExp([...texts, "\\u212a"].join("|"), "i");
}

/** Characters that no needle has are one class: 0. */
function classesOf(needles: readonly Needle<unknown>[]): { classOf: Uint8Array; width: number } {
  const classOf = new Uint8Array(beyondAscii + 1);
  let width = 1;
  for (const { text } of needles) {
    for (let at = 0; at < text.length; at += 1) {
      const code = Math.min(text.charCodeAt(at), beyondAscii);
      if (classOf[code] !== 0) continue;
      classOf[code] = width;
      width += 1;
    }
  }
  const gap = "a".charCodeAt(0) - "A".charCodeAt(0);
  for (let code = "A".charCodeAt(0); code <= "Z".charCodeAt(0); code += 1)
    classOf[code] = classOf[code + gap]!;
  return { classOf, width };
}

/** States are numbered in the order in which they were made, 0 is the start. */
interface Trie<T> {
  /** Next state by state and class of character; 0 where there is none. */
  readonly next: Int32Array;
  readonly ends: (Needle<T>[] | undefined)[];
}

function plant<T>(needles: readonly Needle<T>[], classOf: Uint8Array, width: number): Trie<T> {
  const most = needles.reduce((sum, { text }) => sum + text.length, 1);
  const next = new Int32Array(most * width);
  const ends: (Needle<T>[] | undefined)[] = [undefined];
  for (const needle of needles) {
    let state = 0;
    for (let at = 0; at < needle.text.length; at += 1) {
      const edge = state * width + classOf[Math.min(needle.text.charCodeAt(at), beyondAscii)]!;
      if (next[edge] === 0) {
        next[edge] = ends.length;
        ends.push(undefined);
      }
      state = next[edge]!;
    }
    ends[state] = [...(ends[state] ?? []), needle];
  }
  return { next: next.slice(0, ends.length * width), ends };
}

/** Fills in where a state goes on with what does not continue it, and what else ends in it; the shorter come first. */
function complete<T>({ next, ends }: Trie<T>, width: number): readonly (readonly Needle<T>[] | undefined)[] {
  const fallback = new Int32Array(ends.length);
  const queue = [...next.subarray(0, width)].filter((state) => state !== 0);
  for (const state of queue) {
    const shorter = fallback[state]!;
    if (ends[shorter] !== undefined) ends[state] = [...(ends[state] ?? []), ...ends[shorter]];
    for (let index = 0; index < width; index += 1) {
      const edge = state * width + index;
      const child = next[edge]!;
      const other = next[shorter * width + index]!;
      if (child === 0) next[edge] = other;
      else {
        fallback[child] = other;
        queue.push(child);
      }
    }
  }
  return ends;
}
