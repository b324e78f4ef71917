import { setTimeout as sleep } from "node:timers/promises";
import { type Alert, AuditFlowError } from "@auditflow/contracts";
import { failpoint } from "#failpoint";
import type { Clock } from "../telemetry/clock.ts";
import type { GroupView } from "../windows/windows.ts";
import { arm, isRipe } from "./arm.ts";
import type { Fired } from "./chain.ts";
import { type ConcludeOptions, conclude, type Decided } from "./conclude.ts";
import { beginWith, decide } from "./decide.ts";
import { type Firing, firingsIn } from "./firing.ts";
import { frontierOf, type GroupState, lifeOf, readState } from "./group-state.ts";
import { type SkipReason, stepFor, type Work } from "./group-work.ts";
import type { Hit } from "./hit.ts";
import type { Moment } from "./publication.ts";

/** What settling works needs; times in milliseconds. */
export interface SettlerOptions extends ConcludeOptions {
  readonly clock: Clock;
  readonly skip: (reason: SkipReason, hit: Hit) => void;
  /** Told of hits of events that were counted before. */
  readonly known: (hit: Hit) => void;
  readonly throttle: number;
  readonly retain: number;
}

/** A publisher has had its answer by then, and its sweep has committed the confirmation. */
export const patienceMs = 20_000;

/** Of those who try at one time one always gets through, so that this is reached only by a store gone wrong. */
const maxAttempts = 25;

/** A work on its way, with what its first try found out. */
interface Try {
  readonly work: Work;
  /** Times of hits that were stored before the first try: at a later one all of them are. */
  redelivered: readonly number[] | undefined;
}

interface DecidedTry extends Decided {
  readonly of: Try;
}

/** What came of works. */
export interface Settlement {
  /** Committed, to be published. */
  readonly alerts: Alert[];
  readonly fired: Fired[];
  /** Keys of groups that wait for a decision which is due now. */
  readonly ripe: Set<string>;
}

/**
 * Makes the function that carries works out: step, decide, count, commit; again for groups that somebody else
 * changed meanwhile. It takes at most one work per group. Groups that are decided about later it arms, and tells which
 * are ripe.
 */
export function settler(options: SettlerOptions): (works: readonly Work[]) => Promise<Settlement> {
  return async (works) => {
    const settled: Settlement = { alerts: [], fired: [], ripe: new Set() };
    let pending: readonly Try[] = works.map((work) => ({ work, redelivered: undefined }));
    for (let attempt = 0; pending.length > 0; attempt += 1) {
      await pauseBefore(attempt, pending[0]!.work);
      pending = await attemptAll(pending, settled, options);
    }
    return settled;
  };
}

/** Waits longer before each attempt; throws when there have been too many. */
export async function pauseBefore(attempt: number, by: Pick<Work, "key" | "hits">): Promise<void> {
  if (attempt === maxAttempts) {
    throw new AuditFlowError("windows_unavailable", "a group changed under each attempt to decide about it");
  }
  if (attempt > 1) await sleep(attempt * jitter(by));
}

/** Adds what came of the works to the settlement: alerts that could be committed, firings of the first step; and returns what is to be tried again. */
async function attemptAll(
  tries: readonly Try[],
  settled: Settlement,
  options: SettlerOptions,
): Promise<Try[]> {
  const { windows, clock, retain } = options;
  const views = await windows.step(
    tries.map(({ work }) => stepFor(work, (settings) => clock.now() + lifeOf(settings, retain))),
  );
  await failpoint("detect.stepped", views);
  const decided: DecidedTry[] = [];
  for (const [position, view] of views.entries()) {
    const at = tries[position]!;
    const firings = firingsOf(at.work, view);
    if (at.redelivered === undefined) noteFirst(at, { view, firings, settled }, options);
    const item = decideOne(at, { view, firings, settled }, options);
    if (item !== undefined) decided.push(item);
  }
  return (await conclude(decided, settled.alerts, options)).map(({ of }) => of);
}

interface Seen {
  readonly view: GroupView;
  readonly firings: readonly Firing[];
  readonly settled: Settlement;
}

/** What only the first try of a work can tell: at a later one all of its hits are known. */
function noteFirst(at: Try, { view, firings, settled }: Seen, options: SettlerOptions): void {
  const { work } = at;
  at.redelivered = redeliveredOf(work, view);
  for (const late of view.late) options.skip("late", work.hits[late]!);
  for (const known of view.known) tellKnown(work.hits[known]!, options);
  if (work.group !== undefined && firings.length > 0) settled.fired.push(firedBy(at, view, firings));
}

function firedBy({ work, redelivered = [] }: Try, { latest }: GroupView, firings: readonly Firing[]): Fired {
  const { group, hits } = work;
  const atHand = new Map(hits.map((hit) => [hit.eventId, hit]));
  const { timespan } = group!.rule;
  return {
    group: group!,
    firings,
    witness: (eventId) => atHand.get(eventId) ?? hits[0]!,
    // What the group's time has reached is not ahead of it, whenever it came.
    receivedAt: ({ id, at }) =>
      at <= (latest ?? -Infinity) ? at : (atHand.get(id)?.receivedAt ?? -Infinity),
    isRepeated: (at) => redelivered.some((time) => at >= time && at <= time + timespan),
  };
}

/** Runs come from steps that added hits. */
function firingsOf({ group }: Work, { runs }: GroupView): readonly Firing[] {
  if (group === undefined || runs.length === 0) return none;
  return runs.flatMap((run) => firingsIn(run, group.settings));
}

const none: readonly Firing[] = [];

/** A firing that is seen again is no event that came again. */
function tellKnown(hit: Hit, { known }: SettlerOptions): void {
  if (hit.repeated === undefined) known(hit);
}

function redeliveredOf({ hits }: Work, { known }: GroupView): number[] {
  return known.flatMap((position) => {
    const { at, repeated } = hits[position]!;
    return repeated === false ? [] : [at];
  });
}

function decideOne(at: Try, seen: Seen, options: SettlerOptions): DecidedTry | undefined {
  const { work } = at;
  const { view, firings, settled } = seen;
  const stored = readState(view.state);
  const waiting = stored?.waiting;
  const confirmed = options.published.of(work.key);
  const moment = momentOf(at, { view, stored }, options);
  const rest = { of: at, key: work.key, view, confirmed, isSettled: false, isLast: work.mode === "flush" };
  if (work.group?.settings.judging.kind === "later") {
    if (isRipe(stored, view)) settled.ripe.add(work.key);
    const draft = arm({ work, view, stored, moment, confirmed });
    return draft && { ...rest, draft, isSettled: true };
  }
  if (waiting !== undefined) {
    settled.ripe.add(work.key);
    return undefined;
  }
  // Nothing was told and there is nothing to tell: so it is with most groups.
  if (stored === undefined && (firings.length === 0 || work.silent) && work.mode === "take") return undefined;
  // A rule that others have come to count since may still have episodes open: they end where they are.
  const own = work.silent ? none : openFirings(firings, { work, stored, moment });
  const { members } = work;
  const draft = decide({ work, members, stored, firings: own, moment, confirmed, begin: beginWith(work) });
  return draft && { ...rest, draft };
}

/** Firings of episodes that have closed were told long ago; they are seen again when their events are redelivered. */
function openFirings(
  firings: readonly Firing[],
  {
    work,
    stored,
    moment,
  }: { readonly work: Work; readonly stored: GroupState | undefined; readonly moment: Moment },
): readonly Firing[] {
  const settings = work.group?.settings ?? stored?.settings;
  const { frontier } = moment;
  if (settings === undefined || frontier === undefined) return firings;
  return firings.filter(({ at }) => at >= frontier - settings.gap);
}

function momentOf(
  { work, redelivered }: Try,
  { view, stored }: { readonly view: GroupView; readonly stored: GroupState | undefined },
  { clock, throttle }: SettlerOptions,
): Moment {
  const now = clock.now();
  const abandoned = view.expiresAt === undefined || view.expiresAt <= now;
  const settings = work.group?.settings ?? stored?.settings;
  return {
    now,
    frontier: settings && frontierOf(settings, view.latest, stored?.waiting),
    throttle,
    patience: patienceMs,
    redelivered: redelivered ?? [],
    final: work.mode === "flush" || (work.mode === "sweep" && abandoned),
  };
}

/** 1 to 10 ms, drawn from an event id: replicas that collide hold different events. */
function jitter({ hits, key }: Pick<Work, "key" | "hits">): number {
  const text = hits[0]?.event.event_id.slice(-4) ?? key.slice(-4);
  return 1 + ((Number.parseInt(text, 16) || text.length) % 10);
}
