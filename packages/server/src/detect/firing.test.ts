import type { CorrelationRule, RuleExpression } from "@auditflow/sigma";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { loginRule } from "../../testing/correlation.ts";
import { comparedIn, holdsOver, type Seen } from "../../testing/window-oracle.ts";
import type { Run, StoredMember } from "../windows/windows.ts";
import { type Firing, firingsIn } from "./firing.ts";
import { judgingOf, type WindowCondition, windowConditionOf } from "./window-condition.ts";

const span = 50;
const ids = (firings: readonly Firing[]): string[] => firings.map(({ id }) => id);

describe("firings of a run", () => {
  const atLeast = (gte: number) => ({ condition: { of: "events", bounds: { gte } } as const, span: 1000 });
  const member = (id: string, at: number): StoredMember => ({ id, at });

  it("a window is closed at both ends: an event exactly one span ago counts", () => {
    const members = [member("a", 0), member("b", 1000), member("c", 2001)];
    expect(firingsIn({ from: 0, members }, atLeast(2))).toEqual([members[1]]);
  });

  it("events of the same millisecond count for each other", () => {
    const members = [member("a", 5), member("b", 5)];
    expect(firingsIn({ from: 0, members }, atLeast(2))).toEqual(members);
  });

  it("members before `from` count but do not fire", () => {
    const members = [member("a", 1), member("b", 2), member("c", 3)];
    expect(firingsIn({ from: 3, members }, atLeast(2))).toEqual([members[2]]);
  });
});

describe("firings of marked members", () => {
  const mark = (event: string, at: number, what: number | string) => ({ id: `${event} ${what}`, at });
  const firing = (condition: WindowCondition, members: StoredMember[]): Firing[] =>
    firingsIn({ from: 0, members }, { condition, span });
  const order = (rules: number, gte = rules) => ({ of: "order", rules, bounds: { gte } }) as const;

  it("different marks count once each, and a mark that left the window no more", () => {
    const members = [mark("a", 0, 1), mark("b", 10, 1), mark("c", 20, 2), mark("d", 61, 1), mark("e", 71, 1)];
    expect(ids(firing({ of: "values", bounds: { gte: 2 } }, members))).toEqual(["c", "d"]);
    expect(ids(firing({ of: "values", bounds: { lt: 2 } }, members))).toEqual(["a", "b", "e"]);
  });

  it("an event with several marks fires once, under its own id", () => {
    const members = [mark("a", 0, 0), mark("a", 0, 1), mark("b", 0, 1)];
    expect(firing({ of: "rules", rules: 2, bounds: { gte: 2 } }, members)).toEqual([
      { id: "a", at: 0 },
      { id: "b", at: 0 },
    ]);
  });

  it("an order is one where each mark comes after the one before it, or at its time", () => {
    const wrong = [mark("a", 0, 1), mark("b", 10, 0)];
    expect(firing(order(2), wrong)).toEqual([]);
    expect(ids(firing(order(2), [...wrong, mark("c", 20, 1)]))).toEqual(["c"]);
    const tied = [mark("a", 0, 2), mark("b", 0, 1), mark("c", 0, 0)];
    expect(ids(firing(order(3), tied))).toEqual(["a", "b", "c"]);
  });

  it("an order holds for what comes after it as long as the window holds all of it", () => {
    const members = [mark("a", 0, 0), mark("b", 10, 1), mark("c", 50, 1), mark("d", 51, 1)];
    expect(ids(firing(order(2), members))).toEqual(["b", "c"]);
  });

  it("fewer of an order than all are any that come in it", () => {
    const members = [mark("a", 0, 2), mark("b", 10, 0), mark("c", 20, 2)];
    expect(ids(firing(order(3, 2), members))).toEqual(["c"]);
  });

  it("a rule that is refused is absent from the window that ends at the event, and may come after it", () => {
    const words: WindowCondition = {
      ...{ of: "words", rules: 2, order: [] },
      expression: {
        kind: "and",
        of: [
          { kind: "has", mark: 0 },
          { kind: "lacks", mark: 1 },
        ],
      },
    };
    const members = [mark("a", 0, 0), mark("b", 10, 1), mark("c", 60, 0), mark("d", 61, 0)];
    expect(ids(firing(words, members))).toEqual(["a", "d"]);
  });

  it("what a sum was does not depend on what came and went", () => {
    const sum = { of: "sum", bounds: { eq: 0.3 } } as const;
    const members = [mark("a", 0, 1.5e300), mark("b", 1, 1e-7), mark("c", 60, 0.1), mark("d", 60, 0.2)];
    expect(firing(sum, members)).toEqual([
      { id: "c", at: 60, value: 0.3 },
      { id: "d", at: 60, value: 0.3 },
    ]);
  });

  it("a sum of great and small numbers is exact, and told as the nearest number", () => {
    const members = [mark("a", 0, 1e16), mark("b", 1, 1), mark("c", 2, -1e16)];
    expect(firing({ of: "sum", bounds: { eq: 1 } }, members)).toEqual([{ id: "c", at: 2, value: 1 }]);
    const great = [mark("a", 0, 1.5e308), mark("b", 1, 1.5e308)];
    expect(firing({ of: "sum", bounds: { gt: 1e300 } }, great).at(-1)?.value).toBe(Number.MAX_VALUE);
    expect(firing({ of: "avg", bounds: { eq: 1.5e308 } }, great).at(-1)?.value).toBe(1.5e308);
  });

  it("an average of thirds is above a third that was rounded down", () => {
    const members = [mark("a", 0, 0), mark("b", 0, 0), mark("c", 0, 1), mark("c", 0, -0)];
    expect(firing({ of: "avg", bounds: { gt: 0.25 } }, members)).toEqual([]);
    const thirds = members.slice(0, 3);
    expect(firing({ of: "avg", bounds: { gt: 0.3333333333333333 } }, thirds)[0]?.value).toBe(1 / 3);
    expect(firing({ of: "avg", bounds: { gte: 0.33333333333333337 } }, thirds)).toEqual([]);
  });

  it("a percentile lies between the two nearest numbers", () => {
    const members = ["10", "20", "30", "40"].map((number, n) => mark(`${n}`, n, number));
    const last = (percentile: number): number | undefined =>
      firing({ of: "percentile", percentile, bounds: { gt: 0 } }, members).at(-1)?.value;
    expect([0, 25, 50, 90, 100].map(last)).toEqual([10, 17.5, 25, 37, 40]);
    const far = [mark("a", 0, -1.5e308), mark("b", 1, 1.5e308)];
    const median = { of: "percentile", percentile: 50, bounds: { eq: 0 } } as const;
    expect(firing(median, far)).toEqual([{ id: "b", at: 1, value: 0 }]);
  });
});

describe("the firings of every condition", () => {
  it("equal a recount of the window of each event", () => {
    fc.assert(
      fc.property(rule, events, (given, list) => {
        const { members, seen } = told(given, list);
        const windows = seen.map(({ at }) => seen.filter((other) => other.at >= at - span && other.at <= at));
        const expected = members.filter((_, n) => holdsOver(given, windows[n]!));
        const found = firingsIn({ from: 0, members }, settingsOf(given));
        expect(found.map(({ id, at }) => `${at} ${id}`)).toEqual([
          ...new Set(expected.map(({ id, at }) => `${at} ${id.slice(0, 2)}`)),
        ]);
        for (const { id, value } of found) {
          if (value === undefined) continue;
          const { number, unit } = comparedIn(given, windows[members.findIndex((m) => m.id.startsWith(id))]!);
          expect(value).toBeCloseTo(number / unit, 9);
        }
      }),
      { numRuns: 3000 },
    );
  });

  it("are those of the whole run from `from` on, each time it is asked", () => {
    fc.assert(
      fc.property(rule, events, fc.nat(200), (given, list, from) => {
        const { members } = told(given, list);
        const settings = settingsOf(given);
        const later = firingsIn({ from: 0, members }, settings).filter(({ at }) => at >= from);
        expect(firingsIn({ from, members }, settings)).toEqual(later);
        const near = members.filter(({ at }) => at >= from - span);
        expect(firingsIn({ from, members: near }, settings)).toEqual(later);
      }),
    );
  });

  it("are undone by no further event where the store may have them decided at once", () => {
    fc.assert(
      fc.property(rule, events, fc.infiniteStream(fc.boolean()), (given, list, isThere) => {
        const settings = settingsOf(given);
        if (judgingOf(settings.condition).kind === "later") return;
        const { members } = told(given, list);
        const some = members.filter(() => isThere.next().value);
        const all = new Set(ids(firingsIn({ from: 0, members }, settings)));
        for (const id of ids(firingsIn({ from: 0, members: some }, settings))) expect(all).toContain(id);
      }),
      { numRuns: 1000 },
    );
  });

  it("are decided by what a store promises to give of earlier marks", () => {
    fc.assert(
      fc.property(rule, events, fc.nat(200), (given, list, from) => {
        const settings = settingsOf(given);
        const judging = judgingOf(settings.condition);
        const { members } = told(given, list);
        const firings = firingsIn({ from, members }, settings);
        const run = judging.kind === "marks" ? marksBefore({ from, members }, judging.enough) : undefined;
        if (run !== undefined) expect(firingsIn(run, settings)).toEqual(firings);
        if (judging.kind !== "marks" && judging.kind !== "order") return;
        for (const { at } of firings) {
          const window = members.filter((other) => other.at >= at - span && other.at <= at);
          expect(new Set(window.map(({ id }) => id.slice(3))).size).toBeGreaterThanOrEqual(judging.least);
        }
      }),
      { numRuns: 1000 },
    );
  });
});

/** Rules of every kind, with bounds or with words. */
const rule: fc.Arbitrary<CorrelationRule> = fc
  .oneof(
    fc.record({
      type: fc.constantFrom("event_count", "value_count"),
      condition: bounds(fc.integer({ min: 1, max: 5 })),
    }),
    fc.record({
      type: fc.constantFrom("temporal", "temporal_ordered"),
      condition: bounds(fc.integer({ min: 1, max: 4 })),
    }),
    fc.record({
      type: fc.constantFrom("value_sum", "value_avg", "value_median"),
      condition: bounds(hundredths()),
    }),
    fc.record({
      type: fc.constant("value_percentile"),
      condition: fc
        .tuple(bounds(hundredths()), fc.constantFrom(0, 10, 50, 75, 99.5, 100))
        .map(([limits, percentile]) => ({ ...limits, percentile })),
    }),
    fc.record({ type: fc.constant("temporal"), condition: fc.constant({}), expression: words() }),
    fc.record({
      type: fc.constant("temporal_ordered"),
      condition: fc.constant({}),
      expression: orderedWords(),
    }),
  )
  .map(
    (given) => ({ ...loginRule({ threshold: 1 }), rules: ["a", "b", "c", "d"], ...given }) as CorrelationRule,
  )
  .filter((given) => typeof windowConditionOf(given) !== "string");

function bounds(bound: fc.Arbitrary<number>): fc.Arbitrary<CorrelationRule["condition"]> {
  const operators = { gt: bound, gte: bound, lt: bound, lte: bound, eq: bound, neq: bound };
  return fc.oneof(
    fc.constantFrom("gt", "gte", "lt", "lte", "eq", "neq").chain((one) => fc.record({ [one]: bound })),
    fc.record(operators, { requiredKeys: [] }),
  );
}

function hundredths(): fc.Arbitrary<number> {
  return fc.integer({ min: -300, max: 300 }).map((n) => n / 100);
}

function words(names: readonly string[] = ["a", "b", "c", "d"]): fc.Arbitrary<RuleExpression> {
  return fc.letrec<{ words: RuleExpression }>((tie) => ({
    words: fc.oneof(
      { maxDepth: 3, withCrossShrink: true },
      fc.constantFrom(...names).map((id) => ({ kind: "rule" as const, id })),
      fc.record({ kind: fc.constant("not" as const), of: tie("words") }),
      fc.record({
        kind: fc.constantFrom("and" as const, "or" as const),
        of: fc.array(tie("words"), { minLength: 2, maxLength: 3 }),
      }),
    ),
  })).words;
}

function orderedWords(): fc.Arbitrary<RuleExpression> {
  const asked = (["a", "b", "c"] as const).map((id) => ({ kind: "rule", id }) as const);
  const refused = words(["d", "c"]).map((of) => ({ kind: "not", of }) as const);
  return fc
    .tuple(fc.subarray(asked, { minLength: 2 }), refused)
    .map(([parts, not]) => ({ kind: "and", of: [...parts, not] }));
}

/** Events with their times and of each what it is counted as, once or more. */
const events = fc.array(
  fc.tuple(
    fc.nat(200),
    fc.uniqueArray(fc.tuple(fc.nat(3), hundredths()), {
      minLength: 1,
      maxLength: 3,
      selector: ([mark]) => mark,
    }),
  ),
  { maxLength: 50 },
);

type Told = typeof events extends fc.Arbitrary<infer T> ? T : never;

/** The members as a store has them in order, and beside each what the oracle sees. */
function told({ type }: CorrelationRule, list: Told): { members: StoredMember[]; seen: Seen[] } {
  const isOfNumbers = type.startsWith("value_") && type !== "value_count";
  const all = list.flatMap(([at, marks], n) => {
    const event = String(n).padStart(2, "0");
    if (type === "event_count") return [{ member: { id: event, at }, seen: { at, rule: 0, value: "" } }];
    const values = new Map(marks.map(([mark, number]) => [String(isOfNumbers ? number : mark), mark]));
    return [...values].map(([value, mark]) => ({
      member: { id: `${event} ${value}`, at },
      seen: { at, rule: mark, value },
    }));
  });
  all.sort(({ member: a }, { member: b }) => a.at - b.at || (a.id < b.id ? -1 : 1));
  return { members: all.map(({ member }) => member), seen: all.map(({ seen }) => seen) };
}

function settingsOf(given: CorrelationRule): { readonly condition: WindowCondition; readonly span: number } {
  return { condition: windowConditionOf(given) as WindowCondition, span };
}

/** The run with nothing before `from` but the last member of each of the latest marks. */
function marksBefore({ from, members }: Run, enough: number): Run {
  const before = new Map<string, number>();
  for (const { id, at } of members.filter((member) => member.at < from)) {
    before.delete(id.slice(3));
    before.set(id.slice(3), at);
  }
  const latest = [...before].slice(-enough).map(([mark, at]) => ({ id: ` ${mark}`, at }));
  return { from, members: [...latest, ...members.filter(({ at }) => at >= from)] };
}
