import { type Bounds, within } from "./bounds.ts";
import { isTrue, type MarkExpression } from "./mark-expression.ts";
import type { RunningWindow } from "./running-window.ts";

/** Compares how many members there are. */
export function runningCount(bounds: Bounds): RunningWindow {
  const isIn = within(bounds);
  let count = 0;
  return {
    enter: (from, to) => {
      count += to - from;
    },
    leave: () => {
      count -= 1;
    },
    holds: () => isIn(count),
  };
}

/** Compares how many different marks there are; `marks` are those of the members. */
export function runningMarks(marks: readonly string[], bounds: Bounds): RunningWindow {
  const isIn = within(bounds);
  const { counts, enter, leave } = markCounts(marks);
  return { enter, leave, holds: () => isIn(counts.size) };
}

/** Tells whether words about marks are true of those that are there. */
export function runningWords(marks: readonly string[], words: MarkExpression): RunningWindow {
  const { counts, enter, leave } = markCounts(marks);
  const isThere = (mark: number): boolean => counts.has(String(mark));
  return { enter, leave, holds: () => isTrue(words, isThere) };
}

/** How often each mark is there. */
function markCounts(
  marks: readonly string[],
): Pick<RunningWindow, "enter" | "leave"> & { readonly counts: ReadonlyMap<string, number> } {
  const counts = new Map<string, number>();
  return {
    counts,
    enter: (from, to) => {
      for (let n = from; n < to; n += 1) counts.set(marks[n]!, (counts.get(marks[n]!) ?? 0) + 1);
    },
    leave: (position) => {
      const mark = marks[position]!;
      const count = counts.get(mark)!;
      if (count > 1) counts.set(mark, count - 1);
      else counts.delete(mark);
    },
  };
}
