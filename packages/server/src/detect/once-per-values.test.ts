import { describe, expect, it } from "vitest";
import { oncePerValues } from "./once-per-values.ts";

function counting(): { readonly made: string[]; readonly of: (rule: object, values: string[]) => string } {
  const made: string[] = [];
  const of = oncePerValues((_rule: object, values) => {
    made.push(values.join("|"));
    return values.join("|");
  });
  return { made, of };
}

describe("what depends on a rule and values", () => {
  it("is made once per rule and values, however they are spread", () => {
    const { made, of } = counting();
    const [one, other] = [{}, {}];
    const lists = [[], ["a"], ["a", "b"], ["ab"], ["", "ab"], ["\ud800"]];
    for (let n = 0; n < 3; n += 1) for (const values of lists) expect(of(one, values)).toBe(values.join("|"));
    expect(made).toHaveLength(lists.length);
    of(other, ["a"]);
    expect(made).toHaveLength(lists.length + 1);
  });

  it("is made anew where there are too many values, or long ones, so that memory is bounded", () => {
    const { made, of } = counting();
    const rule = {};
    for (let n = 0; n < 10_001; n += 1) of(rule, [String(n)]);
    of(rule, ["0"]);
    of(rule, ["10000"]);
    expect(made.slice(10_001)).toEqual(["0"]);
    const long = "x".repeat(257);
    of(rule, [long]);
    of(rule, [long]);
    expect(made.slice(10_002)).toEqual([long, long]);
  });
});
