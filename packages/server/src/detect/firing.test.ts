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
    expect(firingsIn({ from: 0, members }, { threshold: 2, span: 1000 })).toEqual([members[1]]);
  });

  it("events of the same millisecond count for each other", () => {
    const members = [
      { id: "a", at: 5 },
      { id: "b", at: 5 },
    ];
    expect(firingsIn({ from: 0, members }, { threshold: 2, span: 1000 })).toEqual(members);
  });

  it("members before `from` count but do not fire", () => {
    const members = [
      { id: "a", at: 1 },
      { id: "b", at: 2 },
      { id: "c", at: 3 },
    ];
    expect(firingsIn({ from: 3, members }, { threshold: 2, span: 1000 })).toEqual([members[2]]);
  });

  it("equals counting each window", () => {
    fc.assert(
      fc.property(fc.array(fc.nat(300)), fc.integer({ min: 1, max: 6 }), (times, k) => {
        const members = times.sort((a, b) => a - b).map((at, n) => ({ id: `${n}`, at }));
        const expected = members.filter(
          ({ at }) => members.filter((other) => other.at >= at - 50 && other.at <= at).length >= k,
        );
        expect(firingsIn({ from: 0, members }, { threshold: k, span: 50 })).toEqual(expected);
      }),
    );
  });
});

describe("firings of marked members", () => {
  const member = (event: string, at: number, mark: number) => ({ id: `${event} ${mark}`, at });
  const settings = (threshold: number, ordered: boolean) => ({
    ...{ threshold, span: 50 },
    marked: { ordered, perEvent: 3 },
  });
  const ids = (firings: readonly { id: string }[]): string[] => firings.map(({ id }) => id);

  it("different marks count once each, and a mark that left the window no more", () => {
    const members = [member("a", 0, 1), member("b", 10, 1), member("c", 20, 2), member("d", 61, 1)];
    expect(ids(firingsIn({ from: 0, members }, settings(2, false)))).toEqual(["c", "d"]);
    const later = [...members, member("e", 71, 1)];
    expect(ids(firingsIn({ from: 0, members: later }, settings(2, false)))).toEqual(["c", "d"]);
  });

  it("an event with several marks fires once, under its own id", () => {
    const members = [member("a", 0, 0), member("a", 0, 1), member("b", 0, 1)];
    expect(firingsIn({ from: 0, members }, settings(2, false))).toEqual([
      { id: "a", at: 0 },
      { id: "b", at: 0 },
    ]);
  });

  it("an order is one where each mark comes after the one before it, or at its time", () => {
    const wrong = [member("a", 0, 1), member("b", 10, 0)];
    expect(firingsIn({ from: 0, members: wrong }, settings(2, true))).toEqual([]);
    const right = [...wrong, member("c", 20, 1)];
    expect(ids(firingsIn({ from: 0, members: right }, settings(2, true)))).toEqual(["c"]);
    const tied = [member("a", 0, 2), member("b", 0, 1), member("c", 0, 0)];
    expect(ids(firingsIn({ from: 0, members: tied }, settings(3, true)))).toEqual(["a", "b", "c"]);
  });

  it("an order holds for what comes after it as long as the window holds all of it", () => {
    const members = [member("a", 0, 0), member("b", 10, 1), member("c", 50, 1), member("d", 51, 1)];
    expect(ids(firingsIn({ from: 0, members }, settings(2, true)))).toEqual(["b", "c"]);
  });

  it("equal a search through each window", () => {
    const marked = fc.array(fc.tuple(fc.nat(200), fc.nat(2)), { maxLength: 60 });
    fc.assert(
      fc.property(marked, fc.integer({ min: 1, max: 3 }), fc.boolean(), (list, k, ordered) => {
        const members = list
          .sort(([a], [b]) => a - b)
          .map(([at, mark], n) => ({ ...member(String(n).padStart(2, "0"), at, mark), mark }));
        const expected = members.filter(({ at }) => {
          const window = members.filter((other) => other.at >= at - 50 && other.at <= at);
          const inOrder = (next: number, after: number): boolean =>
            next === k ||
            window.some(({ mark, at: time }) => mark === next && time >= after && inOrder(next + 1, time));
          return ordered ? inOrder(0, 0) : new Set(window.map(({ mark }) => mark)).size >= k;
        });
        expect(firingsIn({ from: 0, members }, settings(k, ordered))).toEqual(
          expected.map(({ id, at }) => ({ id: id.slice(0, 2), at })),
        );
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
