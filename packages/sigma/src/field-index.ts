import { Automaton, type Needle } from "./automaton.ts";
import type { Atom, SigmaEvent } from "./rule.ts";
import { type Collect, follow, type Lead, WholeTexts } from "./whole-texts.ts";

/** An atom by which a rule is found. */
export interface IndexedAtom extends Atom {
  /** The rule's place in the set. */
  readonly number: number;
}

/** The atoms about one field: whole texts in a table, parts of texts in one automaton. */
export class FieldIndex {
  readonly #field: string | null;
  /** Each atom once, with all its rules. */
  readonly #leads: ReadonlyMap<Atom, Lead>;
  readonly #exists: readonly Lead[];
  readonly #whole: WholeTexts | undefined;
  readonly #parts: Automaton<Part> | undefined;

  constructor(field: string | null, atoms: readonly IndexedAtom[]) {
    this.#field = field;
    this.#leads = leadsOf(atoms);
    const leads = [...this.#leads];
    this.#exists = leads.filter(([atom]) => isPresence(atom)).map(([, lead]) => lead);
    const texts = leads.filter(([{ place }]) => place === "whole");
    const whole = texts.map(([{ text }, lead]) => [text, lead] as const);
    this.#whole = whole.length === 0 ? undefined : new WholeTexts(new Map(whole));
    const needles = leads.filter(([atom]) => atom.place !== "whole" && !isPresence(atom)).map(needleOf);
    this.#parts = needles.length === 0 ? undefined : new Automaton(needles);
  }

  collect(event: SigmaEvent, collect: Collect): void {
    if (this.#field === null) {
      for (const text of event.texts(null)) this.#scan(text, collect);
      return;
    }
    const value = event.field(this.#field);
    if (value === undefined) return;
    for (const lead of this.#exists) follow(lead, collect);
    // Most values are plain, and to take those apart as if they were lists would cost more than to look them up.
    if (typeof value === "string") this.#read(value, collect);
    else if (typeof value === "number") this.#read(String(value), collect);
    else for (const text of event.texts(this.#field)) this.#read(text, collect);
  }

  /** How often each atom has held so far. */
  hits(): Iterable<readonly [Atom, { readonly hits: number }]> {
    return this.#leads;
  }

  #read(text: string, collect: Collect): void {
    this.#whole?.collect(text, collect);
    this.#scan(text, collect);
  }

  #scan(text: string, collect: Collect): void {
    if (this.#parts === undefined) return;
    this.#parts.scan(text, ({ place, lead }, { start, end, length }) => {
      if ((place === "start" && start > 0) || (place === "end" && end < length)) return;
      follow(lead, collect);
    });
  }
}

function leadsOf(atoms: readonly IndexedAtom[]): ReadonlyMap<Atom, Lead> {
  const byText = Map.groupBy(atoms, ({ place, text }) => `${place} ${text}`);
  return new Map(
    [...byText.values()].map((same) => {
      const numbers = [...new Set(same.map(({ number }) => number))];
      return [same[0]!, { numbers, hits: 0 }];
    }),
  );
}

/** An empty text stands in every value. */
function isPresence({ place, text }: Atom): boolean {
  return place === "exists" || (place !== "whole" && text === "");
}

interface Part {
  readonly place: Atom["place"];
  readonly lead: Lead;
}

/** A longer needle finds little more, and its states cost memory. */
const longestNeedle = 24;

function needleOf([{ place, text }, lead]: readonly [Atom, Lead]): Needle<Part> {
  const cut = place === "start" ? text.slice(0, longestNeedle) : text.slice(-longestNeedle);
  return { text: cut, value: { place, lead } };
}
