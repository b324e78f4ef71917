import { rateShapes } from "@auditflow/contracts";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { maxRate, Pace, type RatePlan } from "./pace.ts";

const constant = (rate: number): RatePlan => ({
  events_per_second: rate,
  shape: "constant",
  period_seconds: 60,
  burst_factor: 1,
});

const anyRate = fc.oneof(
  fc.constantFrom(0, 0.001, 1 / 3, 5, 999.999, maxRate),
  fc.double({ min: 0, max: maxRate, noNaN: true }),
);
/** Milliseconds between two looks, as late as a busy machine makes them. */
const jitter = fc.array(fc.double({ min: 0.01, max: 900, noNaN: true }), { minLength: 1, maxLength: 20 });

/** Looks after each wait in turn until `end`, and then; returns what was due meanwhile. */
function dueUntil(pace: Pace, { from, end, waits }: { from: number; end: number; waits: number[] }): number {
  let due = 0;
  let now = from;
  for (let turn = 0; now < end; turn += 1) {
    now = Math.min(end, now + waits[turn % waits.length]!);
    due += pace.due(now);
  }
  return due;
}

describe("a constant rate", () => {
  test("any ten seconds hold ten times the rate within one event, after any changes and with any jitter", () => {
    const segment = fc.record({ rate: anyRate, stretches: fc.integer({ min: 1, max: 4 }), waits: jitter });
    fc.assert(
      fc.property(fc.array(segment, { minLength: 1, maxLength: 6 }), (segments) => {
        let now = 12_345;
        const pace = new Pace(constant(0), now);
        for (const { rate, stretches, waits } of segments) {
          pace.change(constant(rate), now);
          for (let stretch = 0; stretch < stretches; stretch += 1) {
            const due = dueUntil(pace, { from: now, end: now + 10_000, waits });
            expect(Math.abs(due - rate * 10)).toBeLessThanOrEqual(1);
            now += 10_000;
          }
        }
      }),
      { numRuns: 60 },
    );
  });

  test("a month at a rate that no binary fraction holds is right to the event", () => {
    const pace = new Pace(constant(0.1), 0);
    let due = 0;
    for (let minute = 1; minute <= 30 * 24 * 60; minute += 1) due += pace.due(minute * 60_000);
    expect(due).toBe((30 * 24 * 3600) / 10);
  });

  test("zero is silence, and nothing is waited for", () => {
    const pace = new Pace(constant(0), 0);
    expect([pace.due(1e9), pace.wait(1e9)]).toEqual([0, Number.POSITIVE_INFINITY]);
  });

  test("a look after the wait it asked for finds an event, one before it finds none", () => {
    const pace = new Pace(constant(0.5), 0);
    expect(pace.wait(0)).toBe(2000);
    expect([pace.due(1999), pace.due(2000)]).toEqual([0, 1]);
    expect(pace.wait(2500)).toBe(1500);
  });
});

test("the counts of any plans, pauses and looks add up to the integral of the rate within one event", () => {
  const plan = fc.record({
    events_per_second: anyRate,
    shape: fc.constantFrom(...rateShapes),
    // Whole seconds, so that no burst ends within a thousandth.
    period_seconds: fc.integer({ min: 1, max: 30 }),
    burst_factor: fc.double({ min: 1, max: 100, noNaN: true }),
  });
  const segment = fc.record({
    plan,
    seconds: fc.integer({ min: 1, max: 20 }),
    pause: fc.nat(5),
    waits: jitter,
  });
  fc.assert(
    fc.property(fc.array(segment, { minLength: 1, maxLength: 4 }), (segments) => {
      let now = 0;
      let due = 0;
      let integral = 0;
      const pace = new Pace(constant(0), now);
      for (const { plan, seconds, pause, waits } of segments) {
        pace.change(plan, now);
        // The slow way: thousandths of seconds, each at the rate of its middle.
        for (let ms = 0; ms < seconds * 1000; ms += 1) integral += pace.rate(now + ms + 0.5) / 1000;
        due += dueUntil(pace, { from: now, end: now + seconds * 1000, waits });
        now += seconds * 1000;
        pace.pause(now);
        due += pace.due(now + pause * 1000);
        now += pause * 1000;
        pace.resume(now);
      }
      expect(Math.abs(due - integral)).toBeLessThanOrEqual(1.001);
    }),
    { numRuns: 40 },
  );
});

describe("a ramp", () => {
  const ramp = { events_per_second: 100, shape: "ramp", period_seconds: 10, burst_factor: 1 } as const;

  test("goes in a straight line from the rate before to the new one, and stays there", () => {
    const pace = new Pace(constant(20), 0);
    pace.change(ramp, 0);
    expect([0, 5000, 10_000, 60_000].map((now) => pace.rate(now))).toEqual([20, 60, 100, 100]);
    expect([pace.due(10_000), pace.due(11_000)]).toEqual([600, 100]);
  });

  test("a change on the way goes on from the rate reached", () => {
    const pace = new Pace(constant(0), 0);
    pace.change(ramp, 0);
    pace.change({ ...ramp, events_per_second: 0 }, 5000);
    expect([5000, 10_000, 15_000].map((now) => pace.rate(now))).toEqual([50, 25, 0]);
  });
});

describe("a burst", () => {
  test("is a tenth of each period at the multiple, which makes 0.9 + 0.1 * factor on average", () => {
    const pace = new Pace(constant(0), 0);
    pace.change({ events_per_second: 10, shape: "burst", period_seconds: 10, burst_factor: 11 }, 0);
    expect([pace.due(1000), pace.due(10_000), pace.due(11_000), pace.due(110_000)]).toEqual([
      110, 90, 110, 1890,
    ]);
  });

  test("never asks for more than the largest rate", () => {
    const pace = new Pace(constant(0), 0);
    pace.change({ events_per_second: 40_000, shape: "burst", period_seconds: 10, burst_factor: 100 }, 0);
    expect(pace.due(1000)).toBe(maxRate);
  });
});

describe("a pause", () => {
  test("leaves nothing due, and a ramp goes on where it was", () => {
    const pace = new Pace(constant(0), 0);
    pace.change({ events_per_second: 100, shape: "ramp", period_seconds: 10, burst_factor: 1 }, 0);
    expect(pace.due(5000)).toBe(125);
    pace.pause(5000);
    expect([pace.due(60_000), pace.wait(60_000)]).toEqual([0, Number.POSITIVE_INFINITY]);
    pace.resume(65_000);
    expect([pace.rate(65_000), pace.due(70_000)]).toEqual([50, 375]);
  });
});

test("what was due before a change and not asked for is no debt", () => {
  const pace = new Pace(constant(1000), 0);
  pace.change(constant(1), 60_000);
  expect(pace.due(61_000)).toBe(1);
});
