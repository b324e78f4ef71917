import { type Bounds, within } from "./bounds.ts";
import type { RunningWindow } from "./running-window.ts";

/**
 * Compares how long the longest chain of members is whose marks come in this order, some perhaps left out: each is later
 * than the one before it, or at its time. Other marks do not count. Nothing is done when members leave: of chains of one
 * length the one that began last stays in the window longest, and only when that was is kept. A member costs at most the
 * square of the marks in the order, which are few.
 */
export function runningOrder(
  { times, marks }: { readonly times: readonly number[]; readonly marks: readonly string[] },
  order: readonly number[],
  bounds: Bounds,
): RunningWindow {
  const isIn = within(bounds);
  const places = new Map(order.map((mark, place) => [String(mark), place]));
  // began[p][k]: when at the latest a chain of k + 1 began whose last mark stands at place p of the order, or before.
  const began = order.map((_, place) => new Array<number>(place + 1).fill(-Infinity));
  return {
    enter: (from, to) => {
      const found = new Set(marks.slice(from, to).map((mark) => places.get(mark) ?? -1));
      // One time is no time between: they come as they have to.
      for (const place of [...found].sort((a, b) => a - b))
        if (place >= 0) follow(began, place, times[from]!);
    },
    leave: () => {},
    holds: (begin) => {
      const longest = began.at(-1) ?? [];
      let length = longest.length;
      while (length > 0 && longest[length - 1]! < begin) length -= 1;
      return isIn(length);
    },
  };
}

/** Notes the chains that end with a member at a place of the order. */
function follow(began: readonly number[][], place: number, at: number): void {
  for (let shorter = 0; shorter <= place; shorter += 1) {
    const start = shorter === 0 ? at : began[place - 1]![shorter - 1]!;
    for (let later = place; later < began.length; later += 1) {
      if (began[later]![shorter]! >= start) break;
      began[later]![shorter] = start;
    }
  }
}

/** Holds where both do. */
export function runningBoth(one: RunningWindow, other: RunningWindow): RunningWindow {
  return {
    enter: (from, to) => {
      one.enter(from, to);
      other.enter(from, to);
    },
    leave: (position) => {
      one.leave(position);
      other.leave(position);
    },
    holds: (begin) => one.holds(begin) && other.holds(begin),
  };
}
