import { Automaton, type Needle } from "./automaton.ts";
import type { Atom, SigmaEvent } from "./rule.ts";
import { type Collect, WholeTexts } from "./whole-texts.ts";

/** An atom by which a rule is found. */
export interface IndexedAtom extends Atom {
  /** The rule's place in the set. */
  readonly number: number;
}

/** The atoms about one field: whole texts in a table, parts of texts in one automaton. */
export class FieldIndex {
  readonly #field: string | null;
  readonly #exists: readonly number[];
  readonly #whole: WholeTexts | undefined;
  readonly #parts: Automaton<Part> | undefined;

  constructor(field: string | null, atoms: readonly IndexedAtom[]) {
    const byPlace = Map.groupBy(atoms, ({ place, text }) =>
      place !== "whole" && text === "" ? "exists" : place,
    );
    this.#field = field;
    this.#exists = (byPlace.get("exists") ?? []).map(({ number }) => number);
    const whole = numbersByText(byPlace.get("whole") ?? []);
    this.#whole = whole.size === 0 ? undefined : new WholeTexts(whole);
    const needles = (["start", "end", "inside"] as const).flatMap((place) =>
      [...numbersByText(byPlace.get(place) ?? [])].map(([text, numbers]) => needleOf(place, text, numbers)),
    );
    this.#parts = needles.length === 0 ? undefined : new Automaton(needles);
  }

  collect(event: SigmaEvent, collect: Collect): void {
    if (this.#field === null) {
      this.#scan(event.message(), collect);
      return;
    }
    if (this.#exists.length > 0 && event.field(this.#field) !== undefined)
      for (const number of this.#exists) collect(number);
    for (const text of event.texts(this.#field)) {
      this.#whole?.collect(text, collect);
      this.#scan(text, collect);
    }
  }

  #scan(text: string, collect: Collect): void {
    this.#parts?.scan(text, ({ place, numbers }, { start, end, length }) => {
      if ((place === "start" && start > 0) || (place === "end" && end < length)) return;
      for (const number of numbers) collect(number);
    });
  }
}

interface Part {
  readonly place: Atom["place"];
  readonly numbers: readonly number[];
}

/** A longer needle finds little more, and its states cost memory. */
const longestNeedle = 24;

function needleOf(place: Atom["place"], text: string, numbers: readonly number[]): Needle<Part> {
  const cut = place === "start" ? text.slice(0, longestNeedle) : text.slice(-longestNeedle);
  return { text: cut, value: { place, numbers } };
}

function numbersByText(atoms: readonly IndexedAtom[]): ReadonlyMap<string, readonly number[]> {
  const byText = Map.groupBy(atoms, ({ text }) => text);
  return new Map([...byText].map(([text, found]) => [text, [...new Set(found.map(({ number }) => number))]]));
}
