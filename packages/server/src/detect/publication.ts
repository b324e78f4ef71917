import type { Alert } from "@auditflow/contracts";
import type { Range, RangeView } from "../windows/windows.ts";
import type { CorrelationSettings } from "./correlation-settings.ts";
import { covers, type Episode, type Replaced, type Settled } from "./episode.ts";
import { episodeAlert } from "./episode-alert.ts";
import { cutOf, type GroupState, type Parcel } from "./group-state.ts";
import { eventIn } from "./member-id.ts";

const evidenceLimit = 100;

/** When and for what a group is looked at; times of the wall clock in milliseconds. */
export interface Moment {
  readonly now: number;
  /** The group's greatest event time. */
  readonly latest: number | undefined;
  /** Least time between two revisions of a growing alert. */
  readonly throttle: number;
  /** How long a revision that was handed out may stay unconfirmed before it is published again. */
  readonly patience: number;
  /** Times of members that were delivered before: what they stand for may be unpublished. */
  readonly redelivered: readonly number[];
  /** The group is abandoned: every episode closes. */
  readonly final: boolean;
}

/** What a look at a group comes to, to be committed before the alerts are published. */
export interface Outcome {
  readonly alerts: readonly Alert[];
  readonly state: GroupState | undefined;
  readonly dueAt: number | undefined;
  readonly keepFrom: number;
}

/** What has to be counted first, and what follows from the counts. */
export interface Draft {
  readonly ranges: readonly Range[];
  finish(views: readonly RangeView[]): Outcome;
}

/**
 * Decides what to publish of a group: a new episode at once, growth at most once per throttle, a closing episode's
 * last word, the end of a replaced one, and again whatever may have been handed out without being published.
 */
export function draftPublication(state: GroupState, replaced: readonly Replaced[], moment: Moment): Draft {
  const cut = Math.max(state.settledTo, cutOf(state.settings, moment.latest));
  const tasks = [
    ...state.episodes.map((episode) => taskFor(episode, state, moment)),
    ...replaced.map(({ episode, into }) => ({ episode, into, look: true, insist: true, close: true })),
  ].map((task) => ({ ...task, ...rangesOf(task, state, cut) }));
  return {
    ranges: tasks.flatMap(({ settle, rest }) => [settle, rest].filter((range) => range !== undefined)),
    finish: (views) => {
      const left = [...views];
      const results = tasks.map((task) => {
        const { settings } = state;
        const settled = add(task.episode.settled, task.settle && left.shift(), settings);
        return conclude(
          task,
          { settled, covered: add(settled, task.rest && left.shift(), settings) },
          { state, moment },
        );
      });
      return outcome({ ...state, settledTo: cut }, results, moment);
    },
  };
}

interface Task {
  readonly episode: Episode;
  readonly into: string | undefined;
  /** Its members have to be counted now. */
  readonly look: boolean;
  /** It is published even if it says nothing new. */
  readonly insist: boolean;
  readonly close: boolean;
}

function taskFor(episode: Episode, { settings }: GroupState, moment: Moment): Task {
  const { now, latest, throttle, patience, redelivered, final } = moment;
  const close = final || (latest !== undefined && episode.last < latest - settings.lateness - settings.gap);
  const open = episode.revision > episode.confirmed;
  const insist =
    open &&
    (episode.claimedAt + patience <= now || redelivered.some((at) => covers(episode, at, settings.span)));
  const free = close || episode.revision === 0 || episode.claimedAt + throttle <= now;
  return {
    episode,
    into: undefined,
    look: insist || (episode.dirty && free) || (close && open),
    insist,
    close,
  };
}

interface TaskRanges {
  /** What is counted now because its members are about to be let go. */
  readonly settle: Range | undefined;
  readonly rest: Range | undefined;
}

function rangesOf({ episode, look }: Task, { settledTo, settings }: GroupState, cut: number): TaskRanges {
  const from = Math.max(episode.first.at - settings.span, settledTo);
  // Where members are marks, several may be of one event: enough for the evidence in any case.
  const limit = (evidenceLimit - (episode.settled?.evidence.length ?? 0)) * (settings.marked?.perEvent ?? 1);
  const range = (start: number, to: number): Range | undefined =>
    start <= to ? { from: start, to, limit } : undefined;
  return {
    settle: range(from, Math.min(cut - 1, episode.last)),
    rest: look ? range(Math.max(from, cut), episode.last) : undefined,
  };
}

function add(
  settled: Settled | undefined,
  view: RangeView | undefined,
  { marked }: CorrelationSettings,
): Settled | undefined {
  if (view === undefined || view.count === 0) return settled;
  const ids = view.first.map(({ id }) => (marked === undefined ? id : eventIn(id)));
  const evidence = [...(settled?.evidence ?? []), ...(marked === undefined ? ids : new Set(ids))];
  return {
    count: (settled?.count ?? 0) + view.count,
    firstAt: settled?.firstAt ?? view.first[0]?.at ?? 0,
    evidence: evidence.slice(0, evidenceLimit),
  };
}

interface Counts {
  readonly settled: Settled | undefined;
  readonly covered: Settled | undefined;
}

interface Result {
  /** undefined: it leaves the state. */
  readonly episode: Episode | undefined;
  readonly parcel: Parcel | undefined;
  readonly alert: Alert | undefined;
}

function conclude(
  task: Task,
  counts: Counts,
  { state, moment }: { readonly state: GroupState; readonly moment: Moment },
): Result {
  const { look, insist, close, into } = task;
  const before = { ...task.episode, settled: counts.settled };
  if (!look) return { episode: close ? undefined : before, parcel: undefined, alert: undefined };
  // A store that lost its members still has the firing itself.
  const covered = counts.covered ?? { count: 1, firstAt: before.first.at, evidence: [before.first.id] };
  const publish = insist || (before.dirty && tellsMore(before, covered.count));
  const episode: Episode = publish
    ? {
        ...before,
        dirty: false,
        revision: before.revision + 1,
        claimedAt: moment.now,
        told: { count: covered.count, last: before.last },
      }
    : { ...before, dirty: false };
  const alert = episodeAlert(episode.sample, {
    ...covered,
    alertId: episode.alertId,
    revision: episode.revision,
    firedAt: episode.first.at,
    lastAt: episode.last,
    mergedInto: into,
  });
  const from = episode.first.at - state.settings.span;
  const kept = close && episode.revision > episode.confirmed;
  return {
    episode: close ? undefined : episode,
    parcel: kept ? { alert, claimedAt: episode.claimedAt, from, to: episode.last } : undefined,
    alert: publish ? alert : undefined,
  };
}

function tellsMore({ told, last }: Episode, count: number): boolean {
  return told === undefined || told.count !== count || told.last !== last;
}

function outcome(state: GroupState, results: readonly Result[], moment: Moment): Outcome {
  const again = state.outbox.map((parcel) => sendAgain(parcel, moment));
  const episodes = results.flatMap(({ episode }) => episode ?? []);
  const outbox = [...again.map(({ parcel }) => parcel), ...results.flatMap(({ parcel }) => parcel ?? [])];
  const next = episodes.length + outbox.length === 0 ? undefined : { ...state, episodes, outbox };
  return {
    alerts: [...again, ...results].flatMap(({ alert }) => alert ?? []),
    state: next,
    dueAt: next === undefined ? undefined : dueAt(next, moment),
    keepFrom: moment.final ? Number.MAX_SAFE_INTEGER : state.settledTo,
  };
}

function sendAgain(
  parcel: Parcel,
  { now, patience, redelivered }: Moment,
): { readonly parcel: Parcel; readonly alert: Alert | undefined } {
  const asked = redelivered.some((at) => at >= parcel.from && at <= parcel.to);
  if (!asked && parcel.claimedAt + patience > now) return { parcel, alert: undefined };
  const alert = { ...parcel.alert, revision: parcel.alert.revision + 1 };
  return { parcel: { ...parcel, alert, claimedAt: now }, alert };
}

/** When the group next has something to publish, or something that ought to be confirmed by then. */
function dueAt({ episodes, outbox }: GroupState, { throttle, patience }: Moment): number | undefined {
  const times = [
    ...episodes.filter(({ dirty }) => dirty).map(({ claimedAt }) => claimedAt + throttle),
    ...episodes.filter((e) => e.revision > e.confirmed).map(({ claimedAt }) => claimedAt + patience),
    ...outbox.map(({ claimedAt }) => claimedAt + patience),
  ];
  return times.length === 0 ? undefined : Math.min(...times);
}
