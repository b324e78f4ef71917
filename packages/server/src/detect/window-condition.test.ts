import { loadRules } from "@auditflow/sigma";
import { describe, expect, it } from "vitest";
import type { Judging } from "../windows/windows.ts";
import { judgingOf, type WindowCondition, windowConditionOf } from "./window-condition.ts";

/** The condition of a correlation over the rules a, b, c and d, as its text says it. */
function conditionOf(
  type: string,
  condition: unknown,
  rules = ["a", "b", "c", "d"],
): WindowCondition | string {
  const detections = rules.map((name) => ({
    ...{ title: name, name, logsource: { category: "test" } },
    detection: { kind: { kinds: name }, condition: "kind" },
  }));
  const correlation = { type, rules, "group-by": ["user_id"], timespan: "1m", condition };
  const all = [{ title: "correlation", correlation }, ...detections];
  const text = all.map((rule) => JSON.stringify(rule)).join("\n---\n");
  const { rules: loaded, problems } = loadRules([{ file: "rules.yml", text }]);
  const rule = loaded.find(({ kind }) => kind === "correlation");
  if (rule?.kind !== "correlation") throw new Error(JSON.stringify(problems));
  return windowConditionOf(rule);
}

function judged(type: string, condition: unknown, rules?: string[]): Judging {
  const found = conditionOf(type, condition, rules);
  if (typeof found === "string") throw new Error(found);
  return judgingOf(found);
}

const later = { kind: "later", reach: undefined };

describe("a count", () => {
  it("of at least k is decided at once, however it is said", () => {
    expect(judged("event_count", { gte: 5 })).toEqual({ kind: "count", reach: 5 });
    expect(judged("event_count", { gt: 4 })).toEqual({ kind: "count", reach: 5 });
    expect(judged("event_count", { gt: 4, gte: 9 })).toEqual({ kind: "count", reach: 9 });
    expect(judged("event_count", { gte: 1 })).toEqual({ kind: "count", reach: 1 });
    expect(judged("event_count", { neq: 1 })).toEqual({ kind: "count", reach: 2 });
    expect(judged("value_count", { field: "x", gt: 4 })).toEqual({ kind: "marks", least: 5, enough: 5 });
  });

  it("that more events can undo is decided later, by so many events that more change nothing", () => {
    expect(judged("event_count", { lt: 5 })).toEqual({ kind: "later", reach: 6 });
    expect(judged("event_count", { gte: 5, lte: 10 })).toEqual({ kind: "later", reach: 11 });
    expect(judged("event_count", { neq: 3 })).toEqual({ kind: "later", reach: 4 });
    expect(judged("value_count", { field: "x", eq: 5 })).toEqual(later);
  });

  it("of more than windows can decide about is refused with the bound", () => {
    expect(conditionOf("event_count", { gt: 1, lte: 1001 })).toBe(
      "correlation.condition: counts up to 1000 can be decided; lower lte: 1001",
    );
    expect(conditionOf("value_count", { field: "x", gt: 1000 })).toContain("lower gt: 1000");
    expect(judged("event_count", { gt: 999 })).toEqual({ kind: "count", reach: 1000 });
    expect(judged("event_count", { lt: 1001 })).toEqual({ kind: "later", reach: 1002 });
  });
});

describe("a number of rules", () => {
  it("is decided at once also where it says all of them, or a limit above them", () => {
    expect(judged("temporal", undefined)).toEqual({ kind: "marks", least: 4, enough: 4 });
    expect(judged("temporal", { eq: 4 })).toEqual({ kind: "marks", least: 4, enough: 4 });
    expect(judged("temporal", { gte: 2, lt: 5 })).toEqual({ kind: "marks", least: 2, enough: 2 });
    expect(judged("temporal", { eq: 3 })).toEqual(later);
  });

  it("in order is one that the longest chain in order has", () => {
    expect(judged("temporal_ordered", undefined)).toEqual({ kind: "order", least: 4 });
    expect(judged("temporal_ordered", { gt: 2 })).toEqual({ kind: "order", least: 3 });
    expect(judged("temporal_ordered", { lte: 2 })).toEqual(later);
  });
});

describe("words about rules", () => {
  it("without a not are decided at once, by no fewer rules than they may take", () => {
    const words = { kind: "marks", enough: 4 };
    expect(judged("temporal", "(a and b) or (c and d)")).toEqual({ ...words, least: 2 });
    expect(judged("temporal", "(a or b) and c and (d or c)")).toEqual({ ...words, least: 2 });
    expect(judged("temporal", "(a or b) and (c or d)")).toEqual({ ...words, least: 2 });
    expect(judged("temporal", "not (not a and not b) and (c or d)")).toEqual({ ...words, least: 2 });
  });

  it("with a not are decided later", () => {
    expect(judged("temporal", "a and b and c and not d")).toEqual(later);
    expect(judged("temporal", "(a and b) or (c and not d)")).toEqual(later);
    expect(judged("temporal_ordered", "a and b and c and not d")).toEqual(later);
  });

  it("in order ask for rules in the order of first mention, those that are refused left out", () => {
    expect(conditionOf("temporal_ordered", "b and not (c or d) and a")).toMatchObject({
      of: "words",
      rules: 4,
      order: [0, 3],
      expression: { kind: "and" },
    });
    expect(conditionOf("temporal_ordered", "a and b and not (c and d)")).toMatchObject({ order: [0, 1] });
  });

  it("in order that refuse nothing after all are a mere order", () => {
    expect(conditionOf("temporal_ordered", "a and not not b and c and d")).toEqual({
      of: "order",
      rules: 4,
      bounds: { gte: 4 },
    });
  });

  it("that make no sense in an order are refused with what to do", () => {
    const choice = /^correlation\.condition: in an order there is no choice .*; make a rule of each way$/;
    expect(conditionOf("temporal_ordered", "a or b or c or d")).toMatch(choice);
    expect(conditionOf("temporal_ordered", "a and b and (c or not d)")).toMatch(choice);
    expect(conditionOf("temporal_ordered", "a and not (b or c or d)")).toMatch(
      /an order needs two rules at least/,
    );
  });

  it("that ask for a rule and refuse it can never hold and are refused", () => {
    expect(conditionOf("temporal", "a and b and not (c or a or d)")).toMatch(/asked for and refused at once/);
    expect(conditionOf("temporal", "a and b and not (c and a and d)")).toMatchObject({ of: "words" });
  });
});

describe("a condition about numbers", () => {
  it("is decided later, whatever its bounds", () => {
    expect(judged("value_sum", { field: "bytes", gte: 10 })).toEqual(later);
    expect(judged("value_avg", { field: "bytes", gt: 1.5 })).toEqual(later);
    expect(judged("value_percentile", { field: "bytes", percentile: 95, gt: 1 })).toEqual(later);
  });

  it("about the median is one about the 50th percentile, as is one that names none", () => {
    const half = { of: "percentile", percentile: 50, bounds: { gt: -1.5 } };
    expect(conditionOf("value_median", { field: "bytes", gt: -1.5 })).toEqual(half);
    expect(conditionOf("value_percentile", { field: "bytes", gt: -1.5 })).toEqual(half);
  });
});
