import { expect, it } from "vitest";
import { countedWords } from "./counted-words.ts";

const rules = [{ rule_name: "One" }, { rule_name: "Two", author: "Ada" }];

it.each([
  [{ type: "event_count", at_least: 1000, rules }, "1,000 or more matches of | One, Two"],
  [
    { type: "value_count", at_least: 5, fields: ["user_id"], rules: rules.slice(1) },
    "5 or more different values of user_id in matches of | Two",
  ],
  [{ type: "temporal", at_least: 2, rules }, "all of | One, Two, each of which matched"],
  [{ type: "temporal", at_least: 1, rules }, "1 or more of | One, Two, each of which matched"],
  [{ type: "temporal_ordered", at_least: 2, rules }, "all of | One, Two, which matched in this order"],
  [
    { type: "event_count", bounds: { gte: 2, lt: 4 }, rules },
    "at least 2 and less than 4 matches of | One, Two",
  ],
  [
    { type: "value_avg", bounds: { gt: 0.25 }, fields: ["ms"], rules },
    "the average of ms to be more than 0.25 in matches of | One, Two",
  ],
  [
    { type: "value_percentile", percentile: 95, bounds: { lte: 10 }, fields: ["ms"], rules },
    "percentile 95 of ms to be at most 10 in matches of | One, Two",
  ],
  [{ type: "temporal", words: "one and not two", rules }, "one and not two, of | One, Two"],
])("tells what is counted: %j", (counts, text) => {
  const { words, rules: named, end } = countedWords(counts)!;
  expect(`${words} | ${named.map(({ name }) => name).join(", ")}${end}`).toBe(text);
  expect(named.at(-1)).toEqual({ name: "Two", author: "Ada" });
});

it.each([undefined, null, {}, "x", { type: "event_count", rules }, { type: "other", at_least: 1, rules }])(
  "says nothing of what it does not know: %j",
  (counts) => {
    expect(countedWords(counts)).toBeUndefined();
  },
);
