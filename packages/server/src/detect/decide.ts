import type { Member } from "../windows/windows.ts";
import type { Revisions } from "./confirmations.ts";
import type { CorrelationSettings } from "./correlation-settings.ts";
import { type Begin, covers, join } from "./episode.ts";
import { alertIdOf, alertSample } from "./episode-alert.ts";
import type { Firing } from "./firing.ts";
import { emptyState, type GroupState, withConfirmed } from "./group-state.ts";
import type { Work } from "./group-work.ts";
import { type Draft, draftPublication, type Moment } from "./publication.ts";

/** A group at the moment when it is to be decided about. */
export interface Situation {
  readonly work: Pick<Work, "group" | "mode">;
  /** Those that came, or were decided about: what covers one of them may have more to say. */
  readonly members: readonly Pick<Member, "at">[];
  /** What it had come to before. */
  readonly stored: GroupState | undefined;
  /** Where it fires, as far as that was not known before, or is told again. */
  readonly firings: readonly Firing[];
  readonly moment: Moment;
  /** What was published and is not yet in the group's state. */
  readonly confirmed: Revisions;
  /** Makes an episode of its earliest firing. */
  readonly begin: Begin;
}

/** Decides what a work comes to; pure. undefined: nothing fires and there is nothing to commit. */
export function decide(situation: Situation): Draft | undefined {
  const { work, members, stored, firings, moment, confirmed, begin } = situation;
  const settings = work.group?.settings ?? stored?.settings;
  if (settings === undefined || (stored === undefined && firings.length === 0)) {
    return work.mode === "take" ? undefined : clearing(moment);
  }
  const state = withConfirmed(stored ?? emptyState(settings, moment.frontier), confirmed);
  const joined = join(state.episodes, firings, { gap: settings.gap, begin });
  const episodes = touch(joined.episodes, members, settings);
  return draftPublication({ ...state, episodes }, joined.replaced, moment);
}

function touch(
  episodes: GroupState["episodes"],
  members: Situation["members"],
  { span }: CorrelationSettings,
): GroupState["episodes"] {
  return episodes.map((episode) =>
    episode.dirty || !members.some(({ at }) => covers(episode, at, span))
      ? episode
      : { ...episode, dirty: true },
  );
}

/** The event of a firing that another event made fire is not at hand: then the one that did stands for it. */
export function beginWith({ key, hits }: Work): Begin {
  return (first) => {
    const hit = hits.find(({ eventId }) => eventId === first.id) ?? hits[0]!;
    const values = hit.groupValues.map((value) => value ?? "");
    return { alertId: alertIdOf(key, first.id), sample: alertSample(hit.rule, values, hit) };
  };
}

/** An abandoned group without state goes with all its members; one with members to come is only due no more. */
function clearing({ final }: Moment): Draft {
  const keepFrom = final ? Number.MAX_SAFE_INTEGER : Number.MIN_SAFE_INTEGER;
  return {
    ranges: [],
    finish: () => ({ alerts: [], state: undefined, dueAt: undefined, keepFrom, suppressed: [] }),
  };
}
