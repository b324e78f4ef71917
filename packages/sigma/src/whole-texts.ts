import { fold } from "./fold.ts";

/** Takes the number of a rule that can match; the same one may come more than once. */
export type Collect = (number: number) => void;

/** The rules that one atom leads to, and how often it held. */
export interface Lead {
  readonly numbers: readonly number[];
  hits: number;
}

/** Counts that an atom held, and tells the rules that it leads to. */
export function follow(lead: Lead, collect: Collect): void {
  lead.hits += 1;
  for (const number of lead.numbers) collect(number);
}

/** Places for marks per text: few texts share one, and the tables of all fields stay within the processor's caches. */
const placesPerText = 32;

/**
 * Whole texts and where each leads. Most texts of a stream are none of them, and to see that from four of their
 * characters costs a tenth of folding and hashing them.
 */
export class WholeTexts {
  readonly #leads: ReadonlyMap<string, Lead>;
  /** Where a text that is there has its mark. */
  readonly #marked: Uint8Array;

  /** Texts are folded. */
  constructor(leads: ReadonlyMap<string, Lead>) {
    this.#leads = leads;
    this.#marked = new Uint8Array(Math.min(8192, 2 + leads.size * placesPerText));
    for (const text of leads.keys()) this.#marked[this.#placeOf(text)] = 1;
    // For every text of which the mark says nothing.
    this.#marked[0] = 1;
  }

  collect(text: string, collect: Collect): void {
    if (this.#marked[this.#placeOf(text)] === 0) return;
    const lead = this.#leads.get(fold(text));
    if (lead !== undefined) follow(lead, collect);
  }

  #placeOf(text: string): number {
    const mark = markOf(text);
    return mark === undefined ? 0 : 1 + (mark % (this.#marked.length - 1));
  }
}

/** From the two first and the two last characters, whatever their case; undefined when one is beyond ASCII, or missing. */
function markOf(text: string): number | undefined {
  const { length } = text;
  if (length < 2) return undefined;
  const first = text.charCodeAt(0);
  const second = text.charCodeAt(1);
  const beforeLast = text.charCodeAt(length - 2);
  const last = text.charCodeAt(length - 1);
  if ((first | second | beforeLast | last) > 127) return undefined;
  // The bit that tells the two cases of a letter apart is left out.
  return (first & 95) * 5 + (second & 95) * 131 + (beforeLast & 95) * 31 + (last & 95) * 1031;
}
