import fc from "fast-check";
import { expect, test } from "vitest";
import { formatTimestamp } from "./clock.ts";

test("a time is written as the platform writes it, whichever was written before", () => {
  const any = fc.oneof(
    fc.integer({ min: -62_135_596_800_000, max: 253_402_300_799_999 }),
    fc.integer({ min: -120_000, max: 120_000 }),
    fc.double({ min: -120_000, max: 120_000, noNaN: true }),
  );
  fc.assert(
    fc.property(fc.array(any), (times) => {
      expect(times.map(formatTimestamp)).toEqual(times.map((at) => new Date(at).toISOString()));
    }),
  );
});

test.each([Number.NaN, Number.POSITIVE_INFINITY, 1e17])("%d is no time", (at) => {
  expect(() => formatTimestamp(at)).toThrow(RangeError);
});
