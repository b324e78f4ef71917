import { markIn } from "../windows/stretches.ts";
import type { Run, StoredMember } from "../windows/windows.ts";
import { eventIn } from "./member-id.ts";
import { runningCount, runningMarks, runningWords } from "./running-count.ts";
import { runningBoth, runningOrder } from "./running-order.ts";
import { runningPercentile } from "./running-percentile.ts";
import { runningSum } from "./running-sum.ts";
import type { RunningWindow } from "./running-window.ts";
import { isMarked, type WindowCondition } from "./window-condition.ts";

/** What decides whether a window fires. */
export interface FiringSettings {
  readonly condition: WindowCondition;
  /** Length of the window in milliseconds. */
  readonly span: number;
}

/** An event at which the condition holds, with the number that was compared where the condition is about numbers. */
export interface Firing extends StoredMember {
  readonly value?: number;
}

/**
 * The events of a run, from `run.from` on, over whose closed window `[at - span, at]` the condition holds. What has the
 * same time is in each other's windows, and in any order. In order of (at, event id), each event once. Takes time linear
 * in the run; for an order times the square of its rules, for a percentile times the logarithm of the run.
 */
export function firingsIn({ members, from }: Run, { condition, span }: FiringSettings): Firing[] {
  const window = runningWindow(members, condition);
  const firings: Firing[] = [];
  for (let first = 0, tie = 0, end = 0; tie < members.length; tie = end) {
    const { at } = members[tie]!;
    while (end < members.length && members[end]!.at === at) end += 1;
    for (; members[first]!.at < at - span; first += 1) window.leave(first);
    window.enter(tie, end);
    if (at < from || !window.holds(at - span)) continue;
    const value = window.value?.();
    for (let n = tie; n < end; n += 1) {
      firings.push(value === undefined ? members[n]! : { ...members[n]!, value });
    }
  }
  return isMarked(condition) ? eventsOf(firings) : firings;
}

function runningWindow(members: readonly StoredMember[], condition: WindowCondition): RunningWindow {
  if (condition.of === "events") return runningCount(condition.bounds);
  const marks = members.map(({ id }) => markIn(id));
  const run = { times: members.map(({ at }) => at), marks };
  switch (condition.of) {
    case "values":
    case "rules":
      return runningMarks(marks, condition.bounds);
    case "order":
      return runningOrder(run, [...new Array(condition.rules).keys()], condition.bounds);
    case "words": {
      const { expression, order } = condition;
      const words = runningWords(marks, expression);
      if (order.length === 0) return words;
      return runningBoth(words, runningOrder(run, order, { gte: order.length }));
    }
    case "sum":
    case "avg":
      return runningSum(marks, condition.bounds, condition.of);
    case "percentile":
      return runningPercentile(marks, condition.percentile, condition.bounds);
  }
}

/** The marks of one event stand together. */
function eventsOf(firings: readonly Firing[]): Firing[] {
  const events: Firing[] = [];
  for (const firing of firings) {
    const id = eventIn(firing.id);
    if (events.at(-1)?.id !== id) events.push({ ...firing, id });
  }
  return events;
}
