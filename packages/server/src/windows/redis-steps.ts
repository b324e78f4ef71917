import { memberCap, thinnedAt, thinningOf } from "./stretches.ts";
import type { GroupStep, GroupView, Judging, Member, RangeView, Run, StoredMember } from "./windows.ts";

/** Of which group a step is, in Redis. */
export interface RedisGroupStep {
  readonly step: GroupStep;
  /** What its keys are named after. */
  readonly id: string;
  /** Where its view belongs. */
  readonly position: number;
}

/** Steps on groups of one shard that make one call of the step script. */
export interface RedisStepCall {
  /** JSON of the settings that the steps have among them. */
  readonly settings: string;
  /** JSON of the steps. */
  readonly steps: string;
}

/** What the step script returns. */
export type RedisStepReply = readonly [evicted: number, views: readonly RedisView[]];

type Flat = readonly (string | number)[];
type RedisRun = readonly [from: number, older: readonly string[] | false, members: readonly string[] | false];
type RedisView = readonly [
  version: string,
  edition: string | false,
  latest: string | false,
  expiresAt: string | false,
  state: string | false,
  late: readonly number[] | false,
  known: readonly number[] | false,
  runs: readonly RedisRun[] | string | false,
  ranges: readonly (number | readonly string[] | false)[] | false,
];

/** Redis is not held much longer than it takes to add so many members. */
const mostMembers = 128;

/** Cuts the steps of a shard into lists that make one call each. */
export function cutIntoCalls(steps: readonly RedisGroupStep[]): RedisGroupStep[][] {
  const calls: RedisGroupStep[][] = [];
  let members = Infinity;
  for (const each of steps) {
    const weight = Math.max(1, each.step.members.length);
    if (members + weight > mostMembers) {
      calls.push([]);
      members = 0;
    }
    calls.at(-1)!.push(each);
    members += weight;
  }
  return calls;
}

/** Writes a call of the step script. */
export function stepCall(steps: readonly RedisGroupStep[], maxMembers: number): RedisStepCall {
  const settings: Flat[] = [];
  const written: GroupStep[] = [];
  const settingOf = (step: GroupStep): number => {
    for (let n = 0; n < written.length; n += 1) if (hasSameSettings(written[n]!, step)) return n + 1;
    settings.push(settingsOf(step, maxMembers));
    return written.push(step);
  };
  const rows: unknown[] = [];
  for (const { step, id } of steps) {
    addRow(rows, id, { step, setting: step.members.length > 0 && settingOf(step) });
  }
  return { settings: jsonOf(settings), steps: jsonOf(rows) };
}

function hasSameSettings(a: GroupStep, b: GroupStep): boolean {
  return a.judging === b.judging && a.span === b.span && a.lateness === b.lateness && a.keep === b.keep;
}

function settingsOf({ judging, span, lateness, keep }: GroupStep, maxMembers: number): Flat {
  const thinned = thinnedAt(judging);
  const { head, tail, trigger } = thinned === undefined ? noThinning : thinningOf(thinned);
  const { kind } = judging;
  const reach = kind === "count" ? judging.reach : kind === "later" ? 1 : judging.least;
  const enough = kind === "marks" ? judging.enough : 0;
  const times = [bounded(span), bounded(lateness), bounded(keep)];
  return [
    kind,
    reach,
    enough,
    ...times,
    memberCap(judging, maxMembers),
    head,
    tail,
    trigger,
    String(reach - 1),
  ];
}

const noThinning = { head: 0, tail: 0, trigger: 0 };

/** One list for all is read far faster than lists in a list. */
function addRow(
  rows: unknown[],
  id: string,
  { setting, step }: { readonly setting: number | false; readonly step: GroupStep },
): void {
  const { key, expiresAt, ranges } = step;
  const members = inOrder(step.members);
  const still = members.flatMap(({ advances }, n) => (advances ? none : [n]));
  const flatRanges = ranges.flatMap(({ from, to, limit }) => [bounded(from), bounded(to), limit]);
  rows.push(id, key, setting, bounded(expiresAt), members.length);
  rows.push(still.length > 0 && still, ranges.length > 0 && flatRanges);
  for (const member of members) rows.push(String(member.at), member.id);
}

/** Members in order of (at, id), which they mostly come in. */
function inOrder(members: readonly Member[]): readonly Member[] {
  return isInOrder(members) ? members : members.toSorted(byTime);
}

function isInOrder(members: readonly Member[]): boolean {
  for (let n = 1; n < members.length; n += 1) if (byTime(members[n - 1]!, members[n]!) > 0) return false;
  return true;
}

function byTime(a: StoredMember, b: StoredMember): number {
  return a.at - b.at || (a.id < b.id ? -1 : a.id > b.id ? 1 : 0);
}

/** A number that JSON can write and a script can calculate with. */
export function bounded(n: number): number {
  return Math.max(Number.MIN_SAFE_INTEGER, Math.min(Number.MAX_SAFE_INTEGER, n));
}

/** JSON that a script can read: it takes half a character for a mistake. */
export function jsonOf(value: unknown): string {
  const text = JSON.stringify(value);
  if (!text.includes("\\ud")) return text;
  return JSON.stringify(value, (_, part: unknown) => (typeof part === "string" ? part.toWellFormed() : part));
}

/** The view that a step's part of the reply tells. */
export function viewOf(view: RedisView, step: GroupStep): GroupView {
  const { members, expiresAt: expected } = step;
  const [version, edition, latest, expiresAt, state, late, known, runs, ranges] = view;
  return {
    version: Number(version),
    edition: Number(edition),
    latest: latest === false ? undefined : Number(latest),
    expiresAt: expiresAt !== false ? Number(expiresAt) : members.length > 0 ? bounded(expected) : undefined,
    late: late === false ? none : positionsIn(members, late),
    known: known === false ? none : positionsIn(members, known),
    runs: runs === false ? none : runsOf(runs, step),
    ranges: ranges === false ? none : rangesOf(ranges),
    state: state === false ? undefined : (JSON.parse(state) as unknown),
  };
}

const none: readonly never[] = [];

/** Where members stand in the call that the script knows by their place in order. */
function positionsIn(members: readonly Member[], places: readonly number[]): readonly number[] {
  if (isInOrder(members)) return places;
  const order = [...members.keys()].sort((a, b) => byTime(members[a]!, members[b]!));
  return places.map((place) => order[place]!).sort((a, b) => a - b);
}

function runsOf(runs: readonly RedisRun[] | string, { members, judging }: GroupStep): Run[] {
  return typeof runs === "string" ? [runAtEnd(members[0]!, Number(runs), judging)] : runs.map(runOf);
}

/** Those between the earliest that matters and the last are told by their number. */
function runAtEnd({ id, at }: Member, earliest: number, judging: Judging): Run {
  const before = judging.kind === "count" ? judging.reach - 1 : 0;
  const members = new Array<StoredMember>(before).fill({ id: "", at: earliest });
  members.push({ id, at });
  return { from: at, members };
}

function runOf([from, older, flat]: RedisRun): Run {
  const members = older === false ? [] : membersOf(older).reverse();
  return { from, members: flat === false ? members : addMembers(members, flat) };
}

/** Counts and lists in turn. */
function rangesOf(flat: readonly (number | readonly string[] | false)[]): RangeView[] {
  const views: RangeView[] = [];
  for (let n = 0; n < flat.length; n += 2) {
    const first = flat[n + 1] as readonly string[] | false;
    views.push({ count: flat[n] as number, first: first === false ? none : membersOf(first) });
  }
  return views;
}

function membersOf(flat: readonly string[]): StoredMember[] {
  return addMembers([], flat);
}

/** Redis lists members and scores in turn. */
function addMembers(members: StoredMember[], flat: readonly string[]): StoredMember[] {
  for (let n = 0; n < flat.length; n += 2) members.push({ id: flat[n]!, at: Number(flat[n + 1]) });
  return members;
}
