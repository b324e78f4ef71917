import type { Details } from "./parsed-message.ts";

/**
 * A regular expression over a whole text whose groups have the names of fields. The engine would make an object of all
 * the groups for each match, which costs more than the match itself.
 */
export class FieldPattern {
  readonly #pattern: RegExp;
  readonly #names: readonly string[];

  /** Every group that captures has a name; a name may stand in several alternatives. */
  constructor(source: string) {
    this.#names = [...source.matchAll(namedGroup)].map(([, name]) => name!);
    this.#pattern = new RegExp(`^${source.replaceAll(namedGroup, "(")}$`, "s");
  }

  /** Adds the groups that took part, those that count something as numbers; false when the text does not fit. */
  read(text: string, details: Details): boolean {
    const match = this.#pattern.exec(text);
    if (match === null) return false;
    for (let index = 1; index < match.length; index += 1) {
      const name = this.#names[index - 1]!;
      const value = match[index];
      if (value !== undefined) details[name] = numbers.has(name) ? Number(value) : value;
    }
    return true;
  }
}

const namedGroup = /\(\?<(\w+)>/g;
const numbers: ReadonlySet<string> = new Set(["port", "failures"]);
