import { FieldIndex, type IndexedAtom } from "./field-index.ts";
import type { DetectionRule, SigmaEvent } from "./rule.ts";
import type { Collect } from "./whole-texts.ts";
import { type Witness, witnessesOf } from "./witness.ts";

/** A rule and its place in the set. */
export interface NumberedRule {
  readonly rule: DetectionRule;
  readonly number: number;
}

/**
 * Finds among rules of one logsource those that a record can match, by one necessary condition of each: the values of a
 * field are looked up or read through once, however many rules ask about them.
 */
export class RuleIndex {
  /** Rules of which nothing necessary is known. */
  readonly #always: readonly number[];
  readonly #fields: readonly FieldIndex[];
  readonly #witnesses: ReadonlyMap<DetectionRule, Witness>;

  constructor(rules: readonly NumberedRule[]) {
    this.#witnesses = witnessesOf(rules.map(({ rule }) => rule));
    const atoms = rules.flatMap(({ rule, number }): IndexedAtom[] =>
      (this.#witnesses.get(rule) ?? []).map((atom) => ({ ...atom, number })),
    );
    this.#always = rules.filter(({ rule }) => !this.#witnesses.has(rule)).map(({ number }) => number);
    this.#fields = [...Map.groupBy(atoms, ({ field }) => field)].map((entry) => new FieldIndex(...entry));
  }

  /** Tells every rule whose necessary condition holds in the event. */
  collect(event: SigmaEvent, collect: Collect): void {
    for (const number of this.#always) collect(number);
    for (const field of this.#fields) field.collect(event, collect);
  }

  /** The condition by which a rule is found; undefined: it is asked about every event of its logsource. */
  witnessOf(rule: DetectionRule): Witness | undefined {
    return this.#witnesses.get(rule);
  }
}
