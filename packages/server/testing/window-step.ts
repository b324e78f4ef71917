import type { GroupStep, GroupView, Member, Windows } from "../src/windows/windows.ts";

/** The span of the steps, milliseconds. */
export const span: number = 1000;
/** Their lateness. */
export const day: number = 86_400_000;

/** One step on the group `g`; the wall clock stands at 0 unless told. */
export function stepOn(members: readonly Member[], rest: Partial<GroupStep> = {}): GroupStep {
  return {
    key: "g",
    members,
    reach: 3,
    whole: false,
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

/** The view of one step. */
export async function take(windows: Windows, step: GroupStep): Promise<GroupView> {
  const [view] = await windows.step([step]);
  return view!;
}
