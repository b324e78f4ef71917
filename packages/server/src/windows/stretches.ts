import type { Run, StoredMember } from "./windows.ts";

/** How a stretch is thinned: above `trigger` members it is cut down to its first `head` and last `tail`. */
export interface Thinning {
  readonly head: number;
  readonly tail: number;
  readonly trigger: number;
}

/** The first 100 are kept for the evidence, the last 1,000 so that a redelivered event is still known. */
export function thinningOf(reach: number): Thinning {
  const head = Math.max(reach, 100);
  const tail = Math.max(reach, 1000);
  return { head, tail, trigger: 2 * (head + tail) };
}

/** Members that were dropped from a group but stay counted: how many, and between which times. */
export interface Dropped {
  readonly n: number;
  readonly from: number;
  readonly to: number;
}

/** The number of the stretch, one span long, that a time falls in. */
export function stretchOf(at: number, span: number): number {
  return Math.floor(at / span);
}

/** Both droppings together. */
export function addDropped(a: Dropped | undefined, b: Dropped): Dropped {
  if (a === undefined) return b;
  return { n: a.n + b.n, from: Math.min(a.from, b.from), to: Math.max(a.to, b.to) };
}

/** How many of these were dropped within a closed interval. */
export function countDropped(dropped: Iterable<Dropped>, from: number, to: number): number {
  let count = 0;
  for (const part of dropped) if (part.from <= to && part.to >= from) count += part.n;
  return count;
}

/** What the search for runs asks of a store of members. Times are whole milliseconds, intervals closed. */
export interface MemberIndex {
  /** How many members lie in the interval; may stop counting at `enough`. */
  count(from: number, to: number, enough: number): number;
  /** Time of the `n`-th member (1 is the nearest) before `at`, ties with `at` left out. */
  timeBefore(at: number, n: number): number | undefined;
  /** Time of the `n`-th member after `at`, ties with `at` left out. */
  timeAfter(at: number, n: number): number | undefined;
  /** Members of the interval in order. */
  members(from: number, to: number): StoredMember[];
}

interface Interval {
  start: number;
  end: number;
  readonly from: number;
}

/**
 * The runs that members at `times` can have changed: an added member changes itself, its ties and the next
 * reach - 1 by rank within one span, and what decides about those are the reach - 1 before it.
 */
export function runsAround(
  index: MemberIndex,
  times: readonly number[],
  { reach, span }: { readonly reach: number; readonly span: number },
): Run[] {
  const intervals: Interval[] = [];
  for (const at of [...new Set(times)].sort((a, b) => a - b)) {
    if (index.count(at - span, at + span, reach) < reach) continue;
    const end = Math.min(at + span, nth(index.timeAfter(at, reach - 1), reach, at) ?? at + span);
    const last = intervals.at(-1);
    if (last !== undefined && at <= last.end) {
      last.end = Math.max(last.end, end);
      continue;
    }
    const start = Math.max(at - span, nth(index.timeBefore(at, reach - 1), reach, at) ?? at - span);
    if (last !== undefined && start <= last.end) last.end = end;
    else intervals.push({ start, end, from: at });
  }
  return intervals.map(({ start, end, from }) => ({ from, members: index.members(start, end) }));
}

/** With a reach of 1 nothing but the member and its ties matters. */
function nth(time: number | undefined, reach: number, at: number): number | undefined {
  return reach === 1 ? at : time;
}
