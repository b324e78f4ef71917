import { didYouMean } from "./suggest.ts";

/** What a condition asks of the selections, with `1 of` and `all of` written out. */
export type Condition =
  | { readonly kind: "selection"; readonly name: string }
  | { readonly kind: "not"; readonly of: Condition }
  | { readonly kind: "and" | "or"; readonly of: readonly Condition[] };

/** A condition, or what is wrong with its text and what to do about it. */
type ParsedCondition = { readonly condition: Condition } | { readonly fault: string };

/**
 * Reads a condition over the selections of a rule: `or` binds weakest, then `and`, `not`, `1|any|all of
 * pattern|them`, and parentheses.
 */
export function parseCondition(text: string, selections: readonly string[]): ParsedCondition {
  if (text.includes("|")) return { fault: "a condition counts nothing; drop what follows the |" };
  try {
    return { condition: new Reader(text, selections).read() };
  } catch (error) {
    if (error instanceof ConditionFault) return { fault: error.message };
    throw error;
  }
}

/** The selections that a condition asks for, each once, in the order of first mention. */
export function selectionsIn(condition: Condition): ReadonlySet<string> {
  if (condition.kind === "selection") return new Set([condition.name]);
  const parts = condition.kind === "not" ? [condition.of] : condition.of;
  return new Set(parts.flatMap((part) => [...selectionsIn(part)]));
}

/** Those that it asks for and not against: under no `not`, or under two. */
export function wantedIn(condition: Condition, wanted = true): ReadonlySet<string> {
  if (condition.kind === "selection") return new Set(wanted ? [condition.name] : []);
  if (condition.kind === "not") return wantedIn(condition.of, !wanted);
  return new Set(condition.of.flatMap((part) => [...wantedIn(part, wanted)]));
}

/** Whether there is a `not` anywhere. */
export function hasNot(condition: Condition): boolean {
  if (condition.kind === "selection") return false;
  return condition.kind === "not" || condition.of.some(hasNot);
}

class ConditionFault extends Error {}

interface Token {
  readonly text: string;
  /** Position in the condition, from 1. */
  readonly at: number;
}

const maxDepth = 64;
const word = /^[\p{L}\p{N}_.-]+$/u;
const patternWord = /^[\p{L}\p{N}_.*-]+$/u;
const operators = ["and", "or", "not", "of"];

class Reader {
  readonly #tokens: readonly Token[];
  readonly #selections: readonly string[];
  #next = 0;
  #depth = 0;

  constructor(text: string, selections: readonly string[]) {
    this.#tokens = [...text.matchAll(/[()]|[^\s()]+/g)].map((found) => ({
      text: found[0],
      at: found.index + 1,
    }));
    this.#selections = selections;
  }

  read(): Condition {
    const condition = this.#readOr();
    const rest = this.#tokens[this.#next];
    if (rest !== undefined)
      throw new ConditionFault(
        `"${rest.text}" ${place(rest)} is one word too many${didYouMean(rest.text, operators)}; join it with and or or`,
      );
    return condition;
  }

  #readOr(): Condition {
    return this.#readChain("or", () => this.#readChain("and", () => this.#readNot()));
  }

  #readChain(kind: "and" | "or", readPart: () => Condition): Condition {
    const parts = [readPart()];
    while (this.#take(kind)) parts.push(readPart());
    return parts.length === 1 ? parts[0]! : { kind, of: parts };
  }

  #readNot(): Condition {
    if (!this.#take("not")) return this.#readPart();
    return this.#deeper(() => ({ kind: "not", of: this.#readNot() }));
  }

  #readPart(): Condition {
    const token = this.#tokens[this.#next];
    if (token === undefined)
      throw new ConditionFault("the condition ends where a selection should stand; add one");
    this.#next += 1;
    if (token.text === "(") return this.#deeper(() => this.#readGroup(token));
    if (this.#tokens[this.#next]?.text.toLowerCase() === "of") return this.#readQuantifier(token);
    return this.#selection(token);
  }

  #readGroup(open: Token): Condition {
    const condition = this.#readOr();
    if (!this.#take(")")) throw new ConditionFault(`the parenthesis ${place(open)} is never closed; add ")"`);
    return condition;
  }

  #readQuantifier(token: Token): Condition {
    const quantifier = token.text.toLowerCase();
    const kind = { "1": "or", any: "or", all: "and" }[quantifier] as "or" | "and" | undefined;
    if (kind === undefined) {
      throw new ConditionFault(
        `"${token.text} of" ${place(token)} is not known; write 1 of, any of or all of`,
      );
    }
    this.#next += 1;
    const pattern = this.#tokens[this.#next];
    this.#next += 1;
    if (pattern === undefined || !patternWord.test(pattern.text)) {
      throw new ConditionFault(`after "${token.text} of" ${place(token)} a pattern or them must stand`);
    }
    const names = this.#selections.filter(selectedBy(pattern.text));
    if (names.length === 0) {
      const starts = this.#selections.map((name) => `${name.slice(0, pattern.text.length - 1)}*`);
      const meant = didYouMean(pattern.text, pattern.text.endsWith("*") ? starts : this.#selections);
      throw new ConditionFault(
        `no selection fits "${pattern.text}" ${place(pattern)}${meant}; ${this.#choice()}`,
      );
    }
    const of = names.map((name): Condition => ({ kind: "selection", name }));
    return of.length === 1 ? of[0]! : { kind, of };
  }

  #selection(token: Token): Condition {
    if (this.#selections.includes(token.text)) return { kind: "selection", name: token.text };
    if (operators.includes(token.text.toLowerCase()) || !word.test(token.text)) {
      throw new ConditionFault(
        `"${token.text}" ${place(token)} stands where a selection should; ${this.#choice()}`,
      );
    }
    const meant = didYouMean(token.text, [...this.#selections, ...operators]);
    throw new ConditionFault(
      `there is no selection "${token.text}" ${place(token)}${meant}; ${this.#choice()}`,
    );
  }

  #choice(): string {
    return this.#selections.length === 0
      ? "the rule has none"
      : `the rule has ${this.#selections.join(", ")}`;
  }

  #take(text: string): boolean {
    if (this.#tokens[this.#next]?.text.toLowerCase() !== text) return false;
    this.#next += 1;
    return true;
  }

  #deeper(read: () => Condition): Condition {
    this.#depth += 1;
    if (this.#depth > maxDepth)
      throw new ConditionFault(`the condition is nested deeper than ${maxDepth}; simplify it`);
    const condition = read();
    this.#depth -= 1;
    return condition;
  }
}

function place(token: Token): string {
  return `at character ${token.at}`;
}

function selectedBy(pattern: string): (name: string) => boolean {
  if (pattern.toLowerCase() === "them") return (name) => !name.startsWith("_");
  const [head = "", ...rest] = pattern.split("*");
  if (rest.length === 0) return (name) => name === head;
  return (name) => name.startsWith(head) && fits(name.slice(head.length), rest);
}

/** Each part as early as it can stand, the last one at the end. */
function fits(text: string, parts: readonly string[]): boolean {
  const [part = "", ...rest] = parts;
  if (rest.length === 0) return text.endsWith(part);
  const at = text.indexOf(part);
  return at >= 0 && fits(text.slice(at + part.length), rest);
}
