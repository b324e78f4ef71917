import type { GroupStep, Judging, Run, StoredMember } from "./windows.ts";

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

/** Each step of a whole group may read and send all members near it: this keeps that within about a megabyte. */
const mostWhole = 10_000;

/** The reach by which a group is thinned; undefined: it is not. */
export function thinnedAt(judging: Judging): number | undefined {
  return judging.kind === "count" || judging.kind === "later" ? judging.reach : undefined;
}

/** Whether the store is to remember when each mark was last seen. */
export function hasMarks({ kind }: Judging): boolean {
  return kind === "marks" || kind === "order";
}

/** The most members that a group may hold where a store allows `maxMembers` of them. */
export function memberCap(judging: Judging, maxMembers: number): number {
  return thinnedAt(judging) === undefined ? Math.min(maxMembers, mostWhole) : maxMembers;
}

const space = " ".charCodeAt(0);

/** The mark in the id of a member of a whole group. Asked for each member that is added: a loop is the fastest search. */
export function markIn(id: string): string {
  let start = id.length;
  while (start > 0 && id.charCodeAt(start - 1) !== space) start -= 1;
  return id.slice(start);
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
  /** How many different marks have been seen at `from` or later; may stop counting at `enough`. */
  marksSince(from: number, enough: number): number;
  /** The marks last seen in the interval, the latest first, `most` of them at most. */
  seen(from: number, to: number, most: number): Sighting[];
  /** Visits members of the interval in order until one is `enough`. */
  forward(from: number, to: number, isEnough: (member: StoredMember) => boolean): void;
  /** The same the other way round. */
  backward(from: number, to: number, isEnough: (member: StoredMember) => boolean): void;
  /** Members of the interval in order. */
  members(from: number, to: number): StoredMember[];
}

/** When a mark was seen. */
export interface Sighting {
  readonly mark: string;
  readonly at: number;
}

/** What decides how far around the members of a step a run goes; see `GroupStep`. */
export type RunSettings = Pick<GroupStep, "judging" | "span">;

const noRuns: readonly Run[] = [];

interface Interval {
  start: number;
  end: number;
  readonly from: number;
}

/** The runs that members at `times` can have changed; where marks are judged see `markRuns`. */
export function runsAround(
  index: MemberIndex,
  times: readonly number[],
  { judging, span }: RunSettings,
): readonly Run[] {
  if (times.length === 0 || judging.kind === "later") return noRuns;
  const moments = times.length === 1 ? times : momentsOf(times);
  const intervals =
    judging.kind === "count"
      ? rankedIntervals(index, moments, { reach: judging.reach, span })
      : wholeIntervals(index, moments, { least: judging.least, span });
  if (intervals.length === 0) return noRuns;
  return intervals.map(({ start, end, from }) => ({ from, members: index.members(start, end) }));
}

/** Different times in their order, which they mostly come in. */
function momentsOf(times: readonly number[]): number[] {
  const moments: number[] = [];
  let isOrdered = true;
  for (const at of times) {
    const last = moments.at(-1);
    if (at === last) continue;
    if (last !== undefined && at < last) isOrdered = false;
    moments.push(at);
  }
  return isOrdered ? moments : [...new Set(moments)].sort((a, b) => a - b);
}

/**
 * One span to either side: whatever the condition, no other window holds the member. Where few marks have been seen of
 * late, as is usual, no member is read, however many there are.
 */
function wholeIntervals(
  index: MemberIndex,
  times: readonly number[],
  { least, span }: { readonly least: number; readonly span: number },
): Interval[] {
  const intervals: Interval[] = [];
  for (const at of times) {
    if (index.marksSince(at - span, least) < least) continue;
    const last = intervals.at(-1);
    if (last !== undefined && at - span <= last.end) last.end = at + span;
    else intervals.push({ start: at - span, end: at + span, from: at });
  }
  return intervals;
}

/**
 * For "count at least reach" less is enough: an added member changes itself, its ties and the next
 * reach - 1 by rank within one span, and what decides about those are the reach - 1 before it.
 */
function rankedIntervals(
  index: MemberIndex,
  times: readonly number[],
  { reach, span }: { readonly reach: number; readonly span: number },
): Interval[] {
  const intervals: Interval[] = [];
  for (const at of times) {
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
  return intervals;
}

/** With a reach of 1 nothing but the member and its ties matters. */
function nth(time: number | undefined, reach: number, at: number): number | undefined {
  return reach === 1 ? at : time;
}
