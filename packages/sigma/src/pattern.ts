import { fold } from "./fold.ts";

/** `*`: any number of characters. */
export const anyRun: unique symbol = Symbol("*");
/** `?`: exactly one character. */
export const anyOne: unique symbol = Symbol("?");
/** Any of the characters that Windows programs take for the start of an option. */
export const anyDash: unique symbol = Symbol("windash");

/** A piece of a pattern: plain text or a wildcard. */
export type Piece = string | typeof anyRun | typeof anyOne | typeof anyDash;
/** A Sigma string value: plain text and wildcards in order. */
export type Pattern = readonly Piece[];

const dashes = ["-", "/", "–", "—", "―"];
const wildcards: Readonly<Record<string, Piece>> = { "*": anyRun, "?": anyOne };

/** Reads a Sigma string: a backslash escapes `*`, `?` and itself, and is a plain backslash before anything else. */
export function parsePattern(text: string): Pattern {
  const pieces: Piece[] = [];
  let plain = "";
  for (let at = 0; at < text.length; at += 1) {
    const char = text[at]!;
    const next = text[at + 1];
    if (char === "\\" && (next === "*" || next === "?" || next === "\\")) {
      plain += next;
      at += 1;
    } else if (char === "*" || char === "?") {
      if (plain !== "") pieces.push(plain);
      plain = "";
      pieces.push(wildcards[char]!);
    } else {
      plain += char;
    }
  }
  if (plain !== "") pieces.push(plain);
  return pieces;
}

/** The plain text of a pattern without wildcards; undefined when it has any. */
export function literalOf(pattern: Pattern): string | undefined {
  if (pattern.length === 0) return "";
  const [first] = pattern;
  return pattern.length === 1 && typeof first === "string" ? first : undefined;
}

/** A pattern with more dashes has too many forms to write each out. */
const mostDashes = 4;

/** The plain texts that a pattern with no wildcard but dashes stands for; undefined when it has others, or too many. */
export function literalsOf(pattern: Pattern): readonly string[] | undefined {
  const dashed = pattern.filter((piece) => piece === anyDash);
  const isPlain = pattern.every((piece) => piece === anyDash || typeof piece === "string");
  if (!isPlain || dashed.length > mostDashes) return undefined;
  const add = (texts: string[], piece: Piece): string[] => {
    const forms = typeof piece === "string" ? [piece] : dashes;
    return texts.flatMap((text) => forms.map((form) => text + form));
  };
  return pattern.reduce(add, [""]);
}

/** The pattern with `*` before and after it, where asked and where there is none. */
export function widen(pattern: Pattern, { before, after }: { before: boolean; after: boolean }): Pattern {
  const head: Pattern = before && pattern[0] !== anyRun ? [anyRun] : [];
  const tail: Pattern = after && pattern.at(-1) !== anyRun ? [anyRun] : [];
  return [...head, ...pattern, ...tail];
}

type Segment = readonly Exclude<Piece, typeof anyRun>[];

/**
 * Whether a whole text fits the pattern. With `folded` the pattern is folded here, and the texts must be.
 * Never worse than text length times pattern length, whatever the wildcards.
 */
export function compilePattern(pattern: Pattern, folded: boolean): (text: string) => boolean {
  const segments = segmentsOf(pattern, folded);
  const only = segments.map((segment) => literalOf(segment));
  if (segments.length === 1) {
    const literal = only[0];
    if (literal !== undefined) return (text) => text === literal;
    return (text) => matchAt(segments[0]!, text, 0) === text.length;
  }
  if (segments.length === 2) {
    const [first, last] = only;
    if (last === "" && first !== undefined) return (text) => text.startsWith(first);
    if (first === "" && last !== undefined) return (text) => text.endsWith(last);
  }
  const middle = only[1];
  if (segments.length === 3 && only[0] === "" && only[2] === "" && middle !== undefined) {
    return (text) => text.includes(middle);
  }
  return (text) => matchSegments(segments, text);
}

function segmentsOf(pattern: Pattern, folded: boolean): Segment[] {
  const segments: Exclude<Piece, typeof anyRun>[][] = [[]];
  for (const piece of pattern) {
    if (piece !== anyRun) segments.at(-1)!.push(typeof piece === "string" && folded ? fold(piece) : piece);
    else if (segments.length === 1 || segments.at(-1)!.length > 0) segments.push([]);
  }
  return segments;
}

/** The first segment stands at the start, the last at the end, and each between as early as it can. */
function matchSegments(segments: readonly Segment[], text: string): boolean {
  let at = matchAt(segments[0]!, text, 0);
  for (let index = 1; at >= 0 && index < segments.length - 1; index += 1) {
    at = search(segments[index]!, text, at);
  }
  return at >= 0 && matchEnd(segments.at(-1)!, text, at);
}

function search(segment: Segment, text: string, from: number): number {
  const [first] = segment;
  for (let start = from; start <= text.length; start += 1) {
    if (typeof first === "string") start = text.indexOf(first, start);
    if (start < 0) return -1;
    const end = matchAt(segment, text, start);
    if (end >= 0) return end;
  }
  return -1;
}

function matchEnd(segment: Segment, text: string, from: number): boolean {
  let least = 0;
  let wide = 0;
  for (const piece of segment) {
    least += typeof piece === "string" ? piece.length : 1;
    if (piece === anyOne) wide += 1;
  }
  // A character that `?` stands for may take two units of UTF-16.
  for (let start = Math.max(from, text.length - least - wide); start <= text.length - least; start += 1) {
    if (matchAt(segment, text, start) === text.length) return true;
  }
  return false;
}

/** Where the segment ends when it stands at `start`; -1 when it does not. */
function matchAt(segment: Segment, text: string, start: number): number {
  let at = start;
  for (const piece of segment) {
    if (typeof piece === "string") {
      if (!text.startsWith(piece, at)) return -1;
      at += piece.length;
    } else {
      if (at >= text.length) return -1;
      if (piece === anyDash && !dashes.includes(text[at]!)) return -1;
      at += text.codePointAt(at)! > 0xffff ? 2 : 1;
    }
  }
  return at;
}
