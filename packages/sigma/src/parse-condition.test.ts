import { describe, expect, test } from "vitest";
import { type Condition, parseCondition } from "./parse-condition.ts";

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
  ["d", 'there is no selection "d" (at character 1); the rule has a, b'],
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

describe("aggregations of Sigma 1", () => {
  test.each([
    ["a | count() by user > 10", ['make this condition "a"', "type: event_count", "[user]", "{ gt: 10 }"]],
    ["a | count(ip) by user >= 3", ["type: value_count", "{ field: ip, gte: 3 }"]],
    ["a | near b", ["type: temporal", "name_of_the_other"]],
    ["a | what", ['make this condition "a"', "type: event_count"]],
  ])("%j is refused with the correlation to write", (text, parts) => {
    const parsed = parseCondition(text, selections);
    for (const part of parts) expect("fault" in parsed ? parsed.fault : "").toContain(part);
  });
});
