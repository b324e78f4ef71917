import { describe, expect, test } from "vitest";
import { nextStep, patience, retryDelay } from "./retry-schedule.ts";

const at = { tries: 1, triesFrom: 0, now: 0, random: () => 0 };
const retry = { outcome: "retry", detail: "HTTP 500" } as const;

describe("the retry schedule", () => {
  test("waits 5 s, then twice as long each time, at most an hour", () => {
    const delays = [1, 2, 3, 4, 10, 11, 20].map((tries) => retryDelay(tries, () => 0) / 1000);
    expect(delays).toEqual([5, 10, 20, 40, 2560, 3600, 3600]);
  });

  test("chance takes at most half of a wait away", () => {
    expect(retryDelay(2, () => 0.5)).toBe(7500);
    expect(retryDelay(2, () => 0.999999)).toBeGreaterThanOrEqual(5000);
  });

  test("gives up after the last try or a day, and says so", () => {
    expect(nextStep(retry, { ...at, tries: patience.tries - 1 }).state).toBe("pending");
    const dead = { state: "dead", detail: "Given up after 20 tries. The last one: HTTP 500" };
    expect(nextStep(retry, { ...at, tries: patience.tries })).toEqual(dead);
    expect(nextStep(retry, { ...at, tries: 3, now: patience.forMs }).state).toBe("dead");
  });

  test("a receiver that asks for more time gets it, never for less", () => {
    const asked = nextStep({ ...retry, retryAfterMs: 60_000 }, at);
    expect(asked).toMatchObject({ state: "pending", nextAt: 60_000 });
    expect(nextStep({ ...retry, retryAfterMs: 1 }, at)).toMatchObject({ nextAt: 5000 });
  });

  test("what cannot work is given up at once", () => {
    for (const outcome of ["rejected", "gone"] as const) {
      expect(nextStep({ outcome, detail: "no" }, at)).toEqual({ state: "dead", detail: "no" });
    }
  });
});
