import { expect, test } from "vitest";
import { fieldDropper } from "./field-dropper.ts";
import { readVectorFile } from "./read-vectors.ts";
import { checkVectors } from "./vectors.ts";

const sound = `
- title: contains
  selection: |
    field|contains: mid
  match:
    - { field: amidst }
  miss:
    - { field: first }
- title: a fault
  detection: |
    a: { field|like: x }
    condition: a
  refused:
    - { at: "2:8", field: detection.a.field|like, says: LIKE }
- title: a correlation
  rule: |
    title: A
    name: a
    logsource: { product: linux }
    detection: { s: { f: 1 }, condition: s }
    ---
    title: C
    correlation: { type: event_count, rules: [a], group-by: [u], timespan: 5m, condition: { gte: 3 } }
  loads:
    C: { type: event_count, groupBy: [u], condition: { gte: 3 } }
`;

function failures(text: string, field?: string): string[] {
  const { outcomes } = checkVectors(readVectorFile("some.yml", text), fieldDropper(field));
  return outcomes.flatMap(({ line, failure }) => (failure === undefined ? [] : [`${line}: ${failure.got}`]));
}

test("sound vectors pass", () => {
  expect(failures(sound)).toEqual([]);
});

test.each([
  ["an event that was changed", "amidst", "admits", "2: no match"],
  ["a verdict that was turned round", "first", "midst", "2: a match of Vector"],
  ["a rule that was changed", "contains: mid", "startswith: mid", "2: no match"],
  [
    "a fault expected elsewhere",
    '"2:8"',
    '"2:3"',
    '9: 2:8 detection.a.field|like: there is no modifier "like"',
  ],
  ["a fault expected in another field", "detection.a.field", "detection.b.field", "9: 2:8 detection.a"],
  ["a fault that says something else", "LIKE", "LOVE", "9: 2:8"],
  ["a fault that is not there", "field|like: x", "field: x", "9: nothing was told"],
  ["a fault that nobody expected", "field|contains: mid", "field|kontains: mid", "2: 3:5"],
  ["another property of a rule", "groupBy: [u]", "groupBy: [v]", '15: ["u"]'],
  ["a rule that does not load", "    C: {", "    D: {", "15: it does not"],
  ["an unknown key", "  miss:", "  misses:", '2: there is no "misses"'],
  ["two texts", "  selection: |", "  detection: x\n  selection: |", "2: exactly one of"],
  ["no title", "title: contains", "loads: {}", "2: the title is missing"],
])("%s turns the vector red", (_claim, from, to, got) => {
  const text = sound.replace(from, to);
  expect(text).not.toBe(sound);
  expect(failures(text).join("\n")).toContain(got);
});

test("a vector that asks nothing is red", () => {
  expect(failures("- title: nothing\n  selection: |\n    a: 1\n")).toEqual([
    "1: it asks nothing; add match or miss or refused or warned or loads",
  ]);
});

test("warnings are compared, as soon as a vector speaks of them", () => {
  const filter = (warned: string) => `
- title: a filter without not
  rule: |
    title: F
    logsource: { product: linux }
    filter:
      rules: any
      s: { f: 1 }
      condition: s
    ---
    title: A
    logsource: { product: linux }
    detection: { s: { f: 1 }, condition: s }
  match:
    - { f: 1 }
${warned}`;
  expect(failures(filter(""))).toEqual([]);
  expect(failures(filter("  warned: [{ at: '6:3', field: filter.condition, says: not }]\n"))).toEqual([]);
  expect(failures(filter("  warned: []\n"))).toHaveLength(1);
  expect(failures(filter("  warned: [{ field: filter.rules, says: any }]\n"))).toHaveLength(1);
});

test("a file that can not be read is red", () => {
  expect(failures("- title: [")).toHaveLength(1);
  expect(failures("title: no list\n")).toEqual(["1: a file of vectors is a list of them"]);
});

test("all rules that match are compared where a vector names them", () => {
  const two = (rules: string) => `
- title: two rules
  rule: |
    title: A
    logsource: { product: linux }
    detection: { s: { f: 1 }, condition: s }
    ---
    title: B
    logsource: { product: linux }
    detection: { s: { f: 1 }, condition: s }
  match:
    - { f: 1, $rules: ${rules} }
`;
  expect(failures(two("[B, A]"))).toEqual([]);
  expect(failures(two("[A]"))).toEqual(["2: a match of A, B"]);
});

test("a dropped field turns red what matches by it", () => {
  expect(failures(sound, "field")).toEqual(["2: no match"]);
  expect(failures(sound, "other")).toEqual([]);
});
