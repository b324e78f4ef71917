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
  if (text.includes("|")) return { fault: pipeFault(text) };
  try {
    return { condition: new Reader(text, selections).read() };
  } catch (error) {
    if (error instanceof ConditionFault) return { fault: error.message };
    throw error;
  }
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
      throw new ConditionFault(`"${rest.text}" ${place(rest)} is one word too many; join it with and or or`);
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
      throw new ConditionFault(`no selection fits "${pattern.text}" ${place(pattern)}; ${this.#choice()}`);
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
    throw new ConditionFault(`there is no selection "${token.text}" (${place(token)}); ${this.#choice()}`);
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

const counted = /^(.*?)\|\s*count\(\s*([^)\s]*)\s*\)\s*(?:by\s+([^<>=\s]+))?\s*(>=|<=|==|=|>|<)\s*(\d+)\s*$/i;
const countOperators: Readonly<Record<string, string>> = {
  ">": "gt",
  ">=": "gte",
  "<": "lt",
  "<=": "lte",
  "=": "eq",
  "==": "eq",
};

/** Sigma 1 counted behind a pipe; shows the correlation rule that says the same today. */
function pipeFault(text: string): string {
  const found = counted.exec(text);
  const [, before = "", value = "", group, operator = ">", bound = "N"] = found ?? [];
  const temporal = found === null && /\bnear\b/i.test(text);
  const type = temporal ? "temporal" : value === "" ? "event_count" : "value_count";
  const condition = [
    ...(value === "" ? [] : [`field: ${value}`]),
    `${countOperators[operator] ?? "gt"}: ${bound}`,
  ];
  const lines = [
    "title: ...",
    "correlation:",
    `  type: ${type}`,
    temporal ? "  rules: [name_of_this_rule, name_of_the_other]" : "  rules: [name_of_this_rule]",
    `  group-by: [${group ?? ""}]`,
    "  timespan: 5m",
    ...(temporal ? [] : [`  condition: { ${condition.join(", ")} }`]),
  ];
  const kept = (before || text.slice(0, text.indexOf("|"))).trim();
  return [
    "what follows | is an aggregation of Sigma 1, which Sigma 2 writes as a rule of its own;",
    `make this condition "${kept}", give this rule a name, and add a document such as\n${lines.join("\n")}`,
  ].join(" ");
}
