import type { CountCondition } from "@auditflow/sigma";
import { markIn } from "../windows/stretches.ts";
import type { Run, StoredMember } from "../windows/windows.ts";
import { eventIn } from "./member-id.ts";

/** The greatest k of "count at least k" that windows can decide. */
export const maxThreshold = 1000;

/**
 * The k for which the condition says "count at least k", which more events can never undo, so that it is decided
 * at once. undefined for any other condition: what can be undone has to wait for the group's watermark.
 */
export function thresholdOf({ gt, gte, lt, lte, eq, neq }: CountCondition): number | undefined {
  if ([lt, lte, eq, neq].some((bound) => bound !== undefined)) return undefined;
  if (gt === undefined && gte === undefined) return undefined;
  const least = Math.max(
    1,
    gt === undefined ? 1 : Math.floor(gt) + 1,
    gte === undefined ? 1 : Math.ceil(gte),
  );
  return least <= maxThreshold ? least : undefined;
}

/** What decides whether a window fires. */
export interface FiringSettings {
  /** k of "count at least k"; for an order the number of rules in it. */
  readonly threshold: number;
  /** Length of the window in milliseconds. */
  readonly span: number;
  /** Absent where events are counted; else members are marks of events, and different ones count or their order does. */
  readonly marked?: Marked;
}

/** How marks are judged. */
export interface Marked {
  readonly ordered: boolean;
  /** The most marks that one event can have. */
  readonly perEvent: number;
}

/**
 * The events of a run, from `run.from` on, over whose closed window `[at - span, at]` the condition holds: at least
 * `threshold` members, or different marks, or the marks 0 to threshold - 1 in order. What has the same time counts for
 * each other, and is in any order. In order of (at, event id), each event once. Takes time linear in the run, for an
 * order times the marks of a moment.
 */
export function firingsIn({ members, from }: Run, settings: FiringSettings): StoredMember[] {
  const { span, marked } = settings;
  const window = windowFor(settings);
  const firings: StoredMember[] = [];
  let start = 0;
  for (let tie = 0, end = 0; tie < members.length; tie = end) {
    const { at } = members[tie]!;
    while (end < members.length && members[end]!.at === at) end += 1;
    for (; members[start]!.at < at - span; start += 1) window.leave(members[start]!);
    window.enter(members, tie, end);
    if (at < from || !window.holds(at - span)) continue;
    for (let n = tie; n < end; n += 1) firings.push(members[n]!);
  }
  return marked === undefined ? firings : eventsOf(firings);
}

/** A window that moves on over the members of a run. */
interface Window {
  /** Takes in the members from one position to before another, which have one time. */
  enter(members: readonly StoredMember[], from: number, to: number): void;
  leave(member: StoredMember): void;
  /** Whether the condition holds now that the window begins at `begin`. */
  holds(begin: number): boolean;
}

function windowFor({ threshold, marked }: FiringSettings): Window {
  if (marked === undefined) return countOfMembers(threshold);
  return marked.ordered ? marksInOrder(threshold) : countOfMarks(threshold);
}

function countOfMembers(threshold: number): Window {
  let count = 0;
  return {
    enter: (_members, from, to) => {
      count += to - from;
    },
    leave: () => {
      count -= 1;
    },
    holds: () => count >= threshold,
  };
}

function countOfMarks(threshold: number): Window {
  const counts = new Map<string, number>();
  return {
    enter: (members, from, to) => {
      for (let n = from; n < to; n += 1) {
        const mark = markIn(members[n]!.id);
        counts.set(mark, (counts.get(mark) ?? 0) + 1);
      }
    },
    leave: ({ id }) => {
      const mark = markIn(id);
      const count = counts.get(mark) ?? 0;
      if (count > 1) counts.set(mark, count - 1);
      else counts.delete(mark);
    },
    holds: () => counts.size >= threshold,
  };
}

/** Keeps for each mark when, at the latest, a sequence of the marks up to it began: nothing needs to leave. */
function marksInOrder(threshold: number): Window {
  const began = new Array<number>(threshold).fill(-Infinity);
  return {
    enter: (members, from, to) => {
      const marks = new Set<number>();
      for (let n = from; n < to; n += 1) marks.add(Number(markIn(members[n]!.id)));
      for (const mark of [...marks].sort((a, b) => a - b)) {
        const start = mark === 0 ? members[from]!.at : began[mark - 1]!;
        began[mark] = Math.max(began[mark]!, start);
      }
    },
    leave: () => {},
    holds: (begin) => began[threshold - 1]! >= begin,
  };
}

/** The marks of one event stand together. */
function eventsOf(members: readonly StoredMember[]): StoredMember[] {
  const events: StoredMember[] = [];
  for (const { id, at } of members) {
    const eventId = eventIn(id);
    if (events.at(-1)?.id !== eventId) events.push({ id: eventId, at });
  }
  return events;
}
