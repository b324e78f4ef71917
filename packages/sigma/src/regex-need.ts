import { fold } from "./fold.ts";
import { allNeeds, anyNeed, type MaybeNeed, presence } from "./need.ts";

/**
 * What a value of the field holds when this expression, which RE2 accepts, is found in it: the texts that every way
 * through it has. Whatever is not plain is taken to say nothing, so that the answer may be weak but is never wrong.
 */
export function needOfRegex(
  field: string | null,
  expression: string,
  { ignoreCase }: { readonly ignoreCase: boolean },
): MaybeNeed {
  try {
    return new Reader(field, expression, ignoreCase).read() ?? presence(field);
  } catch (error) {
    if (error instanceof Unknown) return presence(field);
    throw error;
  }
}

/** Thrown at what this reader does not know. */
class Unknown extends Error {}

/** A piece of an expression: a character that must stand there, or what a group needs; undefined: anything. */
type Piece = { readonly char: string } | { readonly need: MaybeNeed };

const anything: Piece = { need: undefined };
const controls: Readonly<Record<string, string>> = { n: "\n", t: "\t", r: "\r", f: "\f", v: "\v" };
const quantifier = /^(?:[*+?]|\{(\d+)(?:,\d*)?\})\??/;

class Reader {
  readonly #field: string | null;
  readonly #text: string;
  #ignoreCase: boolean;
  #at = 0;

  constructor(field: string | null, text: string, ignoreCase: boolean) {
    this.#field = field;
    this.#text = text;
    this.#ignoreCase = ignoreCase;
  }

  read(): MaybeNeed {
    const need = this.#readBranches();
    if (this.#at < this.#text.length) throw new Unknown();
    return need;
  }

  #readBranches(): MaybeNeed {
    const branches = [this.#readSequence()];
    while (this.#text[this.#at] === "|") {
      this.#at += 1;
      branches.push(this.#readSequence());
    }
    return anyNeed(branches);
  }

  #readSequence(): MaybeNeed {
    const needs: MaybeNeed[] = [];
    let run = "";
    const endRun = (): void => {
      if (run !== "") needs.push({ field: this.#field, place: "inside", text: fold(run) });
      run = "";
    };
    while (this.#at < this.#text.length && !"|)".includes(this.#text[this.#at]!)) {
      const piece = this.#readPiece();
      const repeated = this.#readQuantifier();
      if (repeated !== 0 && "char" in piece) run += piece.char;
      if (repeated === 1 && "char" in piece) continue;
      endRun();
      if (repeated !== 0 && "need" in piece) needs.push(piece.need);
    }
    endRun();
    return allNeeds(needs);
  }

  /** How often the piece before must stand there at least: 0, 1 when nothing is said, or 2 for any other number. */
  #readQuantifier(): 0 | 1 | 2 {
    const found = quantifier.exec(this.#text.slice(this.#at, this.#at + 16));
    if (found === null) return 1;
    this.#at += found[0].length;
    if (found[0].startsWith("+")) return 2;
    return Number(found[1] ?? 0) > 0 ? 2 : 0;
  }

  #readPiece(): Piece {
    const char = this.#text[this.#at]!;
    this.#at += 1;
    switch (char) {
      case ".":
      case "^":
      case "$":
        return anything;
      case "[":
        return this.#readClass();
      case "(":
        return this.#readGroup();
      case "\\":
        return this.#readEscape();
      default:
        return this.#literal(char);
    }
  }

  /** Not every character has one lower-case form only: under `i` an s may be a long one. */
  #literal(char: string): Piece {
    const isPlain = char.charCodeAt(0) < 128 && !(this.#ignoreCase && fold(char) === "s");
    return isPlain ? { char } : anything;
  }

  #readEscape(): Piece {
    const char = this.#text[this.#at];
    this.#at += 1;
    if (char === undefined) throw new Unknown();
    const control = controls[char];
    if (control !== undefined) return { char: control };
    if ("dDsSwWbBAz".includes(char)) return anything;
    if (/[\p{L}\p{N}]/u.test(char)) throw new Unknown();
    return this.#literal(char);
  }

  #readClass(): Piece {
    const from = this.#at;
    if (this.#text[this.#at] === "^") this.#at += 1;
    if (this.#text[this.#at] === "]") this.#at += 1;
    while (this.#text[this.#at] !== "]") {
      if (this.#at >= this.#text.length || this.#text.startsWith("[:", this.#at)) throw new Unknown();
      this.#at += this.#text[this.#at] === "\\" ? 2 : 1;
    }
    const [first = "", second = "", ...others] = this.#text.slice(from, this.#at);
    this.#at += 1;
    // Rules write [Rr] where they mean the letter in either case.
    const isLetter = others.length === 0 && /^[A-Za-z]$/.test(first) && fold(first) === fold(second);
    return isLetter ? this.#literal(first) : anything;
  }

  #readGroup(): Piece {
    const flags = /^\?([imsU]*)(?:-[imsU]+)?([:)])/.exec(this.#text.slice(this.#at, this.#at + 16));
    const name = /^\?P?<\w+>/.exec(this.#text.slice(this.#at, this.#at + 64));
    if (flags === null && name === null && this.#text[this.#at] === "?") throw new Unknown();
    this.#at += (flags ?? name)?.[0].length ?? 0;
    if (flags?.[1]?.includes("i") === true) this.#ignoreCase = true;
    if (flags?.[2] === ")") return this.#readFlags();
    const need = this.#readBranches();
    if (this.#text[this.#at] !== ")") throw new Unknown();
    this.#at += 1;
    return { need };
  }

  /** RE2 takes a quantifier behind flags for one of what stands before them. */
  #readFlags(): Piece {
    if (this.#readQuantifier() !== 1) throw new Unknown();
    return anything;
  }
}
