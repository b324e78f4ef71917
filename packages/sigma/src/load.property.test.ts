import fc from "fast-check";
import { expect, test } from "vitest";
import { stringify } from "yaml";
import { createEvent } from "./event.ts";
import { loadRules } from "./load.ts";
import type { DetectionRule } from "./rule.ts";

const junk = fc.oneof(
  fc.constantFrom<unknown>(
    null,
    true,
    0,
    -1,
    1.5,
    "",
    "any",
    "one",
    "two",
    "s",
    "%a%",
    "%b%x",
    "5m",
    "__proto__",
  ),
  fc.constantFrom<unknown>(
    "one and not two",
    "1 of them",
    "s | count() by a > 5",
    "s | near t",
    "not s",
    "\\",
  ),
  fc.constantFrom<unknown>(
    "event_count",
    "temporal_ordered",
    "value_sum",
    "linux",
    "5f1e2d3c-0000-4000-8000-000000000001",
  ),
);
const nested = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 3, withCrossShrink: true },
    junk,
    fc.array(tie("value"), { maxLength: 3 }),
    fc.dictionary(
      fc.constantFrom("s", "t", "f", "f|expand", "f|re|i", "|all", "gte", "field", "constructor"),
      tie("value"),
      { maxKeys: 3 },
    ),
  ),
})).value;

/** A map with these keys, of which now and then one is missing or holds what it should not. */
function section(
  keys: Readonly<Record<string, fc.Arbitrary<unknown>>>,
): fc.Arbitrary<Record<string, unknown>> {
  const values = Object.entries(keys).map(([key, arbitrary]) => [
    key,
    fc.oneof(
      { weight: 40, arbitrary },
      { weight: 1, arbitrary: nested },
      { weight: 1, arbitrary: fc.constant(undefined) },
    ),
  ]);
  return fc.record(Object.fromEntries(values) as Record<string, fc.Arbitrary<unknown>>);
}

const sound = fc.constantFrom<unknown>("x", "two", 5, "%a%", "%a%%b%");
const selection = section({
  f: sound,
  "f|expand": sound,
  "g|contains|all": fc.uniqueArray(sound, { minLength: 2 }),
});
const condition = fc.constantFrom(
  "s",
  "not s",
  "s and t",
  "1 of them",
  "s | count(x) by y >= 2",
  "s | near t",
);
const name = fc.constantFrom("two", "three", "four");
const logsource = fc.constantFrom({ product: "linux" }, { product: "linux", service: "sshd" });
const first = {
  title: "one",
  name: "one",
  logsource: { product: "linux" },
  detection: { s: { f: "x" }, condition: "s" },
};
const naming = { title: name, name, logsource };
const counting = fc
  .constantFrom<[string, unknown]>(
    ["event_count", { gte: 2 }],
    ["event_count", { lt: 5, neq: 2 }],
    ["value_percentile", { field: "f", gt: 1 }],
    ["temporal", undefined],
    ["temporal_ordered", "one and not two"],
  )
  .map(([type, condition]) => ({ type: fc.constant(type), condition: fc.constant(condition) }));
const document = fc.oneof(
  section({ ...naming, detection: section({ s: selection, t: selection, condition }) }),
  section({
    ...naming,
    filter: section({ rules: fc.constantFrom<unknown>("any", ["one"], "two"), s: selection, condition }),
  }),
  section({ placeholders: fc.record({ a: sound, b: sound }) }),
  counting.chain((kind) =>
    section({
      ...naming,
      correlation: section({ ...kind, rules: fc.constantFrom("one", "two"), timespan: fc.constant("5m") }),
    }),
  ),
);

test("any documents load without throwing, every fault has its place, and what loads can be asked", () => {
  const loaded = { detection: 0, correlation: 0, filter: 0 };
  fc.assert(
    fc.property(fc.array(document, { maxLength: 5 }), (documents) => {
      const text = [first, ...documents].map((body) => stringify(body)).join("---\n");
      const set = loadRules([{ file: "random.yml", text }]);
      for (const { line, column, message } of [...set.problems, ...set.warnings]) {
        expect(Math.min(line, column)).toBeGreaterThan(0);
        expect(message).not.toContain("can not be compiled");
      }
      const ids = new Set(set.rules.map(({ id }) => id));
      for (const filter of set.filters) expect(filter.rules.every((id) => ids.has(id))).toBe(true);
      for (const { kind } of [...set.rules, ...set.filters]) loaded[kind] += 1;
      const event = createEvent({ scopes: [{ f: "x" }], logsource: {} });
      for (const rule of set.rules) {
        if (rule.kind === "correlation") expect(rule.rules.every((id) => ids.has(id))).toBe(true);
        else if (rule.matches(event)) rule.explain(event);
      }
    }),
    { numRuns: 400 },
  );
  for (const count of Object.values(loaded)) expect(count).toBeGreaterThan(0);
});

const piece = fc.constantFrom("a", "b", "\\", "%", "*", "?", "%x%", "%y%");
const value = fc.array(piece, { maxLength: 6 }).map((pieces) => pieces.join(""));
const entry = fc.uniqueArray(fc.constantFrom("a", "*", "\\", "b?", "%", ""), { minLength: 1, maxLength: 3 });

/** The slow reference: one placeholder after the other, from the left, each as often as it has values. */
function writtenOut(text: string, table: Readonly<Record<string, readonly string[]>>): string[] {
  const head = text.slice(0, 1);
  if (text.startsWith("\\%")) return writtenOut(text.slice(2), table).map((rest) => `%${rest}`);
  if (head === "\\") return writtenOut(text.slice(2), table).map((rest) => text.slice(0, 2) + rest);
  const found = /^%([a-z]+)%/.exec(text);
  if (found === null) return text === "" ? [""] : writtenOut(text.slice(1), table).map((rest) => head + rest);
  const rests = writtenOut(text.slice(found[0].length), table);
  return table[found[1]!]!.flatMap((start) => rests.map((rest) => start + rest));
}

test("placeholders come to what the values written out come to", () => {
  const texts = fc
    .array(fc.constantFrom("a", "b", "\\", "%", "*", "A"), { maxLength: 5 })
    .map((parts) => parts.join(""));
  const table = fc.record({
    x: entry,
    y: entry,
    a: entry,
    b: entry,
    ab: entry,
    ba: entry,
    aa: entry,
    bb: entry,
  });
  const rule = (selection: object, placeholders: object): DetectionRule => {
    const detection = { s: selection, condition: "s" };
    const documents = [{ title: "T", logsource: { product: "x" }, detection }, { placeholders }];
    const { rules, problems } = loadRules([
      { file: "r.yml", text: documents.map((one) => stringify(one)).join("---\n") },
    ]);
    expect(problems).toEqual([]);
    return rules[0] as DetectionRule;
  };
  fc.assert(
    fc.property(
      value,
      table,
      fc.array(texts, { minLength: 1, maxLength: 8 }),
      (written, placeholders, records) => {
        fc.pre(
          ![...written.matchAll(/%([a-z]+)%/g)].some(([, called]) => !Object.hasOwn(placeholders, called!)),
        );
        const expanded = rule({ "f|expand": written }, placeholders);
        const plain = rule({ f: [...new Set(writtenOut(written, placeholders))] }, placeholders);
        for (const f of records) {
          const event = createEvent({ scopes: [{ f }], logsource: {} });
          expect(expanded.matches(event)).toBe(plain.matches(event));
        }
        expect(expanded.needs).toEqual(plain.needs);
      },
    ),
    { numRuns: 300 },
  );
});
