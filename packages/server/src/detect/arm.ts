import type { GroupView } from "../windows/windows.ts";
import type { Revisions } from "./confirmations.ts";
import type { CorrelationSettings } from "./correlation-settings.ts";
import { alertSample } from "./episode-alert.ts";
import { emptyState, type GroupState, withConfirmed } from "./group-state.ts";
import type { Work } from "./group-work.ts";
import { type Draft, draftPublication, type Moment } from "./publication.ts";

/** No group is woken more often than this, milliseconds. */
export const wakeEveryMs = 1000;

/** A group of a rule that is decided about later, after a step that may have added members. */
export interface Arming {
  readonly work: Work;
  readonly view: Pick<GroupView, "latest">;
  readonly stored: GroupState | undefined;
  readonly moment: Moment;
  readonly confirmed: Revisions;
}

/**
 * Sees to it that the group is woken to be decided about, and that an event of its own is at hand then; undefined: that is
 * so already.
 */
export function arm({ work, view, stored, moment, confirmed }: Arming): Draft | undefined {
  const { group, hits, silent } = work;
  const waiting = stored?.waiting;
  if (waiting?.isFresh === true || group === undefined) return undefined;
  const { settings, rule, values } = group;
  const decidedTo = waiting?.decidedTo ?? beforeAll(work, view, settings);
  const wakeAt = Math.min(waiting?.wakeAt ?? Infinity, moment.now + Math.max(wakeEveryMs, settings.lateness));
  const state = withConfirmed(stored ?? emptyState(settings, decidedTo), confirmed);
  const sample = alertSample(rule, values, hits[0]!);
  const armed = { ...state, waiting: { decidedTo, wakeAt, isFresh: true, sample, silent } };
  return draftPublication(armed, [], { ...moment, frontier: decidedTo });
}

/** A time before which the group has no member, and will get none. */
function beforeAll(
  { members }: Work,
  { latest }: Pick<GroupView, "latest">,
  { lateness }: CorrelationSettings,
): number {
  if (latest === undefined) return Number.MIN_SAFE_INTEGER;
  return Math.min(latest - lateness, ...members.map(({ at }) => at));
}

/** Whether a whole span can be decided about: without a sweep, as where a file is read, members would be heaped up. */
export function isRipe(stored: GroupState | undefined, { latest }: Pick<GroupView, "latest">): boolean {
  if (stored?.waiting === undefined || latest === undefined) return false;
  const { span, lateness } = stored.settings;
  return latest - lateness - stored.waiting.decidedTo >= span;
}
