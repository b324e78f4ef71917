import { createEvent, type DetectionRule } from "@auditflow/sigma";
import { describe, expect, it } from "vitest";
import { loadSources } from "./load-sources.ts";
import { createRuleBudget, type RuleBudget, type Suspension } from "./rule-budget.ts";

const event = createEvent({ scopes: [{}], logsource: {} });

const loaded = await loadSources([
  {
    file: "rules.yml",
    text: ["slow", "quick"]
      .map(
        (title) =>
          `title: ${title}\nlogsource: { category: test }\ndetection: { a: { b|contains: ${title} }, condition: a }\n`,
      )
      .join("---\n"),
  },
]);

/** A time in which a rule takes what it is said to: of the processor, and besides of the wall clock alone. */
class World {
  readonly told: Suspension[] = [];
  readonly slowMs: number[] = [];
  evaluations = 0;
  readonly budget: RuleBudget;
  readonly rules: readonly DetectionRule[];
  #now = 1000;
  #processor = 7;

  constructor(costs: Readonly<Record<string, () => { cpu: number; pause?: number }>>) {
    this.rules = loaded.rules.map((rule) => this.#costing(rule as DetectionRule, costs[rule.title]!));
    this.budget = createRuleBudget({
      ...{ now: () => this.#now, processorTime: () => this.#processor },
      ...{ onSuspended: (one) => void this.told.push(one), onSlow: (ms) => void this.slowMs.push(ms) },
    });
  }

  wait(ms: number): void {
    this.#now += ms;
  }

  evaluate(times: number): boolean[] {
    return Array.from({ length: times }, () => this.budget.matches(this.rules[0]!, event));
  }

  again(changes: Partial<DetectionRule> = {}): DetectionRule[] {
    return this.rules.map((rule) => ({ ...rule, ...changes }));
  }

  #costing(rule: DetectionRule, cost: () => { cpu: number; pause?: number }): DetectionRule {
    const matches = (): boolean => {
      this.evaluations += 1;
      const { cpu, pause = 0 } = cost();
      this.#processor += cpu;
      this.#now += cpu + pause;
      return true;
    };
    return { ...rule, matches };
  }
}

const world = (cpu: number): World => new World({ slow: () => ({ cpu }), quick: () => ({ cpu: 0.5 }) });
const setOf = (rules: readonly DetectionRule[]) => ({ rules, filters: [], problems: [], warnings: [] });

describe("the time budget of rules", () => {
  it("a rule is suspended by the evaluation that uses up its 250 ms, and that one still counts", () => {
    const w = world(100);
    expect(w.evaluate(5)).toEqual([true, true, true, false, false]);
    expect(w.told.map(({ rule, spentMs }) => [rule.title, spentMs])).toEqual([["slow", 300]]);
    expect(w.budget.isSuspended(w.rules[0]!)).toBe(true);
    expect(w.budget.suspended()).toEqual(w.told);
  });

  it("a suspended rule is not evaluated, and the others go on", () => {
    const w = world(300);
    w.evaluate(9);
    expect(w.evaluations).toBe(2);
    expect(w.budget.matches(w.rules[1]!, event)).toBe(true);
    expect(w.budget.isSuspended(w.rules[1]!)).toBe(false);
  });

  it("a rule that takes less than a twentieth of a core goes on for ever", () => {
    const w = world(9);
    for (let second = 0; second < 3600; second += 1) {
      w.evaluate(5);
      w.wait(1000);
    }
    expect(w.told).toEqual([]);
  });

  it("a rule that takes more than a twentieth of a core is suspended in the end", () => {
    const w = world(12);
    for (let second = 0; second < 3600; second += 1) {
      w.evaluate(5);
      w.wait(1000 - 5 * 2 * 12);
    }
    expect(w.told).toHaveLength(1);
  });

  it("what was spent counts from when the budget was last whole", () => {
    const w = world(100);
    w.evaluate(1);
    w.wait(3_600_000);
    w.evaluate(3);
    expect(w.told.map(({ spentMs }) => spentMs)).toEqual([300]);
  });

  it("an evaluation of a millisecond or less costs nothing, however often it happens", () => {
    const w = world(1);
    w.evaluate(100_000);
    expect(w.evaluations).toBe(100_000);
    expect(w.told).toEqual([]);
  });

  it("a pause of the process is not the rule's fault", () => {
    const w = new World({ slow: () => ({ cpu: 0.01, pause: 5000 }), quick: () => ({ cpu: 0 }) });
    w.evaluate(1000);
    expect(w.told).toEqual([]);
    expect(w.slowMs).toEqual([]);
  });

  it("what only the first evaluation of an event costs is not charged", () => {
    let n = 0;
    const w = new World({ slow: () => ({ cpu: n++ % 2 === 0 ? 400 : 0.1 }), quick: () => ({ cpu: 0 }) });
    w.evaluate(100);
    expect(w.told).toEqual([]);
  });

  it("what happens between two events has a rule looked at, not suspended", () => {
    const w = world(0.001);
    for (let n = 0; n < 1000; n += 1) {
      w.wait(1000);
      w.evaluate(1);
    }
    expect(w.evaluations).toBe(2000);
    expect(w.told).toEqual([]);
  });

  it("slow evaluations are told with their time, before a rule is suspended", () => {
    const w = world(20);
    w.evaluate(2);
    expect(w.slowMs).toEqual([20, 20]);
    expect(w.told).toEqual([]);
  });
});

describe("the budget of rules that are loaded again", () => {
  it("a rule with the same id and version stays suspended, though it is another object, and is not told again", () => {
    const w = world(300);
    w.evaluate(1);
    const again = w.again({ title: "another title" });
    w.budget.keep(setOf(again));
    expect(w.budget.isSuspended(again[0]!)).toBe(true);
    expect(w.budget.matches(again[0]!, event)).toBe(false);
    expect(w.budget.suspended()).toHaveLength(1);
    expect(w.told).toHaveLength(1);
  });

  it("what was spent before the reload counts after it", () => {
    const w = world(100);
    w.evaluate(2);
    const again = w.again();
    w.budget.keep(setOf(again));
    w.budget.matches(again[0]!, event);
    expect(w.told).toHaveLength(1);
  });

  it("a changed version begins anew, and can be suspended again", () => {
    const w = world(300);
    w.evaluate(1);
    const changed = w.again({ version: "0000000b" });
    w.budget.keep(setOf(changed));
    expect(w.budget.suspended()).toEqual([]);
    expect(w.budget.matches(changed[0]!, event)).toBe(true);
    expect(w.told.map(({ rule }) => rule.version)).toEqual([w.rules[0]!.version, "0000000b"]);
  });

  it("a rule that was removed and comes back begins anew", () => {
    const w = world(300);
    w.evaluate(1);
    w.budget.keep(setOf([]));
    expect(w.budget.suspended()).toEqual([]);
    w.budget.keep(setOf(w.rules));
    expect(w.budget.isSuspended(w.rules[0]!)).toBe(false);
  });
});
