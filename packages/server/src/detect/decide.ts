import type { GroupView, StoredMember } from "../windows/windows.ts";
import type { Revisions } from "./confirmations.ts";
import type { CorrelationSettings } from "./correlation-settings.ts";
import { type Begin, covers, join } from "./episode.ts";
import { alertIdOf, alertSample } from "./episode-alert.ts";
import { emptyState, type GroupState, withConfirmed } from "./group-state.ts";
import type { Work } from "./group-work.ts";
import { type Draft, draftPublication, type Moment } from "./publication.ts";

/** A group at the moment when it is to be decided about. */
export interface Situation {
  readonly work: Work;
  /** The group after the work's step. */
  readonly view: Pick<GroupView, "latest">;
  /** What it had come to before. */
  readonly stored: GroupState | undefined;
  /** Where the step fires. */
  readonly firings: readonly StoredMember[];
  readonly moment: Moment;
  /** What was published and is not yet in the group's state. */
  readonly confirmed: Revisions;
}

/** Decides what a work comes to; pure. undefined: nothing fires and there is nothing to commit. */
export function decide(situation: Situation): Draft | undefined {
  const { work, view, stored, firings: all, moment, confirmed } = situation;
  const settings = work.group?.settings ?? stored?.settings;
  const firings = settings === undefined ? [] : openFirings(all, view, settings);
  if (settings === undefined || (stored === undefined && firings.length === 0)) {
    return work.mode === "take" ? undefined : clearing(moment);
  }
  const state = withConfirmed(stored ?? emptyState(settings, view.latest), confirmed);
  const joined = join(state.episodes, firings, { gap: settings.gap, begin: beginWith(work) });
  const episodes = touch(joined.episodes, work, settings);
  return draftPublication({ ...state, episodes }, joined.replaced, moment);
}

/** Firings of episodes that have closed were told long ago; they are seen again when their events are redelivered. */
function openFirings(
  firings: readonly StoredMember[],
  { latest }: Pick<GroupView, "latest">,
  { lateness, gap }: CorrelationSettings,
): readonly StoredMember[] {
  const closed = latest === undefined ? -Infinity : latest - lateness - gap;
  return firings.filter(({ at }) => at >= closed);
}

function touch(
  episodes: GroupState["episodes"],
  work: Work,
  { span }: CorrelationSettings,
): GroupState["episodes"] {
  return episodes.map((episode) =>
    episode.dirty || !work.members.some(({ at }) => covers(episode, at, span))
      ? episode
      : { ...episode, dirty: true },
  );
}

/** The event of a firing that another event made fire is not at hand: then the one that did stands for it. */
function beginWith({ key, hits }: Work): Begin {
  return (first) => {
    const hit = hits.find(({ eventId }) => eventId === first.id) ?? hits[0]!;
    const values = hit.groupValues.map((value) => value ?? "");
    return { alertId: alertIdOf(key, first.id), sample: alertSample(hit.rule, values, hit) };
  };
}

/** An abandoned group without state goes with all its members; one with members to come is only due no more. */
function clearing({ final }: Moment): Draft {
  const keepFrom = final ? Number.MAX_SAFE_INTEGER : Number.MIN_SAFE_INTEGER;
  return { ranges: [], finish: () => ({ alerts: [], state: undefined, dueAt: undefined, keepFrom }) };
}
