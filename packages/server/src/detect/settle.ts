import { setTimeout as sleep } from "node:timers/promises";
import { type Alert, AuditFlowError } from "@auditflow/contracts";
import type { Clock } from "../telemetry/clock.ts";
import type { GroupCommit, GroupView, Windows } from "../windows/windows.ts";
import type { Confirmations, Revisions } from "./confirmations.ts";
import { decide } from "./decide.ts";
import { writeState } from "./group-state.ts";
import { type Hit, lookStep, type SkipReason, stepFor, type Work } from "./group-work.ts";
import type { Draft, Moment, Outcome } from "./publication.ts";

/** What settling works needs; times in milliseconds. */
export interface SettlerOptions {
  readonly windows: Windows;
  readonly clock: Clock;
  readonly published: Confirmations;
  readonly skip: (reason: SkipReason, hit: Hit) => void;
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

/**
 * Makes the function that carries works out: step, decide, count, commit; again for groups that somebody else
 * changed meanwhile. It takes at most one work per group and returns the alerts that were committed.
 */
export function settler(options: SettlerOptions): (works: readonly Work[]) => Promise<Alert[]> {
  return async (works) => {
    const alerts: Alert[] = [];
    let pending: readonly Try[] = works.map((work) => ({ work, redelivered: undefined }));
    for (let attempt = 0; pending.length > 0; attempt += 1) {
      if (attempt === maxAttempts) {
        throw new AuditFlowError(
          "windows_unavailable",
          "a group changed under each attempt to decide about it",
        );
      }
      if (attempt > 1) await sleep(attempt * jitter(pending[0]!.work));
      pending = await attemptAll(pending, alerts, options);
    }
    return alerts;
  };
}

/** Adds what could be committed to `alerts` and returns what is to be tried again. */
async function attemptAll(tries: readonly Try[], alerts: Alert[], options: SettlerOptions): Promise<Try[]> {
  const { windows, clock, retain, published } = options;
  const expiresAt = (keep: number): number => clock.now() + keep + retain;
  const views = await windows.step(tries.map(({ work }) => stepFor(work, expiresAt)));
  const decided = tries.flatMap((at, position) => decideOne(at, views[position]!, options) ?? []);
  const outcomes = await count(decided, windows);
  const current = decided.filter((item) => outcomes.has(item));
  const taken =
    current.length === 0
      ? []
      : await windows.commit(current.map((item) => commitOf(item, outcomes.get(item)!)));
  const again = decided.filter((item) => !outcomes.has(item)).map(({ at }) => at);
  for (const [position, item] of current.entries()) {
    if (!taken[position]) {
      again.push(item.at);
      continue;
    }
    const outcome = outcomes.get(item)!;
    published.settled(item.at.work.key, item.confirmed);
    published.claim(item.at.work.key, outcome.alerts);
    alerts.push(...outcome.alerts);
  }
  return again;
}

function decideOne(at: Try, view: GroupView, options: SettlerOptions): Decided | undefined {
  const { work } = at;
  if (at.redelivered === undefined) {
    at.redelivered = view.known.map((position) => work.hits[position]!.at);
    for (const position of view.late) options.skip("late", work.hits[position]!);
  }
  const confirmed = options.published.of(work.key);
  const moment = momentOf(at, view, options);
  const draft = decide({ work, view, moment, confirmed });
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
    state: kept && writeState(kept),
    keepFrom,
    dueAt: kept && dueAt,
  };
}

/** 1 to 10 ms, drawn from an event id: replicas that collide hold different events. */
function jitter({ hits, key }: Work): number {
  const text = hits[0]?.event.event_id.slice(-4) ?? key.slice(-4);
  return 1 + ((Number.parseInt(text, 16) || text.length) % 10);
}
