import type { GroupStep, GroupView, Member, OnEvict, Windows } from "../src/windows/windows.ts";

/** What a test sets of a window store. */
export interface ConnectOptions {
  readonly maxGroups?: number;
  readonly maxMembers?: number;
  readonly onEvict?: OnEvict;
}

/** Connects to an empty store of its own, ready for use. */
export type Connect = (options: ConnectOptions) => Promise<Windows>;

/** The span of the steps, milliseconds. */
export const span: number = 1000;
/** Their lateness. */
export const day: number = 86_400_000;
/** A range that holds whatever a test adds. */
export const all = { from: -day, to: 100 * day, limit: 100 } as const;

/** One step on the group `g`; the wall clock stands at 0 unless told. */
export function stepOn(members: readonly Member[], rest: Partial<GroupStep> = {}): GroupStep {
  return {
    key: "g",
    members,
    judging: { kind: "count", reach: 3 },
    span,
    lateness: day,
    keep: 2 * day,
    expiresAt: day,
    ranges: [],
    ...rest,
  };
}

/** A member whose id follows from its number. */
export function member(n: number, at: number, advances = true): Member {
  return { id: `00000000-0000-4000-8000-${n.toString(16).padStart(12, "0")}`, at, advances };
}

/** The same with a mark. */
export function marked(n: number, at: number, mark: number): Member {
  return { id: `${member(n, at).id} ${mark}`, at, advances: true };
}

/** The view of one step. */
export async function take(windows: Windows, step: GroupStep): Promise<GroupView> {
  const [view] = await windows.step([step]);
  return view!;
}

/** The view of a group as it is. */
export function look(windows: Windows, rest: Partial<GroupStep> = {}): Promise<GroupView> {
  return take(windows, stepOn([], rest));
}
