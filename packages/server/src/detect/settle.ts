import { setTimeout as sleep } from "node:timers/promises";
import { type Alert, AuditFlowError } from "@auditflow/contracts";
import { failpoint } from "#failpoint";
import type { Clock } from "../telemetry/clock.ts";
import type { GroupCommit, GroupView, StoredMember, Windows } from "../windows/windows.ts";
import type { Fired } from "./chain.ts";
import type { Confirmations, Revisions } from "./confirmations.ts";
import { decide } from "./decide.ts";
import { firingsIn } from "./firing.ts";
import { readState, storedState } from "./group-state.ts";
import { lookStep, type SkipReason, stepFor, type Work } from "./group-work.ts";
import type { Hit } from "./hit.ts";
import type { Draft, Moment, Outcome } from "./publication.ts";

/** What settling works needs; times in milliseconds. */
export interface SettlerOptions {
  readonly windows: Windows;
  readonly clock: Clock;
  readonly published: Confirmations;
  readonly skip: (reason: SkipReason, hit: Hit) => void;
  /** Told of hits of events that were counted before. */
  readonly known: (hit: Hit) => void;
  readonly throttle: number;
  readonly retain: number;
}

/** A publisher has had its answer by then, and its sweep has committed the confirmation. */
const patienceMs = 20_000;

/** Of those who try at one time one always gets through, so that this is reached only by a store gone wrong. */
const maxAttempts = 25;

/** A work on its way, with what its first try found out. */
interface Try {
  readonly work: Work;
  /** Times of hits that were stored before the first try: at a later one all of them are. */
  redelivered: readonly number[] | undefined;
}

interface Decided {
  readonly at: Try;
  readonly draft: Draft;
  readonly version: number;
  readonly confirmed: Revisions;
}

/** What came of works. */
export interface Settlement {
  /** Committed, to be published. */
  readonly alerts: Alert[];
  readonly fired: Fired[];
}

/**
 * Makes the function that carries works out: step, decide, count, commit; again for groups that somebody else
 * changed meanwhile. It takes at most one work per group.
 */
export function settler(options: SettlerOptions): (works: readonly Work[]) => Promise<Settlement> {
  return async (works) => {
    const settled: Settlement = { alerts: [], fired: [] };
    let pending: readonly Try[] = works.map((work) => ({ work, redelivered: undefined }));
    for (let attempt = 0; pending.length > 0; attempt += 1) {
      if (attempt === maxAttempts) {
        throw new AuditFlowError(
          "windows_unavailable",
          "a group changed under each attempt to decide about it",
        );
      }
      if (attempt > 1) await sleep(attempt * jitter(pending[0]!.work));
      pending = await attemptAll(pending, settled, options);
    }
    return settled;
  };
}

/** Adds what came of the works to the settlement: alerts that could be committed, firings of the first step; and returns what is to be tried again. */
async function attemptAll(
  tries: readonly Try[],
  settled: Settlement,
  options: SettlerOptions,
): Promise<Try[]> {
  const { windows, clock, retain, published } = options;
  const expiresAt = (keep: number): number => clock.now() + keep + retain;
  const views = await windows.step(tries.map(({ work }) => stepFor(work, expiresAt)));
  await failpoint("detect.stepped", views);
  const decided: Decided[] = [];
  for (const [position, view] of views.entries()) {
    const at = tries[position]!;
    const firings = firingsOf(at.work, view);
    if (at.redelivered === undefined) noteFirst(at, { view, firings, settled }, options);
    const item = decideOne(at, { view, firings }, options);
    if (item !== undefined) decided.push(item);
  }
  if (decided.length === 0) return [];
  const outcomes = await count(decided, windows);
  const current = decided.filter((item) => outcomes.has(item));
  const taken =
    current.length === 0
      ? []
      : await windows.commit(current.map((item) => commitOf(item, outcomes.get(item)!)));
  await failpoint("detect.committed", taken);
  const again = decided.filter((item) => !outcomes.has(item)).map(({ at }) => at);
  for (const [position, item] of current.entries()) {
    if (!taken[position]) {
      again.push(item.at);
      continue;
    }
    const outcome = outcomes.get(item)!;
    published.settled(item.at.work.key, item.confirmed);
    published.claim(item.at.work.key, outcome.alerts);
    for (const alert of outcome.alerts) settled.alerts.push(alert);
  }
  return again;
}

interface Seen {
  readonly view: GroupView;
  readonly firings: readonly StoredMember[];
}

/** What only the first try of a work can tell: at a later one all of its hits are known. */
function noteFirst(
  at: Try,
  { view, firings, settled }: Seen & { readonly settled: Settlement },
  options: SettlerOptions,
): void {
  const { work } = at;
  at.redelivered = redeliveredOf(work, view);
  for (const late of view.late) options.skip("late", work.hits[late]!);
  for (const known of view.known) tellKnown(work.hits[known]!, options);
  if (work.group === undefined || firings.length === 0) return;
  settled.fired.push({ group: work.group, hits: work.hits, firings, redelivered: at.redelivered });
}

/** Runs come from steps that added hits. */
function firingsOf({ group }: Work, { runs }: GroupView): readonly StoredMember[] {
  if (group === undefined || runs.length === 0) return none;
  return runs.flatMap((run) => firingsIn(run, group.settings));
}

const none: readonly StoredMember[] = [];

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

function decideOne(at: Try, { view, firings }: Seen, options: SettlerOptions): Decided | undefined {
  const { work } = at;
  const stored = readState(view.state);
  // Nothing was told and there is nothing to tell: so it is with most groups.
  if (stored === undefined && (firings.length === 0 || work.silent) && work.mode === "take") return undefined;
  const confirmed = options.published.of(work.key);
  const moment = momentOf(at, view, options);
  // A rule that others have come to count since may still have episodes open: they end where they are.
  const own = work.silent ? none : firings;
  const draft = decide({ work, view, stored, firings: own, moment, confirmed });
  return draft && { at, draft, version: view.version, confirmed };
}

function momentOf({ work, redelivered }: Try, view: GroupView, { clock, throttle }: SettlerOptions): Moment {
  const now = clock.now();
  const abandoned = view.expiresAt === undefined || view.expiresAt <= now;
  return {
    now,
    latest: view.latest,
    throttle,
    patience: patienceMs,
    redelivered: redelivered ?? [],
    final: work.mode === "flush" || (work.mode === "sweep" && abandoned),
  };
}

/** Counts what the decisions ask for; those whose group changed meanwhile have no outcome. */
async function count(decided: readonly Decided[], windows: Windows): Promise<Map<Decided, Outcome>> {
  const outcomes = new Map<Decided, Outcome>();
  const asking = decided.filter(({ draft }) => draft.ranges.length > 0);
  const views =
    asking.length === 0
      ? []
      : await windows.step(asking.map((item) => lookStep(item.at.work.key, item.draft.ranges)));
  const viewOf = new Map(asking.map((item, position) => [item, views[position]!]));
  for (const item of decided) {
    const view = viewOf.get(item);
    if (view !== undefined && view.version !== item.version) continue;
    outcomes.set(item, item.draft.finish(view?.ranges ?? []));
  }
  return outcomes;
}

function commitOf({ at: { work }, version }: Decided, { state, dueAt, keepFrom }: Outcome): GroupCommit {
  const kept = work.mode === "flush" ? undefined : state;
  return {
    key: work.key,
    version,
    state: kept && storedState(kept),
    keepFrom,
    dueAt: kept && dueAt,
  };
}

/** 1 to 10 ms, drawn from an event id: replicas that collide hold different events. */
function jitter({ hits, key }: Work): number {
  const text = hits[0]?.event.event_id.slice(-4) ?? key.slice(-4);
  return 1 + ((Number.parseInt(text, 16) || text.length) % 10);
}
