import { Automaton } from "./automaton.ts";
import { atomsOf } from "./need.ts";
import type { Atom, DetectionRule, Need } from "./rule.ts";

/** Atoms of which at least one holds in every record that a rule matches. */
export type Witness = readonly Atom[];

/**
 * Chooses for each rule the part of its needs that few records hold, as far as that shows in the rules themselves: of all
 * that they ask about a field, what many ask for is common, and so is a short text. A rule without needs has none.
 */
export function witnessesOf(rules: readonly DetectionRule[]): ReadonlyMap<DetectionRule, Witness> {
  const weigh = weightsOf(rules);
  return new Map(
    rules.flatMap((rule) => (rule.needs === undefined ? [] : [[rule, choose(rule.needs, weigh).atoms]])),
  );
}

interface Choice {
  readonly atoms: Witness;
  /** About the share of records that hold one of them, as far as choices are compared. */
  readonly weight: number;
}

function choose(need: Need, weigh: (atom: Atom) => number): Choice {
  if ("all" in need) {
    const choices = need.all.map((part) => choose(part, weigh));
    return choices.reduce((best, choice) => (choice.weight < best.weight ? choice : best));
  }
  if ("any" in need) {
    const choices = need.any.map((part) => choose(part, weigh));
    const weight = choices.reduce((sum, choice) => sum + choice.weight, 0);
    return { atoms: choices.flatMap(({ atoms }) => atoms), weight };
  }
  return { atoms: [need], weight: weigh(need) };
}

function weightsOf(rules: readonly DetectionRule[]): (atom: Atom) => number {
  const atoms = rules.flatMap(({ needs }) => (needs === undefined ? [] : distinct(atomsOf(needs))));
  const fields = Map.groupBy(atoms, ({ field }) => field);
  const shares = new Map([...fields].map(([field, asked]) => [field, sharesOf(asked)]));
  return (atom) => (atom.place === "exists" ? 1 : shares.get(atom.field)!(atom));
}

/** A rule that asks for a text in many ways has no more weight than one that asks once. */
function distinct(atoms: readonly Atom[]): Atom[] {
  return [...new Map(atoms.map((atom) => [`${atom.field}\0${atom.place}\0${atom.text}`, atom])).values()];
}

/** A text that is longer is seldom a part of others. */
const longestCommon = 12;

/** Of the texts that rules ask for about one field, the share that an atom fits. */
function sharesOf(asked: readonly Atom[]): (atom: Atom) => number {
  const uses = new Map<string, number>();
  for (const { text } of asked) if (text !== "") uses.set(text, (uses.get(text) ?? 0) + 1);
  const parts = partsOf(uses);
  return ({ place, text }) => {
    const known = (place === "whole" ? undefined : parts.get(text)) ?? uses.get(text) ?? asked.length;
    return Math.max(known / asked.length, place === "inside" ? shortness(text.length) : 0);
  };
}

/** How often each text that is not long is asked for, alone or as a part of another. */
function partsOf(uses: ReadonlyMap<string, number>): ReadonlyMap<string, number> {
  const short = [...uses.keys()].filter((text) => text.length <= longestCommon);
  const automaton = new Automaton(short.map((text, value) => ({ text, value })));
  const counts = new Int32Array(short.length);
  const lastIn = new Int32Array(short.length);
  let number = 0;
  for (const [text, times] of uses) {
    number += 1;
    automaton.scan(text, (part) => {
      if (lastIn[part] === number) return;
      lastIn[part] = number;
      counts[part] = counts[part]! + times;
    });
  }
  return new Map(short.map((text, index) => [text, counts[index]!]));
}

/** How likely a text of some length is to stand somewhere in a longer one: halved with every second character. */
function shortness(length: number): number {
  return 2 ** (-length / 2);
}
