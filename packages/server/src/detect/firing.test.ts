import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { firingsIn, thresholdOf } from "./firing.ts";

describe("firings of a run", () => {
  it("a window is closed at both ends: an event exactly one span ago counts", () => {
    const members = [
      { id: "a", at: 0 },
      { id: "b", at: 1000 },
      { id: "c", at: 2001 },
    ];
    expect(firingsIn({ from: 0, members }, 2, 1000)).toEqual([members[1]]);
  });

  it("events of the same millisecond count for each other", () => {
    const members = [
      { id: "a", at: 5 },
      { id: "b", at: 5 },
    ];
    expect(firingsIn({ from: 0, members }, 2, 1000)).toEqual(members);
  });

  it("members before `from` count but do not fire", () => {
    const members = [
      { id: "a", at: 1 },
      { id: "b", at: 2 },
      { id: "c", at: 3 },
    ];
    expect(firingsIn({ from: 3, members }, 2, 1000)).toEqual([members[2]]);
  });

  it("equals counting each window", () => {
    fc.assert(
      fc.property(fc.array(fc.nat(300)), fc.integer({ min: 1, max: 6 }), (times, k) => {
        const members = times.sort((a, b) => a - b).map((at, n) => ({ id: `${n}`, at }));
        const expected = members.filter(
          ({ at }) => members.filter((other) => other.at >= at - 50 && other.at <= at).length >= k,
        );
        expect(firingsIn({ from: 0, members }, k, 50)).toEqual(expected);
      }),
    );
  });
});

describe("the threshold of a condition", () => {
  it("gte 5 and gt 4 both mean at least 5, together the stricter one", () => {
    expect(thresholdOf({ gte: 5 })).toBe(5);
    expect(thresholdOf({ gt: 4 })).toBe(5);
    expect(thresholdOf({ gt: 4, gte: 9 })).toBe(9);
    expect(thresholdOf({ gt: 4.5 })).toBe(5);
    expect(thresholdOf({ gte: 4.5 })).toBe(5);
    expect(thresholdOf({ gte: 0 })).toBe(1);
  });

  it("what more events can undo has none, nor has what is beyond 1,000", () => {
    expect(thresholdOf({ lt: 5 })).toBeUndefined();
    expect(thresholdOf({ gte: 5, lte: 10 })).toBeUndefined();
    expect(thresholdOf({ eq: 5 })).toBeUndefined();
    expect(thresholdOf({ neq: 5 })).toBeUndefined();
    expect(thresholdOf({})).toBeUndefined();
    expect(thresholdOf({ gte: 1001 })).toBeUndefined();
  });
});
