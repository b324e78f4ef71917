import { expect, test } from "vitest";
import { RecentRate } from "./recent-rate.ts";

test("the second that is not over yet does not count", () => {
  const recent = new RecentRate(500);
  recent.add(7, 600);
  expect(recent.perSecond(1499)).toBe(0);
  expect(recent.perSecond(1500)).toBe(7);
});

test("up to ten whole seconds are divided by their number", () => {
  const recent = new RecentRate(0);
  for (let second = 0; second < 30; second += 1) recent.add(second, second * 1000 + 999);
  expect(recent.perSecond(30_000)).toBe(24.5);
  expect(recent.perSecond(34_500)).toBe((24 + 25 + 26 + 27 + 28 + 29) / 10);
  expect(recent.perSecond(1e9)).toBe(0);
});

test("after a reset it knows nothing of what was before", () => {
  const recent = new RecentRate(0);
  recent.add(1000, 500);
  recent.reset(5000);
  recent.add(3, 5500);
  expect([recent.perSecond(5900), recent.perSecond(7000)]).toEqual([0, 1.5]);
});
