import { fold } from "./fold.ts";

/** Takes the number of a rule that can match; the same one may come more than once. */
export type Collect = (number: number) => void;

/** Table size: a power of two, many times the texts of most fields. */
const marks = 8192;

/**
 * Whole texts and the rules that ask for each. Most texts of a stream are none of them, and to see that from four of
 * their characters costs a tenth of folding and hashing them.
 */
export class WholeTexts {
  readonly #numbers: ReadonlyMap<string, readonly number[]>;
  /** Where a text that is there has its mark. */
  readonly #marked = new Uint8Array(marks);

  /** Texts are folded. */
  constructor(numbers: ReadonlyMap<string, readonly number[]>) {
    this.#numbers = numbers;
    for (const text of numbers.keys()) this.#marked[markOf(text)] = 1;
    // For every text of which the mark says nothing.
    this.#marked[0] = 1;
  }

  collect(text: string, collect: Collect): void {
    if (this.#marked[markOf(text)] === 0) return;
    const numbers = this.#numbers.get(fold(text));
    if (numbers !== undefined) for (const number of numbers) collect(number);
  }
}

/** From the two first and the two last characters, whatever their case; 0 when one of them is beyond ASCII, or missing. */
function markOf(text: string): number {
  const { length } = text;
  if (length < 2) return 0;
  const first = text.charCodeAt(0);
  const second = text.charCodeAt(1);
  const beforeLast = text.charCodeAt(length - 2);
  const last = text.charCodeAt(length - 1);
  if ((first | second | beforeLast | last) > 127) return 0;
  // The bit that tells the two cases of a letter apart is left out.
  const mixed = (first & 95) * 5 + (second & 95) * 131 + (beforeLast & 95) * 31 + (last & 95) * 1031;
  return 1 + (mixed % (marks - 1));
}
