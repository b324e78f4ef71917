import { Automaton } from "./automaton.ts";
import { atomsOf } from "./need.ts";
import type { Atom, DetectionRule, Need } from "./rule.ts";

/** Atoms of which at least one holds in every record that a rule matches. */
export type Witness = readonly Atom[];

/** About the share of records in which an atom holds, from 0 to 1. */
export type Weigh = (atom: Atom) => number;

/** Tells atoms apart. */
export function atomKey({ field, place, text }: Atom): string {
  return `${field ?? ""}\0${place}\0${text}`;
}

/**
 * Chooses for each rule the part of its needs that costs least: that few records hold, in fields that other rules read as
 * well. A rule without needs has none.
 */
export function witnessesOf(
  rules: readonly { readonly rule: DetectionRule }[],
  weigh: Weigh,
): ReadonlyMap<DetectionRule, Witness> {
  const costs = { weigh, read: readCosts(rules) };
  return new Map(
    rules.flatMap(({ rule }) => (rule.needs === undefined ? [] : [[rule, choose(rule.needs, costs).atoms]])),
  );
}

interface Choice {
  readonly atoms: Witness;
  /** About the share of records that hold one of them. */
  readonly share: number;
  readonly fields: ReadonlySet<string | null>;
}

/** What an index costs per record, in evaluations of a rule. */
interface Costs {
  readonly weigh: Weigh;
  /** Of reading a field, as far as it falls to one rule. */
  readonly read: (field: string | null) => number;
}

function choose(need: Need, costs: Costs): Choice {
  if ("all" in need) {
    const choices = need.all.map((part) => choose(part, costs));
    return choices.reduce((best, choice) => (costOf(choice, costs) < costOf(best, costs) ? choice : best));
  }
  if ("any" in need) {
    const choices = need.any.map((part) => choose(part, costs));
    const share = choices.reduce((sum, choice) => sum + choice.share, 0);
    const fields = new Set(choices.flatMap((choice) => [...choice.fields]));
    return { atoms: choices.flatMap(({ atoms }) => atoms), share, fields };
  }
  return { atoms: [need], share: costs.weigh(need), fields: new Set([need.field]) };
}

function costOf({ share, fields }: Choice, { read }: Costs): number {
  let cost = share;
  for (const field of fields) cost += read(field);
  return cost;
}

/** To read a field costs about a tenth of what it costs to evaluate a rule, to search a whole record more than two. */
const fieldCost = 0.12;
const recordCost = 2.5;

/** A field that many rules need is read anyway. */
function readCosts(rules: readonly { readonly rule: DetectionRule }[]): Costs["read"] {
  const users = new Map<string | null, number>();
  for (const { rule } of rules) {
    const fields = new Set(rule.needs === undefined ? [] : atomsOf(rule.needs).map(({ field }) => field));
    for (const field of fields) users.set(field, (users.get(field) ?? 0) + 1);
  }
  return (field) => (field === null ? recordCost : fieldCost) / (users.get(field) ?? 1);
}

/** Guesses from the rules themselves: of all that they ask about a field, what many ask for is common, and so is a short text. */
export function guessWeights(rules: readonly DetectionRule[]): Weigh {
  const atoms = rules.flatMap(({ needs }) => (needs === undefined ? [] : distinct(atomsOf(needs))));
  const fields = Map.groupBy(atoms, ({ field }) => field);
  const shares = new Map([...fields].map(([field, asked]) => [field, sharesOf(asked)]));
  return (atom) => (atom.place === "exists" ? 1 : shares.get(atom.field)!(atom));
}

/** A rule that asks for a text in many ways has no more weight than one that asks once. */
function distinct(atoms: readonly Atom[]): Atom[] {
  return [...new Map(atoms.map((atom) => [atomKey(atom), atom])).values()];
}

/** Fields hold texts that no rule asks for: so many are assumed, which matters where rules hardly ask about a field. */
const unknownTexts = 10;

/** A text that is longer is seldom a part of others. */
const longestCommon = 12;

/** Of the texts that rules ask for about one field, the share that an atom fits. */
function sharesOf(asked: readonly Atom[]): Weigh {
  const uses = new Map<string, number>();
  for (const { text } of asked) if (text !== "") uses.set(text, (uses.get(text) ?? 0) + 1);
  const parts = partsOf(uses);
  return ({ place, text }) => {
    const known = (place === "whole" ? undefined : parts.get(text)) ?? uses.get(text) ?? asked.length;
    return Math.max(known / (asked.length + unknownTexts), place === "inside" ? shortness(text.length) : 0);
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
