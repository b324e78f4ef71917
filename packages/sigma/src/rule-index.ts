import { FieldIndex, type IndexedAtom } from "./field-index.ts";
import type { Atom, DetectionRule, SigmaEvent } from "./rule.ts";
import type { Collect } from "./whole-texts.ts";
import { atomKey, guessWeights, type Weigh, type Witness, witnessesOf } from "./witness.ts";

/** A rule and its place in the set. */
export interface NumberedRule {
  readonly rule: DetectionRule;
  readonly number: number;
}

/** After so many events the index is made anew, with what they have shown to be rare. */
const lessons = [500, 2000, 8000, 32_000];

/**
 * Finds among rules of one logsource those that a record can match, by one necessary condition of each: the values of a
 * field are looked up or read through once, however many rules ask about them. Which condition that is, is a guess at
 * first, and learned from the stream; it changes what a record costs, never what is found.
 */
export class RuleIndex {
  readonly #rules: readonly NumberedRule[];
  readonly #guess: Weigh;
  /** Share of events in which an atom held. */
  readonly #seen = new Map<string, number>();
  /** Rules of which nothing necessary is known. */
  readonly #always: readonly number[];
  #witnesses: ReadonlyMap<DetectionRule, Witness>;
  #fields: readonly FieldIndex[];
  #events = 0;
  #lesson = 0;

  constructor(rules: readonly NumberedRule[]) {
    this.#rules = rules;
    this.#guess = guessWeights(rules.map(({ rule }) => rule));
    this.#witnesses = witnessesOf(rules, this.#guess);
    this.#always = rules.filter(({ rule }) => rule.needs === undefined).map(({ number }) => number);
    this.#fields = fieldsOf(rules, this.#witnesses);
  }

  /** Tells every rule whose necessary condition holds in the event. */
  collect(event: SigmaEvent, collect: Collect): void {
    if (this.#events === lessons[this.#lesson]) this.#learn();
    this.#events += 1;
    for (const number of this.#always) collect(number);
    for (const field of this.#fields) field.collect(event, collect);
  }

  /** The condition by which a rule is found; undefined: it is asked about every event of its logsource. */
  witnessOf(rule: DetectionRule): Witness | undefined {
    return this.#witnesses.get(rule);
  }

  #learn(): void {
    for (const field of this.#fields)
      for (const [atom, { hits }] of field.hits()) this.#seen.set(atomKey(atom), hits / this.#events);
    const weigh = (atom: Atom): number => this.#seen.get(atomKey(atom)) ?? this.#guess(atom);
    this.#witnesses = witnessesOf(this.#rules, weigh);
    this.#fields = fieldsOf(this.#rules, this.#witnesses);
    this.#events = 0;
    this.#lesson += 1;
  }
}

function fieldsOf(
  rules: readonly NumberedRule[],
  witnesses: ReadonlyMap<DetectionRule, Witness>,
): readonly FieldIndex[] {
  const atoms = rules.flatMap(({ rule, number }): IndexedAtom[] =>
    (witnesses.get(rule) ?? []).map((atom) => ({ ...atom, number })),
  );
  return [...Map.groupBy(atoms, ({ field }) => field)].map((entry) => new FieldIndex(...entry));
}
