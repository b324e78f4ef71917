import type { Alert } from "@auditflow/contracts";
import type { Range, RangeView } from "../windows/windows.ts";
import type { CorrelationSettings } from "./correlation-settings.ts";
import { type Anchor, covers, type Episode, type Replaced, type Settled, suppressorsOf } from "./episode.ts";
import { episodeAlert } from "./episode-alert.ts";
import { cutOf, type GroupState, type Parcel } from "./group-state.ts";
import { eventIn } from "./member-id.ts";
import { isMarked } from "./window-condition.ts";

const evidenceLimit = 100;

/** When and for what a group is looked at; times of the wall clock in milliseconds. */
export interface Moment {
  readonly now: number;
  /** The event time before which all firings of the group are known, see `frontierOf`. */
  readonly frontier: number | undefined;
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
  /** Of the episodes that closed, those that were never told because another alert suppressed them. */
  readonly suppressed: readonly Episode[];
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
  const cut = Math.max(state.settledTo, cutOf(state.settings, moment.frontier));
  const suppressors = suppressorsOf(state.episodes, state.anchor, state.settings.suppress);
  const tasks = [
    ...state.episodes.map((episode, n) => taskFor({ episode, into: suppressors[n] }, state, moment)),
    ...replaced.map(({ episode, into }) => {
      const suppressor = suppressors[state.episodes.findIndex(({ alertId }) => alertId === into)];
      return { episode, into: suppressor ?? into, look: true, insist: true, close: true };
    }),
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
      return outcome({ ...state, settledTo: cut }, { tasks, results }, moment);
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

function taskFor(
  { episode, into }: Pick<Task, "episode" | "into">,
  { settings }: GroupState,
  moment: Moment,
): Task {
  const { now, frontier, throttle, patience, redelivered, final } = moment;
  const close = final || (frontier !== undefined && episode.last + settings.gap < frontier);
  if (isMute(episode, into)) return { episode, into, look: false, insist: false, close };
  const open = episode.revision > episode.confirmed;
  const insist =
    open &&
    (episode.claimedAt + patience <= now || redelivered.some((at) => covers(episode, at, settings.span)));
  const free = close || episode.revision === 0 || episode.claimedAt + throttle <= now;
  return {
    episode,
    into,
    look: insist || ((episode.dirty || isMoved(episode, into)) && free) || (close && open),
    insist,
    close,
  };
}

/** What is suppressed before it was ever told is not told. */
function isMute({ revision }: Episode, into: string | undefined): boolean {
  return into !== undefined && revision === 0;
}

/** What it was last told to be part of is no longer so. */
function isMoved({ told }: Episode, into: string | undefined): boolean {
  return told !== undefined && told.into !== into;
}

interface TaskRanges {
  /** What is counted now because its members are about to be let go. */
  readonly settle: Range | undefined;
  readonly rest: Range | undefined;
}

function rangesOf({ episode, look }: Task, { settledTo, settings }: GroupState, cut: number): TaskRanges {
  const from = Math.max(episode.first.at - settings.span, settledTo);
  // Where members are marks, several may be of one event: enough for the evidence in any case.
  const limit = (evidenceLimit - (episode.settled?.evidence.length ?? 0)) * settings.perEvent;
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
  { condition }: CorrelationSettings,
): Settled | undefined {
  if (view === undefined || view.count === 0) return settled;
  const isOfMarks = isMarked(condition);
  const ids = view.first.map(({ id }) => (isOfMarks ? eventIn(id) : id));
  const evidence = [...(settled?.evidence ?? []), ...(isOfMarks ? new Set(ids) : ids)];
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
  const publish = insist || isMoved(before, into) || (before.dirty && tellsMore(before, covered.count));
  const episode: Episode = publish
    ? {
        ...before,
        dirty: false,
        revision: before.revision + 1,
        claimedAt: moment.now,
        told: { count: covered.count, last: before.last, ...(into === undefined ? {} : { into }) },
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

function outcome(
  state: GroupState,
  { tasks, results }: { readonly tasks: readonly Task[]; readonly results: readonly Result[] },
  moment: Moment,
): Outcome {
  const again = state.outbox.map((parcel) => sendAgain(parcel, moment));
  const episodes = results.flatMap(({ episode }) => episode ?? []);
  const outbox = [...again.map(({ parcel }) => parcel), ...results.flatMap(({ parcel }) => parcel ?? [])];
  const closed = tasks.filter(({ close }) => close);
  const { anchor: _, ...kept } = state;
  const next = nextState(
    { ...kept, episodes, outbox, ...anchorAfter({ ...state, episodes }, closed, moment) },
    moment,
  );
  return {
    alerts: [...again, ...results].flatMap(({ alert }) => alert ?? []),
    state: next,
    dueAt: next === undefined ? undefined : dueAt(next, moment),
    keepFrom: moment.final ? Number.MAX_SAFE_INTEGER : state.settledTo,
    suppressed: closed.filter(({ episode, into }) => isMute(episode, into)).map(({ episode }) => episode),
  };
}

/** The last alert that closes takes the place of the one before, until there is no episode that it suppresses nor can come. */
function anchorAfter(
  { anchor, episodes, settings: { suppress } }: GroupState,
  closed: readonly Task[],
  { frontier }: Moment,
): { readonly anchor?: Anchor } {
  if (suppress === 0) return {};
  const told = closed.findLast(({ into }) => into === undefined)?.episode;
  const last = told === undefined ? anchor : { alertId: told.alertId, at: told.first.at };
  const earliest = Math.min(frontier ?? -Infinity, ...episodes.map(({ first }) => first.at));
  const isPast = last !== undefined && last.at + suppress < earliest;
  return last === undefined || isPast ? {} : { anchor: last };
}

/** undefined: nothing needs to be kept. */
function nextState(state: GroupState, { final }: Moment): GroupState | undefined {
  const { waiting, anchor, ...told } = state;
  if (told.episodes.length + told.outbox.length > 0) return final ? told : state;
  return final || (waiting === undefined && anchor === undefined) ? undefined : state;
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

/** When the group next has something to publish or to decide, or something that ought to be confirmed by then. */
function dueAt(state: GroupState, { throttle, patience }: Moment): number | undefined {
  const { episodes, outbox, anchor, settings, waiting } = state;
  const suppressors = suppressorsOf(episodes, anchor, settings.suppress);
  const growing = episodes.filter(
    (episode, n) => (episode.dirty || isMoved(episode, suppressors[n])) && !isMute(episode, suppressors[n]),
  );
  const times = [
    ...growing.map(({ claimedAt }) => claimedAt + throttle),
    ...episodes.filter((e) => e.revision > e.confirmed).map(({ claimedAt }) => claimedAt + patience),
    ...outbox.map(({ claimedAt }) => claimedAt + patience),
    ...(waiting?.wakeAt === undefined ? [] : [waiting.wakeAt]),
  ];
  return times.length === 0 ? undefined : Math.min(...times);
}
