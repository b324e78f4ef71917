import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { decimalOf, numberOf, scaled } from "./decimal.ts";

describe("a decimal", () => {
  it("is read from every way in which a number is written as text", () => {
    expect(["-12.5", "1e-7", "1.5e+300", "-2.5e-9", "-0.5", "40"].map(decimalOf)).toEqual([
      { digits: -125n, places: 1 },
      { digits: 1n, places: 7 },
      { digits: 15n, places: -299 },
      { digits: -25n, places: 10 },
      { digits: -5n, places: 1 },
      { digits: 40n, places: 0 },
    ]);
  });

  it("of a number is that number again, at any scale", () => {
    const finite = fc.double({ noNaN: true, noDefaultInfinity: true });
    fc.assert(
      fc.property(finite, fc.nat(20), (number, more) => {
        const decimal = decimalOf(String(number));
        const places = Math.max(0, decimal.places) + more;
        expect(numberOf({ digits: scaled(decimal, places), places })).toBe(number + 0);
      }),
    );
  });

  it("that is greater than any number is told as the greatest", () => {
    expect(numberOf({ digits: 10n ** 400n, places: 0 })).toBe(Number.MAX_VALUE);
    expect(numberOf({ digits: -(10n ** 400n), places: 2 })).toBe(-Number.MAX_VALUE);
  });
});
