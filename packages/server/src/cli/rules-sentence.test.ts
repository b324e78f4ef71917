import { loadRules } from "@auditflow/sigma";
import { describe, expect, test } from "vitest";
import { correlationSentence, durationText } from "./rules-sentence.ts";

const detections = ["One", "Two"].map((title) => ({
  file: `${title}.yml`,
  text: `title: ${title}\nname: ${title.toLowerCase()}\nlogsource: { product: x }\ndetection: { s: [a], condition: s }`,
}));

function sentenceOf(correlation: string): string {
  const text = `title: Counting\ncorrelation: { timespan: 90m, ${correlation} }`;
  const { rules, problems } = loadRules([...detections, { file: "c.yml", text }]);
  expect(problems).toEqual([]);
  const rule = rules.find(({ kind }) => kind === "correlation");
  return rule?.kind === "correlation" ? correlationSentence(rule, rules) : "";
}

describe("a correlation in one sentence", () => {
  test.each([
    [
      "type: event_count, rules: [one], group-by: [user, host], condition: { gte: 3 }",
      'Fires when at least 3 events that match "One" come within 90 minutes with the same user and host.',
    ],
    [
      "type: value_count, rules: [one, two], group-by: [ip], condition: { field: user, gt: 4 }",
      'Fires when events that match "One" or "Two" have more than 4 different values of user within 90 minutes with the same ip.',
    ],
    [
      "type: temporal, rules: [one, two], group-by: [ip]",
      'Fires when events match "One" and "Two", in any order, within 90 minutes with the same ip.',
    ],
    [
      "type: temporal, rules: [one, two], group-by: [ip], condition: { gte: 1 }",
      'Fires when events match at least 1 of "One" or "Two", in any order, within 90 minutes with the same ip.',
    ],
    [
      "type: temporal_ordered, rules: [one, two]",
      'Fires when events match "One" and "Two", in this order, within 90 minutes.',
    ],
  ])("%s", (correlation, sentence) => {
    expect(sentenceOf(correlation)).toBe(sentence);
  });

  test("durations are told in the largest unit that gives a whole number", () => {
    expect([1, 1000, 60_000, 90_000, 86_400_000].map(durationText)).toEqual([
      ...["1 millisecond", "1 second", "1 minute", "90 seconds", "1 day"],
    ]);
  });
});
