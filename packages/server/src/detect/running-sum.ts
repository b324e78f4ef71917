import { type Bounds, isWithin, limitsOf } from "./bounds.ts";
import { decimalOf, numberOf, scaled } from "./decimal.ts";
import type { RunningWindow } from "./running-window.ts";

/**
 * Compares the sum or the average of the numbers that marks are. Both are exact: a verdict depends neither on the order
 * in which numbers come and go nor on how a processor rounds.
 */
export function runningSum(marks: readonly string[], bounds: Bounds, of: "sum" | "avg"): RunningWindow {
  const decimals = marks.map(decimalOf);
  const limits = limitsOf(bounds, (bound) => bound).map(([operator, bound]) => {
    return { operator, decimal: decimalOf(String(bound)) };
  });
  const places = [...decimals, ...limits.map(({ decimal }) => decimal)].reduce(
    (most, decimal) => Math.max(most, decimal.places),
    0,
  );
  const numbers = decimals.map((decimal) => scaled(decimal, places));
  const scaledLimits = limits.map(({ operator, decimal }) => [operator, scaled(decimal, places)] as const);
  let sum = 0n;
  let count = 0n;
  return {
    enter: (from, to) => {
      for (let n = from; n < to; n += 1) sum += numbers[n]!;
      count += BigInt(to - from);
    },
    leave: (position) => {
      sum -= numbers[position]!;
      count -= 1n;
    },
    // The average is never worked out: sum / count < bound says sum < bound * count.
    holds: () => {
      const times = of === "sum" ? 1n : count;
      return isWithin(
        sum,
        scaledLimits.map(([operator, bound]) => [operator, bound * times]),
      );
    },
    value: () =>
      of === "sum"
        ? numberOf({ digits: sum, places })
        : numberOf({ digits: (sum * precision) / count, places: places + precisionPlaces }),
  };
}

/** More places than a number has, so that dividing what is whole leaves nothing out that it would tell. */
const precisionPlaces = 20;
const precision = 10n ** BigInt(precisionPlaces);
