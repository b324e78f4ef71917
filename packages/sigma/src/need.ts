import { fold } from "./fold.ts";
import type { Pattern } from "./pattern.ts";
import type { Atom, Need } from "./rule.ts";

/** What is known to be necessary; undefined: nothing is. */
export type MaybeNeed = Need | undefined;

/** What holds where all of these hold; what is not known of one part takes nothing from the others. */
export function allNeeds(needs: readonly MaybeNeed[]): MaybeNeed {
  const known = needs.filter((need) => need !== undefined);
  return known.length < 2 ? known[0] : { all: known };
}

/** What holds where one of these holds: nothing is known if of one nothing is known. */
export function anyNeed(needs: readonly MaybeNeed[]): MaybeNeed {
  const known = needs.filter((need) => need !== undefined);
  if (known.length < needs.length) return undefined;
  return known.length < 2 ? known[0] : { any: known };
}

/** The field has a value, whatever it is; nothing can be said so of the whole record. */
export function presence(field: string | null): MaybeNeed {
  return field === null ? undefined : { field, place: "exists", text: "" };
}

/** What a value of the field holds when it fits the pattern: the plain texts between the wildcards. */
export function needOfPattern(field: string | null, pattern: Pattern): MaybeNeed {
  const atoms = pattern.flatMap((piece, index): Atom[] => {
    if (typeof piece !== "string") return [];
    return [{ field, place: placeOf(index, pattern.length), text: fold(piece) }];
  });
  if (pattern.length === 0 && field !== null) return { field, place: "whole", text: "" };
  return allNeeds(atoms) ?? presence(field);
}

function placeOf(index: number, length: number): Atom["place"] {
  if (length === 1) return "whole";
  if (index === 0) return "start";
  return index === length - 1 ? "end" : "inside";
}

/** All atoms of a need, as written. */
export function atomsOf(need: Need): readonly Atom[] {
  if ("all" in need) return need.all.flatMap(atomsOf);
  if ("any" in need) return need.any.flatMap(atomsOf);
  return [need];
}
