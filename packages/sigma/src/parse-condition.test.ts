import { expect, test } from "vitest";
import { type Condition, hasNot, parseCondition, selectionsIn, wantedIn } from "./parse-condition.ts";

const selections = ["a", "b", "c", "sel_1", "sel_2", "_hidden", "x-y"];

function written(condition: Condition): string {
  if (condition.kind === "selection") return condition.name;
  if (condition.kind === "not") return `!${written(condition.of)}`;
  return `(${condition.of.map(written).join(condition.kind === "and" ? "&" : "|")})`;
}

test.each([
  ["a", "a"],
  ["a or b and c", "(a|(b&c))"],
  ["a and b or c", "((a&b)|c)"],
  ["not a and b", "(!a&b)"],
  ["not not a", "!!a"],
  ["not (a or b)", "!(a|b)"],
  ["(a or b) and c", "((a|b)&c)"],
  ["1 of sel_*", "(sel_1|sel_2)"],
  ["any of sel_*", "(sel_1|sel_2)"],
  ["all of sel_*", "(sel_1&sel_2)"],
  ["a and not 1 of sel_*", "(a&!(sel_1|sel_2))"],
  ["1 of *_1", "sel_1"],
  ["1 of s*_*2", "sel_2"],
  ["1 of a", "a"],
  ["1 of them", "(a|b|c|sel_1|sel_2|x-y)"],
  ["1 of _*", "_hidden"],
  ["x-y AND NOT a", "(x-y&!a)"],
  ["  a\n  or\n  b ", "(a|b)"],
  ["((a))", "a"],
])("%j is read as %s", (text, expected) => {
  const parsed = parseCondition(text, selections);
  expect("condition" in parsed ? written(parsed.condition) : parsed.fault).toBe(expected);
});

test.each([
  ["", "the condition ends where a selection should stand"],
  ["a and", "ends where a selection should stand"],
  ["d", 'there is no selection "d" at character 1; the rule has a, b'],
  ["a b", '"b" at character 3 is one word too many'],
  ["(a or b", "the parenthesis at character 1 is never closed"],
  ["a)", '")" at character 2 is one word too many'],
  ["and a", '"and" at character 1 stands where a selection should'],
  ["1 of z*", 'no selection fits "z*" at character 6'],
  ["2 of a*", '"2 of" at character 1 is not known'],
  ["all of", 'after "all of" at character 1'],
  ["a & b", '"&" at character 3'],
  [`${"(".repeat(5000)}a${")".repeat(5000)}`, "nested deeper than 64"],
])("%j is refused and told why", (text, fault) => {
  const parsed = parseCondition(text, selections);
  expect("fault" in parsed ? parsed.fault : "no fault").toContain(fault);
});

test.each([
  ["sle_1", 'no selection "sle_1" at character 1 (did you mean "sel_1"?)'],
  ["a and nto b", 'there is no selection "nto" at character 7 (did you mean "not"?)'],
  ["a adn b", 'one word too many (did you mean "and"?)'],
  ["1 of sle_*", 'no selection fits "sle_*" at character 6 (did you mean "sel_*"?)'],
])("%j is refused with what was most likely meant", (text, fault) => {
  const parsed = parseCondition(text, selections);
  expect("fault" in parsed ? parsed.fault : "no fault").toContain(fault);
});

test("what is asked for and not against is told apart", () => {
  const parsed = parseCondition("a and not (b or not c)", selections);
  if ("fault" in parsed) throw new Error(parsed.fault);
  expect([...wantedIn(parsed.condition)]).toEqual(["a", "c"]);
  expect([...selectionsIn(parsed.condition)]).toEqual(["a", "b", "c"]);
  expect(hasNot(parsed.condition)).toBe(true);
});
