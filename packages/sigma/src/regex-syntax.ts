/** A part of an expression, as far as it is understood. */
export type RegexNode =
  | { readonly kind: "char"; readonly char: string }
  /** One character of some: `source` is the class for a native expression, undefined where it could differ. */
  | { readonly kind: "class"; readonly source: string | undefined; readonly letter?: string }
  | { readonly kind: "start" | "end" }
  | { readonly kind: "group"; readonly branches: Branches }
  | { readonly kind: "repeat"; readonly of: RegexNode; readonly min: number; readonly max: number }
  /** Flags from here on. */
  | { readonly kind: "flags"; readonly ignoreCase: boolean }
  /** Something that has no width, or that this reader does not look into. */
  | { readonly kind: "opaque" };

/** Ways to match, each a sequence. */
export type Branches = readonly (readonly RegexNode[])[];

/** Reads an expression that RE2 accepts; undefined when there is something in it that this reader does not know. */
export function parseRegex(expression: string): Branches | undefined {
  try {
    return new Reader(expression).read();
  } catch (error) {
    if (error instanceof Unknown) return undefined;
    throw error;
  }
}

/** Thrown at what this reader does not know. */
class Unknown extends Error {}

const opaque: RegexNode = { kind: "opaque" };
const controls: Readonly<Record<string, string>> = { n: "\n", t: "\t", r: "\r", f: "\f", v: "\v" };
const quantifier = /^(?:([*+?])|\{(\d+)(?:(,)(\d*))?\})\??/;
/** What RE2 means by these; the native engine would take in more. */
const perlClasses: Readonly<Record<string, string>> = {
  d: "0-9",
  w: "0-9A-Za-z_",
  s: "\\t\\n\\f\\r\\x20",
};

class Reader {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  read(): Branches {
    const branches = this.#readBranches();
    if (this.#at < this.#text.length) throw new Unknown();
    return branches;
  }

  #readBranches(): Branches {
    const branches = [this.#readSequence()];
    while (this.#text[this.#at] === "|") {
      this.#at += 1;
      branches.push(this.#readSequence());
    }
    return branches;
  }

  #readSequence(): readonly RegexNode[] {
    const nodes: RegexNode[] = [];
    while (this.#at < this.#text.length && !"|)".includes(this.#text[this.#at]!)) {
      const node = this.#readNode();
      const times = this.#readQuantifier();
      // RE2 takes a quantifier behind flags for one of what stands before them.
      if (times !== undefined && node.kind === "flags") throw new Unknown();
      nodes.push(times === undefined ? node : { kind: "repeat", of: node, ...times });
    }
    return nodes;
  }

  #readQuantifier(): { readonly min: number; readonly max: number } | undefined {
    const found = quantifier.exec(this.#text.slice(this.#at, this.#at + 16));
    if (found === null) return undefined;
    this.#at += found[0].length;
    const [, sign, least, comma, most] = found;
    if (sign !== undefined)
      return { min: sign === "+" ? 1 : 0, max: sign === "?" ? 1 : Number.POSITIVE_INFINITY };
    const min = Number(least);
    if (comma === undefined) return { min, max: min };
    return { min, max: most === "" ? Number.POSITIVE_INFINITY : Number(most) };
  }

  #readNode(): RegexNode {
    const char = this.#text[this.#at]!;
    this.#at += 1;
    switch (char) {
      case ".":
        return { kind: "class", source: "^\\n" };
      case "^":
        return { kind: "start" };
      case "$":
        return { kind: "end" };
      case "[":
        return this.#readClass();
      case "(":
        return this.#readGroup();
      case "\\":
        return this.#readEscape();
      default:
        return char.charCodeAt(0) < 128 ? { kind: "char", char } : opaque;
    }
  }

  #readEscape(): RegexNode {
    const char = this.#text[this.#at];
    this.#at += 1;
    if (char === undefined) throw new Unknown();
    const control = controls[char];
    if (control !== undefined) return { kind: "char", char: control };
    const members = perlClasses[char.toLowerCase()];
    if (members !== undefined)
      return { kind: "class", source: char === char.toLowerCase() ? members : `^${members}` };
    if ("bBAz".includes(char)) return opaque;
    if (/[\p{L}\p{N}]/u.test(char)) throw new Unknown();
    return char.charCodeAt(0) < 128 ? { kind: "char", char } : opaque;
  }

  #readClass(): RegexNode {
    const from = this.#at;
    if (this.#text[this.#at] === "^") this.#at += 1;
    if (this.#text[this.#at] === "]") this.#at += 1;
    while (this.#text[this.#at] !== "]") {
      if (this.#at >= this.#text.length || this.#text.startsWith("[:", this.#at)) throw new Unknown();
      this.#at += this.#text[this.#at] === "\\" ? 2 : 1;
    }
    const written = this.#text.slice(from, this.#at);
    this.#at += 1;
    const source = classSource(written);
    // Rules write [Rr] where they mean the letter in either case.
    const isLetter = /^[A-Za-z]{2}$/.test(written) && written[0]!.toLowerCase() === written[1]!.toLowerCase();
    return isLetter
      ? { kind: "class", source, letter: written[0]!.toLowerCase() }
      : { kind: "class", source };
  }

  #readGroup(): RegexNode {
    const flags = /^\?([imsU]*)(?:-[imsU]+)?([:)])/.exec(this.#text.slice(this.#at, this.#at + 16));
    const name = /^\?P?<\w+>/.exec(this.#text.slice(this.#at, this.#at + 64));
    if (flags === null && name === null && this.#text[this.#at] === "?") throw new Unknown();
    const opening = (flags ?? name)?.[0] ?? "";
    this.#at += opening.length;
    const hasFlags = flags !== null && opening !== "?:";
    if (flags?.[2] === ")") return { kind: "flags", ignoreCase: flags[1]!.includes("i") };
    const branches = this.#readBranches();
    if (this.#text[this.#at] !== ")") throw new Unknown();
    this.#at += 1;
    if (!hasFlags) return { kind: "group", branches };
    const set: RegexNode = { kind: "flags", ignoreCase: flags[1]!.includes("i") };
    return { kind: "group", branches: branches.map((branch) => [set, ...branch]) };
  }
}

/** The members of a class for the native engine; undefined where there is anything but ASCII and the classes above. */
function classSource(written: string): string | undefined {
  const isNegated = written.startsWith("^");
  const tokens = (isNegated ? written.slice(1) : written).match(/\\.|[^\\]/gsu) ?? [];
  const isRange = (token: string, index: number): boolean =>
    token === "-" && index > 0 && index < tokens.length - 1;
  // What a dash beside a class of characters means is not the same everywhere.
  if (tokens.some(isRange) && tokens.some((token) => /^\\[dws]$/.test(token))) return undefined;
  const members = tokens.map((token, index) => (isRange(token, index) ? "-" : memberSource(token)));
  return members.includes(undefined) ? undefined : `${isNegated ? "^" : ""}${members.join("")}`;
}

function memberSource(token: string): string | undefined {
  if (token.length === 1) return token.charCodeAt(0) < 128 ? hexSource(token) : undefined;
  const char = token[1]!;
  if (perlClasses[char] !== undefined) return perlClasses[char];
  const control = controls[char];
  if (control !== undefined) return hexSource(control);
  return /[\p{L}\p{N}]/u.test(char) || char.charCodeAt(0) > 127 ? undefined : hexSource(char);
}

/** One character of ASCII as a native expression writes it, whatever it means there. */
export function hexSource(char: string): string {
  return `\\x${char.charCodeAt(0).toString(16).padStart(2, "0")}`;
}
