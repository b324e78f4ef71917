import fc from "fast-check";
import { expect, test } from "vitest";
import { canonicalJson } from "./canonical-json.ts";

test("the text parses to the same value", () => {
  fc.assert(
    fc.property(fc.jsonValue({ maxDepth: 5 }), (value) => {
      expect(JSON.parse(canonicalJson(value)!)).toEqual(JSON.parse(JSON.stringify(value)));
    }),
  );
});

test("the order of keys does not show, that of a list does", () => {
  expect(canonicalJson({ b: 1, a: { d: 2, c: 3 } })).toBe(canonicalJson({ a: { c: 3, d: 2 }, b: 1 }));
  expect(canonicalJson([1, 2])).not.toBe(canonicalJson([2, 1]));
});

test("a key named __proto__ is a key like any other", () => {
  expect(canonicalJson(JSON.parse('{"__proto__":{"a":1}}'))).toBe('{"__proto__":{"a":1}}');
});

test("what is nested deeper than 100 levels has no canonical form, however deep", () => {
  const nested = (levels: number): unknown => JSON.parse("[".repeat(levels) + "]".repeat(levels));
  expect(canonicalJson(nested(100))).toBe("[".repeat(100) + "]".repeat(100));
  expect(canonicalJson(nested(101))).toBeUndefined();
  expect(canonicalJson({ a: nested(100_000) })).toBeUndefined();
});
