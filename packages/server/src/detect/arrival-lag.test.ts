import { beforeEach, expect, test } from "vitest";
import { ArrivalLag } from "./arrival-lag.ts";

let now = 0;
let lag = new ArrivalLag({ now: () => now });
beforeEach(() => {
  now = 1_000_000;
  lag = new ArrivalLag({ now: () => now });
});

test("at the start nobody knows what waits, until an event is taken or none comes for ten seconds", () => {
  expect(lag.behind()).toBe(Infinity);
  now += 10_001;
  expect(lag.behind()).toBe(0);
});

test("what is taken says how far behind it is, and an event of the future is not", () => {
  lag.taken(now - 3_600_000);
  expect(lag.behind()).toBe(3_600_000);
  lag.taken(now + 5);
  expect(lag.behind()).toBe(0);
});

test("after having been held up it is unknown again", () => {
  lag.taken(now);
  lag.heldUp();
  now += 9999;
  expect(lag.behind()).toBe(Infinity);
  lag.taken(now - 60);
  expect(lag.behind()).toBe(60);
});
