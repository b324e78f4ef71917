import { type MemberIndex, markIn, type Sighting } from "./stretches.ts";
import type { Run, StoredMember } from "./windows.ts";

/** What a member of a step, not a late one, says of its mark. */
export interface Arrival extends Sighting {
  /** When the mark was last seen before the member was added; -Infinity: never, undefined: the member was known. */
  readonly before: number | undefined;
}

/** What decides how far runs of marks go; see `Judging`. */
export interface MarkSettings {
  readonly least: number;
  readonly enough: number;
  readonly span: number;
}

interface Interval {
  readonly from: number;
  end: number;
}

/**
 * The runs that these members of a step can have changed where windows are judged by their different marks.
 *
 * A member changes nothing from where its mark is seen again, for there the mark is in the window anyway, nor beyond
 * where `enough` other marks follow it, for they decide there. Of several members the latest is looked at as if it had
 * been added first, so that what follows each was there before it.
 */
export function markRuns(index: MemberIndex, arrivals: readonly Arrival[], settings: MarkSettings): Run[] {
  const { least, span } = settings;
  const intervals: Interval[] = [];
  for (const [at, marks] of momentsOf(arrivals)) {
    if (index.marksSince(at - span, least) < least) continue;
    const end = endOf(index, { at, marks }, settings);
    const last = intervals.at(-1);
    if (last !== undefined && at <= last.end) last.end = Math.max(last.end, end);
    else intervals.push({ from: at, end });
  }
  return intervals.map(({ from, end }) => ({
    from,
    members: [...lastBefore(index, { from, arrivals }, settings), ...index.members(from, end)],
  }));
}

/** The different times in order, each with the marks seen then. */
function momentsOf(arrivals: readonly Arrival[]): [number, Set<string>][] {
  const moments = new Map<number, Set<string>>();
  for (const { at, mark } of arrivals) {
    const marks = moments.get(at);
    if (marks === undefined) moments.set(at, new Set([mark]));
    else marks.add(mark);
  }
  return [...moments].sort(([a], [b]) => a - b);
}

/** Up to when the marks of a moment change verdicts. */
function endOf(
  index: MemberIndex,
  { at, marks }: { readonly at: number; readonly marks: ReadonlySet<string> },
  { enough, span }: MarkSettings,
): number {
  const met = new Set<string>();
  const left = new Set(marks);
  let end = at + span;
  index.forward(at + 1, end, (member) => {
    const mark = markIn(member.id);
    met.add(mark);
    left.delete(mark);
    if (met.size < enough && left.size > 0) return false;
    end = member.at;
    return true;
  });
  return end;
}

/**
 * The last member before `from` of each mark, the latest `enough` of them, in order. Marks that are seen at `from` may be
 * missing: every window that begins before holds them. Marks not seen since are told by the store, those that were not but
 * for this step by its members; only for the rest, where members came out of order, earlier ones are read.
 */
function lastBefore(
  index: MemberIndex,
  { from, arrivals }: { readonly from: number; readonly arrivals: readonly Arrival[] },
  { enough, span }: MarkSettings,
): StoredMember[] {
  const begin = from - span;
  const found = new Map<string, number>();
  const note = ({ mark, at }: Sighting): void => {
    if (at >= begin && at < from && at > (found.get(mark) ?? -Infinity)) found.set(mark, at);
  };
  const told = new Set<string>();
  for (const { mark, at, before } of arrivals) {
    note({ mark, at });
    if (before !== undefined) note({ mark, at: before });
    if (at === from || (before !== undefined && before < from)) told.add(mark);
  }
  for (const sighting of index.seen(begin, from - 1, enough)) note(sighting);
  const most = enough + told.size;
  const later = index.seen(from, Infinity, most);
  const missing = new Set(later.flatMap(({ mark }) => (told.has(mark) ? [] : [mark])));
  if (missing.size > 0) {
    const met = new Set<string>();
    index.backward(begin, from - 1, ({ id, at }) => {
      const mark = markIn(id);
      note({ mark, at });
      met.add(mark);
      missing.delete(mark);
      return met.size >= enough || (missing.size === 0 && later.length < most);
    });
  }
  return [...found]
    .sort(([mark, at], [other, time]) => time - at || (mark < other ? 1 : -1))
    .slice(0, enough)
    .reverse()
    .map(([mark, at]) => ({ id: ` ${mark}`, at }));
}
