import { compileAlternatives } from "./compile-alternatives.ts";
import { costOf, type ValueTest } from "./compile-value.ts";
import type { Path, Report } from "./fault.ts";
import { fold, textOf } from "./fold.ts";
import { type Method, parseModifiers } from "./modifiers.ts";
import { allNeeds, anyNeed, type MaybeNeed } from "./need.ts";
import { literalOf } from "./pattern.ts";
import type { SigmaEvent } from "./rule.ts";

/** One line of a selection: a field, how it is compared, and with what. */
export interface Item {
  /** null: keywords, which search the whole record. */
  readonly field: string | null;
  /** All fields that are read, this one first. */
  readonly reads: readonly (string | null)[];
  /** What every record holds for which it is true. */
  readonly need: MaybeNeed;
  /** What it takes to try it, in comparisons of texts. */
  readonly cost: number;
  readonly matches: (event: SigmaEvent) => boolean;
  /** The values that made it match, for a record that matches; null where the lack of a value did. */
  readonly found: (event: SigmaEvent) => readonly unknown[];
}

/** Compiles `field|modifiers: values`; faults are reported, and the item that comes back then is never used. */
export function compileItem(
  key: string,
  written: unknown,
  { path, report }: { path: Path; report: Report },
): Item {
  const [name = "", ...names] = key.split("|");
  const field = name === "" ? null : name;
  const method = parseModifiers(names);
  if ("faults" in method) {
    for (const fault of method.faults) report(path, fault);
    return { field, reads: [], need: undefined, cost: 0, matches: () => false, found: () => [] };
  }
  const context = { field, method, report, path };
  checkShape(written, context);
  const values: unknown[] = Array.isArray(written) ? written : [written];
  const tests = values.flatMap((value, index) => {
    const made = compileAlternatives(value, { field, method });
    if (!("fault" in made)) return made;
    report(Array.isArray(written) ? [...path, index] : path, made.fault);
    return [];
  });
  return assemble(field, tests, method);
}

const single = ["exists", "lt", "lte", "gt", "gte"];

function checkShape(
  written: unknown,
  { field, method, report, path }: { field: string | null; method: Method; report: Report; path: Path },
): void {
  const list = Array.isArray(written);
  if (list && written.length === 0) report(path, "the list is empty and could never match; give it a value");
  if (list && written.length > 1 && written.includes(null)) {
    report(path, "null can not stand in a list; make a selection of its own for it and join both with or");
  }
  if (list && single.includes(method.kind)) report(path, `${method.kind} takes one value, not a list`);
  if (method.all && (!list || written.length < 2)) {
    report(path, "all needs a list of at least two values; drop the modifier");
  }
  if (field === null && method.kind !== "text" && method.kind !== "re") {
    report(path, `${method.kind} needs a field; write its name before the modifier`);
  }
}

function assemble(field: string | null, tests: readonly ValueTest[], method: Method): Item {
  const matches = join(field, tests, method.all);
  const needs = tests.map(({ need }) => need);
  const others = tests.flatMap((test) => (test.over === "record" ? (test.reads ?? []) : []));
  return {
    field,
    reads: [field, ...others],
    need: method.negate ? undefined : method.all ? allNeeds(needs) : anyNeed(needs),
    cost: costOf(tests),
    matches: method.negate ? (event) => !matches(event) : matches,
    found: (event) => (method.negate ? wholeValue(event, field) : foundBy(tests, event, field)),
  };
}

function join(field: string | null, tests: readonly ValueTest[], all: boolean): Item["matches"] {
  if (tests.length === 1) {
    const [only] = tests;
    return (event) => holds(only!, event, field);
  }
  const literals = all || tests.length < 4 ? undefined : literalsOf(tests);
  if (literals !== undefined) return (event) => event.foldedTexts(field).some((text) => literals.has(text));
  const over = tests[0]?.over ?? "record";
  if (over !== "record" && tests.every((test) => test.over === over)) {
    const accepting = tests.map((test) => test.accepts as (text: string) => boolean);
    return joinTexts({ field, over, all }, accepting);
  }
  if (all) return (event) => tests.every((test) => holds(test, event, field));
  return (event) => tests.some((test) => holds(test, event, field));
}

/** Tests that look at the same texts, which are then fetched once. */
function joinTexts(
  { field, over, all }: { field: string | null; over: "folded" | "texts"; all: boolean },
  accepting: readonly ((text: string) => boolean)[],
): Item["matches"] {
  return (event) => {
    const texts = over === "folded" ? event.foldedTexts(field) : event.texts(field);
    if (texts.length === 0) return false;
    for (const accepts of accepting) if (texts.some(accepts) !== all) return !all;
    return all;
  };
}

/** The values as a set when each is compared whole and without case: one look-up in place of many comparisons. */
function literalsOf(tests: readonly ValueTest[]): ReadonlySet<string> | undefined {
  const literals = new Set<string>();
  for (const test of tests) {
    const literal =
      test.over === "folded" && test.pattern !== undefined ? literalOf(test.pattern) : undefined;
    if (literal === undefined) return undefined;
    literals.add(fold(literal));
  }
  return literals;
}

function holds(test: ValueTest, event: SigmaEvent, field: string | null): boolean {
  if (test.over === "record") return test.accepts(event);
  const texts = test.over === "folded" ? event.foldedTexts(field) : event.texts(field);
  for (const text of texts) if (test.accepts(text)) return true;
  return false;
}

function wholeValue(event: SigmaEvent, field: string | null): readonly unknown[] {
  return [field === null ? null : (event.field(field) ?? null)];
}

function foundBy(tests: readonly ValueTest[], event: SigmaEvent, field: string | null): readonly unknown[] {
  const found = new Set<unknown>();
  for (const test of tests) {
    if (test.over === "record") {
      if (test.accepts(event)) found.add(wholeValue(event, field)[0]);
      continue;
    }
    const value = event.values(field).find((candidate) => {
      const text = textOf(candidate);
      return text !== undefined && test.accepts(test.over === "folded" ? fold(text) : text);
    });
    if (value !== undefined) found.add(value);
  }
  return [...found];
}
