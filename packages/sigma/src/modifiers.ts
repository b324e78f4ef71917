import { type DatePart, dateParts } from "./date-part.ts";
import { base64Offsets, utf16, withAnyDash } from "./encode.ts";
import { oneOf } from "./fault.ts";
import { literalsOf, type Pattern, widen } from "./pattern.ts";
import { didYouMean } from "./suggest.ts";

/** What the modifiers so far have made of a value. */
export type Draft = Pattern | Buffer;

/** Makes of a value all values that stand for it, or says what is wrong. */
type Transform = (draft: Draft) => readonly Draft[] | { readonly fault: string };

const comparisons = ["lt", "lte", "gt", "gte"] as const;
/** A numeric comparison. */
export type Comparison = (typeof comparisons)[number];

/** How values are compared with a field: what a chain of modifiers comes to. */
export interface Method {
  readonly kind: "text" | "re" | "cidr" | "exists" | "fieldref" | Comparison | DatePart;
  readonly all: boolean;
  readonly cased: boolean;
  readonly negate: boolean;
  /** The modifiers i, m and s that follow `re`. */
  readonly flags: readonly string[];
  /** Where the value may stand in the text, for `fieldref`. */
  readonly place: "whole" | Place;
  /** What happens to each text value, in the order written. */
  readonly transforms: readonly Transform[];
}

const places = ["contains", "startswith", "endswith"] as const;
type Place = (typeof places)[number];

const transforms: Readonly<Record<string, Transform>> = {
  contains: widening({ before: true, after: true }),
  startswith: widening({ before: false, after: true }),
  endswith: widening({ before: true, after: false }),
  windash: (draft) =>
    Buffer.isBuffer(draft) ? { fault: "windash comes before the encodings" } : [withAnyDash(draft)],
  wide: encoding((text) => utf16(text, { bigEndian: false, mark: false })),
  utf16le: encoding((text) => utf16(text, { bigEndian: false, mark: false })),
  utf16be: encoding((text) => utf16(text, { bigEndian: true, mark: false })),
  utf16: encoding((text) => utf16(text, { bigEndian: false, mark: true })),
  base64: fromBytes((bytes) => [[bytes.toString("base64")]]),
  base64offset: fromBytes((bytes) => base64Offsets(bytes).map((text) => [text])),
};

/** Per kind of comparison the modifiers that may stand beside it. */
const companions: Readonly<Record<Method["kind"], readonly string[]>> = {
  text: ["all", "cased", "neq", "expand", ...Object.keys(transforms)],
  re: ["i", "m", "s", "all", "neq", "expand"],
  cidr: ["all", "neq", "expand"],
  exists: [],
  fieldref: ["all", "cased", "neq", ...places],
  lt: ["neq"],
  lte: ["neq"],
  gt: ["neq"],
  gte: ["neq"],
  minute: ["neq"],
  hour: ["neq"],
  day: ["neq"],
  week: ["neq"],
  month: ["neq"],
  year: ["neq"],
};

const known = new Set([
  ...Object.keys(companions).filter((kind) => kind !== "text"),
  ...Object.values(companions).flat(),
]);

/** Every modifier that can stand in a rule. */
export const modifierNames: readonly string[] = [...known].sort();

/** Reads the modifiers after a field name, or says everything that is wrong with them. */
export function parseModifiers(names: readonly string[]): Method | { readonly faults: readonly string[] } {
  const kind = kindOf(names);
  const faults = [...names.flatMap(faultOfName), ...faultsOfChain(names, kind)];
  if (faults.length > 0) return { faults };
  return {
    kind,
    all: names.includes("all"),
    cased: names.includes("cased"),
    negate: names.includes("neq"),
    flags: names.filter((name) => name === "i" || name === "m" || name === "s"),
    place: places.find((place) => names.includes(place)) ?? "whole",
    transforms: names.flatMap((name) => (Object.hasOwn(transforms, name) ? [transforms[name]!] : [])),
  };
}

function kindOf(names: readonly string[]): Method["kind"] {
  const kinds = names.filter((name) => name !== "text" && Object.hasOwn(companions, name));
  return (kinds[0] ?? "text") as Method["kind"];
}

function faultOfName(name: string, index: number, names: readonly string[]): string[] {
  if (!known.has(name)) return [unknownFault(name)];
  return names.indexOf(name) < index ? [`the modifier ${name} stands there twice; keep one`] : [];
}

/** What other tools call some modifiers, and too far from their names here to be found by likeness. */
const otherNames: Readonly<Record<string, string>> = {
  ...{ regex: "re", regexp: "re", ignorecase: "i", multiline: "m", dotall: "s" },
  ...{ not: "neq", ne: "neq", like: "contains", casesensitive: "cased", placeholder: "expand" },
};

function unknownFault(name: string): string {
  const other = Object.hasOwn(otherNames, name) ? otherNames[name] : undefined;
  const meant = other === undefined ? didYouMean(name, known) : ` (did you mean "${other}"?)`;
  return `there is no modifier "${name}"${meant}; known are ${[...known].sort().join(", ")}`;
}

function faultsOfChain(names: readonly string[], kind: Method["kind"]): string[] {
  const faults = names
    .filter((name) => name !== kind && known.has(name) && !companions[kind].includes(name))
    .map(
      (name) =>
        `${name} can not be combined with ${kind === "text" ? "these modifiers" : kind}; drop one of them`,
    );
  const [first] = names.filter((name) => name !== "expand");
  if ((kind === "re" || kind === "cidr") && first !== kind) {
    faults.push(`${kind} must be the first modifier; move it there`);
  }
  const placed = places.filter((place) => names.includes(place));
  if (placed.length > 1) faults.push(`only one of ${oneOf(placed)} can hold; contains covers the others`);
  return faults;
}

function widening(sides: { before: boolean; after: boolean }): Transform {
  return (draft) => [widen(Buffer.isBuffer(draft) ? [draft.toString("latin1")] : draft, sides)];
}

function encoding(encode: (text: string) => Buffer): Transform {
  return (draft) => {
    if (Buffer.isBuffer(draft)) return { fault: "a value can be encoded in UTF-16 only once" };
    return literalsOf(draft)?.map(encode) ?? { fault: wildcardFault };
  };
}

function fromBytes(encode: (bytes: Buffer) => Draft[]): Transform {
  return (draft) => {
    const texts = Buffer.isBuffer(draft) ? [draft] : literalsOf(draft)?.map((text) => Buffer.from(text));
    if (texts === undefined) return { fault: wildcardFault };
    if (texts.some((text) => text.length === 0))
      return { fault: "an empty value has no encoding; write one" };
    const encoded = texts.flatMap(encode);
    const isEmpty = encoded.some((form) => form.length === 0 || form[0] === "");
    return isEmpty
      ? { fault: "the value is too short: nothing of its encoding is always the same" }
      : encoded;
  };
}

const wildcardFault =
  "wildcards can not be encoded, nor more than four dashes under windash; escape * and ? with a backslash, and write contains after the encoding";

/** Whether a chain of modifiers reads a part of a date. */
export function isDatePart(kind: Method["kind"]): kind is DatePart {
  return Object.hasOwn(dateParts, kind);
}

/** Whether a chain of modifiers compares numbers by order. */
export function isComparison(kind: Method["kind"]): kind is Comparison {
  return comparisons.some((comparison) => comparison === kind);
}
