import { RE2JS, RE2JSSyntaxException } from "re2js";
import { type DatePart, datePart, dateParts } from "./date-part.ts";
import { type Comparison, type Draft, isComparison, isDatePart, type Method } from "./modifiers.ts";
import { nativeRegex } from "./native-regex.ts";
import { allNeeds, anyNeed, type MaybeNeed, needOfPattern, presence } from "./need.ts";
import { parseNetwork } from "./network.ts";
import { compilePattern, type Pattern, parsePattern, widen } from "./pattern.ts";
import { needOfRegex } from "./regex-need.ts";
import { parseRegex } from "./regex-syntax.ts";
import type { SigmaEvent } from "./rule.ts";

/**
 * How one value of a rule is tested: on each text of the field, folded or as it is, or on the record; and what a record
 * holds that passes.
 */
export type ValueTest =
  | {
      readonly over: "folded" | "texts";
      readonly accepts: (text: string) => boolean;
      readonly need: MaybeNeed;
      /** What it takes, in comparisons of texts; 1 unless said. */
      readonly cost?: number;
      /** Set when nothing but this pattern is compared. */
      readonly pattern?: Pattern;
    }
  | {
      readonly over: "record";
      readonly accepts: (event: SigmaEvent) => boolean;
      readonly need: MaybeNeed;
      readonly cost?: number;
      /** The other field that is read. */
      readonly reads?: string;
    };

/** What it takes at most to try them all. */
export function costOf(tests: readonly ValueTest[]): number {
  return tests.reduce((sum, { cost = 1 }) => sum + cost, 0);
}

type Fault = { readonly fault: string };
type Context = { readonly field: string | null; readonly method: Method };

/** Compiles one value of an item, or says what is wrong with it. */
export function compileValue(value: unknown, context: Context): ValueTest | Fault {
  const { kind } = context.method;
  if (typeof value === "object" && value !== null) {
    return { fault: "a value must be a text, a number, true, false or null; write nested fields as a.b" };
  }
  if (value === null) return compileNull(context);
  if (typeof value === "number" && (!Number.isFinite(value) || Math.abs(value) > Number.MAX_SAFE_INTEGER)) {
    return { fault: "the number can not be kept exactly; put it in quotes" };
  }
  if (isComparison(kind)) return compileComparison(kind, value, context);
  if (isDatePart(kind)) return compileDatePart(kind, value, context);
  switch (kind) {
    case "re":
      return compileRegex(String(value), context);
    case "cidr":
      return compileNetwork(String(value), context);
    case "exists":
      return compileExists(value, context.field!);
    case "fieldref":
      return compileReference(value, context);
    default:
      return compileText(value, context);
  }
}

function compileNull({ field, method }: Context): ValueTest | Fault {
  if (field === null) return { fault: "null can not be searched for; drop it or put it in quotes" };
  if (method.kind !== "text" || method.transforms.length > 0) {
    return { fault: "null can not carry these modifiers; drop them or put the value in quotes" };
  }
  return {
    over: "record",
    need: undefined,
    accepts: (event) => event.field(field) === undefined || event.values(field).includes(null),
  };
}

const decimal = /^[+-]?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?$/;

const orders: Readonly<Record<Comparison, (found: number, bound: number) => boolean>> = {
  lt: (found, bound) => found < bound,
  lte: (found, bound) => found <= bound,
  gt: (found, bound) => found > bound,
  gte: (found, bound) => found >= bound,
};

function numberOf(value: unknown): number | undefined {
  if (typeof value === "number") return value;
  return typeof value === "string" && decimal.test(value) ? Number(value) : undefined;
}

function compileComparison(kind: Comparison, value: unknown, { field }: Context): ValueTest | Fault {
  const bound = numberOf(value);
  if (bound === undefined) return { fault: `${kind} compares with a number; write one` };
  const order = orders[kind];
  return {
    over: "texts",
    need: presence(field),
    accepts(text) {
      const found = numberOf(text);
      return found !== undefined && order(found, bound);
    },
  };
}

function compileDatePart(part: DatePart, value: unknown, { field }: Context): ValueTest | Fault {
  const wanted = numberOf(value);
  const { from, to } = dateParts[part];
  if (wanted === undefined || !Number.isInteger(wanted) || wanted < from || wanted > to) {
    return { fault: `${part} is a whole number from ${from} to ${to}; write one` };
  }
  return { over: "texts", need: presence(field), accepts: (text) => datePart(text, part) === wanted };
}

const regexFlags: Readonly<Record<string, number>> = {
  i: RE2JS.CASE_INSENSITIVE,
  m: RE2JS.MULTILINE,
  s: RE2JS.DOTALL,
};

function compileNetwork(text: string, { field }: Context): ValueTest | Fault {
  const network = parseNetwork(text);
  return "fault" in network
    ? network
    : { over: "texts", need: presence(field), cost: 10, accepts: network.holds };
}

function compileRegex(expression: string, { field, method: { flags } }: Context): ValueTest | Fault {
  try {
    const regex = RE2JS.compile(
      expression,
      flags.reduce((sum, flag) => sum | regexFlags[flag]!, 0),
    );
    const branches = parseRegex(expression);
    const need = branches && needOfRegex(field, branches, { ignoreCase: flags.includes("i") });
    const native = branches === undefined || flags.length > 0 ? undefined : nativeRegex(branches);
    const found = native ?? regex;
    const cost = native === undefined ? 50 : 5;
    return { over: "texts", need: need ?? presence(field), cost, accepts: (text) => found.test(text) };
  } catch (error) {
    const said = error instanceof RE2JSSyntaxException ? error.message : String(error);
    const advice = "regular expressions are those of RE2: no look-around and no back-references";
    return { fault: `the expression can not be read (${said}); ${advice}` };
  }
}

function compileExists(value: unknown, field: string): ValueTest | Fault {
  if (typeof value !== "boolean") return { fault: "exists takes true or false, without quotes" };
  return {
    over: "record",
    need: value ? presence(field) : undefined,
    accepts: (event) => (event.field(field) !== undefined) === value,
  };
}

const placements: Readonly<Record<Method["place"], (text: string, part: string) => boolean>> = {
  whole: (text, part) => text === part,
  contains: (text, part) => text.includes(part),
  startswith: (text, part) => text.startsWith(part),
  endswith: (text, part) => text.endsWith(part),
};

function compileReference(value: unknown, { field, method }: Context): ValueTest | Fault {
  if (typeof value !== "string" || value === "") return { fault: "fieldref takes the name of another field" };
  const placed = placements[method.place];
  const textsOf = (event: SigmaEvent, name: string | null) =>
    method.cased ? event.texts(name) : event.foldedTexts(name);
  return {
    over: "record",
    need: allNeeds([presence(field), presence(value)]),
    reads: value,
    accepts(event) {
      const parts = textsOf(event, value);
      return textsOf(event, field).some((text) => parts.some((part) => placed(text, part)));
    },
  };
}

function compileText(value: unknown, { field, method }: Context): ValueTest | Fault {
  if (field === null && value === "") return { fault: "an empty keyword matches every record; write one" };
  const start: Draft = typeof value === "string" ? parsePattern(value) : [String(value)];
  const drafts = transformed([start], method);
  if ("fault" in drafts) return drafts;
  const patterns = drafts.map((draft): Pattern => {
    const pattern = Buffer.isBuffer(draft) ? [draft.toString("latin1")] : draft;
    return field === null ? widen(pattern, { before: true, after: true }) : pattern;
  });
  const over = method.cased ? "texts" : "folded";
  const tests = patterns.map((pattern) => compilePattern(pattern, !method.cased));
  const need = anyNeed(patterns.map((pattern) => needOfPattern(field, pattern)));
  const [first] = tests;
  if (tests.length === 1) return { over, need, accepts: first!, pattern: patterns[0]! };
  return { over, need, accepts: (text) => tests.some((test) => test(text)) };
}

function transformed(start: readonly Draft[], method: Method): readonly Draft[] | Fault {
  let drafts = start;
  for (const transform of method.transforms) {
    const next: Draft[] = [];
    for (const draft of drafts) {
      const made = transform(draft);
      if ("fault" in made) return made;
      next.push(...made);
    }
    drafts = next;
  }
  return drafts;
}
