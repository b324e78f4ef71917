import { type Bounds, within } from "./bounds.ts";
import type { RunningWindow } from "./running-window.ts";

/**
 * Compares a percentile of the numbers that marks are, interpolated linearly between the two nearest as `percentile_cont`
 * of PostgreSQL does it.
 */
export function runningPercentile(
  marks: readonly string[],
  percentile: number,
  bounds: Bounds,
): RunningWindow {
  const isIn = within(bounds);
  const numbers = Float64Array.from(marks, Number);
  const sorted = new Float64Array(numbers.length);
  let size = 0;
  let compared = Number.NaN;
  return {
    enter: (from, to) => {
      for (let n = from; n < to; n += 1) {
        const place = placeOf(numbers[n]!, sorted, size);
        sorted.copyWithin(place + 1, place, size);
        sorted[place] = numbers[n]!;
        size += 1;
      }
    },
    leave: (position) => {
      const place = placeOf(numbers[position]!, sorted, size);
      sorted.copyWithin(place, place + 1, size);
      size -= 1;
    },
    holds: () => {
      compared = interpolated(sorted, (percentile / 100) * (size - 1));
      return isIn(compared);
    },
    value: () => compared,
  };
}

/** The first place in the first `size` sorted numbers at which no less than this stands. */
function placeOf(number: number, sorted: Float64Array, size: number): number {
  let low = 0;
  for (let high = size; low < high; ) {
    const middle = (low + high) >>> 1;
    if (sorted[middle]! < number) low = middle + 1;
    else high = middle;
  }
  return low;
}

function interpolated(sorted: Float64Array, position: number): number {
  const place = Math.floor(position);
  const share = position - place;
  const low = sorted[place]!;
  if (share === 0) return low;
  const high = sorted[place + 1]!;
  const distance = high - low;
  // Two numbers can lie further apart than the greatest number.
  return Number.isFinite(distance) ? low + distance * share : low * (1 - share) + high * share;
}
