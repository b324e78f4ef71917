import type { FilterFault, FilterOperator, FilterPatternPiece } from "./filter-term.ts";

/** A value as it stands in the text at [from, to), its quotes and escapes undone; an empty one has no pieces. */
export interface FilterWordValue {
  readonly from: number;
  readonly to: number;
  readonly pieces: readonly FilterPatternPiece[];
}

/** What stands between two spaces, at [from, to), whether it makes sense or not. */
export interface FilterWord {
  readonly from: number;
  readonly to: number;
  /** Whether a `-` stands first. */
  readonly not: boolean;
  /** Where the field's name stands, the colon after it; undefined: a bare word. */
  readonly name: { readonly from: number; readonly to: number } | undefined;
  readonly operator: FilterOperator;
  /** Between commas, at least one; a comma in a bare word is a sign like any other. */
  readonly values: readonly FilterWordValue[];
  readonly faults: readonly FilterFault[];
  /** Whether the text ends within a quote or an escape of this word, so that nothing can be put after it. */
  readonly isOpen: boolean;
}

const space = /\s/;
const nameBeforeColon = /[^\s:"\\]*(?=:)/y;
const operatorAt = />=?|<=?|/y;
const letterOrDigit = /[\p{L}\p{N}]/u;

/** Cuts a text into its words; takes any text and never fails. */
export function splitWords(text: string): FilterWord[] {
  const words: FilterWord[] = [];
  for (let at = 0; at < text.length; ) {
    if (space.test(text[at]!)) {
      at += 1;
      continue;
    }
    const word = scanWord(text, at);
    words.push(word);
    at = word.to;
  }
  return words;
}

/** The text of a value without wildcards; undefined when it has some. */
export function plainText(pieces: readonly FilterPatternPiece[]): string | undefined {
  if (pieces.some((piece) => "wild" in piece)) return undefined;
  return pieces.map((piece) => ("text" in piece ? piece.text : "")).join("");
}

function scanWord(text: string, from: number): FilterWord {
  const not = text[from] === "-";
  const start = not ? from + 1 : from;
  const nameText = matchAt(nameBeforeColon, text, start);
  const name = nameText === undefined ? undefined : { from: start, to: start + nameText.length };
  const operator = name === undefined ? "" : (matchAt(operatorAt, text, name.to + 1) ?? "");
  const values: FilterWordValue[] = [];
  const faults: FilterFault[] = [];
  let at = name === undefined ? start : name.to + 1 + operator.length;
  for (;;) {
    const scanned = scanValue(text, at, name !== undefined);
    values.push(scanned);
    faults.push(...scanned.faults);
    at = scanned.to;
    if (scanned.isOpen || name === undefined || text[at] !== ",") {
      const written = operator === "" ? "=" : (operator as FilterOperator);
      return { from, to: at, not, name, operator: written, values, faults, isOpen: scanned.isOpen };
    }
    at += 1;
  }
}

function matchAt(pattern: RegExp, text: string, at: number): string | undefined {
  pattern.lastIndex = at;
  return pattern.exec(text)?.[0];
}

interface Scanned extends FilterWordValue {
  readonly faults: readonly FilterFault[];
  readonly isOpen: boolean;
}

function scanValue(text: string, from: number, endsAtComma: boolean): Scanned {
  const pieces: FilterPatternPiece[] = [];
  const faults: FilterFault[] = [];
  let quoteAt: number | undefined;
  let at = from;
  while (at < text.length) {
    const sign = text[at]!;
    if (quoteAt === undefined && (space.test(sign) || (endsAtComma && sign === ","))) break;
    if (sign === '"') quoteAt = quoteAt === undefined ? at : undefined;
    else if (sign === "\\") {
      const { taken, fault } = scanEscape(text, at);
      if (fault !== undefined) faults.push(fault);
      append(pieces, { text: taken });
      at += taken.length;
      if (taken === "") return { from, to: text.length, pieces, faults, isOpen: true };
    } else if (quoteAt === undefined && (sign === "*" || sign === "?")) append(pieces, { wild: sign });
    else append(pieces, { text: sign });
    at += 1;
  }
  if (quoteAt === undefined) return { from, to: at, pieces, faults, isOpen: false };
  faults.push({ from: quoteAt, to: at, message: 'This quote has no end: close it with another "' });
  return { from, to: at, pieces, faults, isOpen: true };
}

/** What the `\` at this place stands for; nothing at the end of the text. */
function scanEscape(text: string, at: number): { taken: string; fault?: FilterFault } {
  const taken = Array.from(text.slice(at + 1, at + 3))[0] ?? "";
  const to = at + 1 + taken.length;
  if (taken === "")
    return { taken, fault: { from: at, to, message: "`\\` has nothing after it: write `\\\\` for itself" } };
  // CORP\alice would otherwise silently become CORPalice.
  if (!letterOrDigit.test(taken)) return { taken };
  return {
    taken,
    fault: { from: at, to, message: `Write \`\\\\${taken}\` for a \`\\\` before \`${taken}\`` },
  };
}

function append(pieces: FilterPatternPiece[], piece: FilterPatternPiece): void {
  const last = pieces.at(-1);
  if ("wild" in piece) {
    const repeats = piece.wild === "*" && last !== undefined && "wild" in last && last.wild === "*";
    if (!repeats) pieces.push(piece);
  } else if (last !== undefined && "text" in last) {
    pieces[pieces.length - 1] = { text: last.text + piece.text };
  } else if (piece.text !== "") pieces.push(piece);
}
