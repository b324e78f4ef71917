import { describe, expect, test } from "vitest";
import { highestPlace, highestRate, placeOf, rateAt, readNumber } from "./rate-scale.ts";

describe("the slider of the rate", () => {
  test("it begins with silence and ends with the most", () => {
    expect(rateAt(0)).toBe(0);
    expect(rateAt(1)).toBe(0.1);
    expect(rateAt(highestPlace)).toBe(highestRate);
  });

  test("every place has a higher rate than the one before, and finds itself again", () => {
    for (let place = 1; place <= highestPlace; place += 1) {
      expect(rateAt(place)).toBeGreaterThan(rateAt(place - 1));
      expect(placeOf(rateAt(place))).toBe(place);
    }
  });

  test("rates between and beyond the places have a place too", () => {
    expect(placeOf(0.0001)).toBe(1);
    expect(placeOf(1e9)).toBe(highestPlace);
    expect(rateAt(placeOf(1_000))).toBeGreaterThan(850);
    expect(rateAt(placeOf(1_000))).toBeLessThan(1_150);
  });

  test("what is typed is a number within bounds, or nothing", () => {
    const bounds = { min: 0, max: 50_000 };
    expect(
      ["0", "0.25", 12, "50001", "-1", "", " ", "many"].map((typed) => readNumber(typed, bounds)),
    ).toEqual([0, 0.25, 12, ...Array.from({ length: 5 })]);
  });
});
