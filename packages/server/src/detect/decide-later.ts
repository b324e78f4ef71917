import type { Alert, AuditEvent } from "@auditflow/contracts";
import type { CorrelationRule } from "@auditflow/sigma";
import { type Clock, formatTimestamp } from "../telemetry/clock.ts";
import type { GroupView, StoredMember } from "../windows/windows.ts";
import { wakeEveryMs } from "./arm.ts";
import { type Chain, outerHits } from "./chain.ts";
import { type ConcludeOptions, conclude, type Decided } from "./conclude.ts";
import { decide } from "./decide.ts";
import type { Begin } from "./episode.ts";
import { type AlertSample, alertIdOf } from "./episode-alert.ts";
import { type Firing, firingsIn } from "./firing.ts";
import { type GroupState, lifeOf, readState, type Waiting } from "./group-state.ts";
import { lookStep } from "./group-work.ts";
import type { Hit } from "./hit.ts";
import { patienceMs, pauseBefore } from "./settle.ts";

/** What deciding about groups that wait needs; times in milliseconds. */
export interface DecideLaterOptions extends ConcludeOptions {
  readonly clock: Clock;
  readonly throttle: number;
  readonly retain: number;
  /** By how much what is taken now lags behind its arrival: while it does, no group is idle. */
  readonly behind: () => number;
}

/** What is asked for the groups of these keys. */
export interface Asked {
  readonly keys: readonly string[];
  readonly chain: Chain;
  /** Takes what their firings are to rules that count them, and returns the alerts that this comes to. */
  readonly takeFirings: (hits: readonly Hit[]) => Promise<readonly Alert[]>;
  /** Everything that waits is decided about, and nothing is kept. */
  readonly isLast: boolean;
}

/** A group whose last event came this long ago, on top of its lateness, has got all that will come, milliseconds. */
const idleMs = 10_000;

/** So many groups are read at a time, each of which may be of 10,000 members. */
const groupsAtOnce = 20;

/** More than any group holds that is not thinned. */
const allMembers = 1_000_000;

/**
 * Makes the function that decides about groups that wait: about every member that is older than the watermark, which is the
 * group's greatest event time less the lateness, or about all when none has come for long. What they fire is handed to the
 * rules that count it first, and only then committed: whoever dies in between leaves it to be done again.
 */
export function laterDecider(options: DecideLaterOptions): (asked: Asked) => Promise<Alert[]> {
  return async (asked) => {
    const alerts: Alert[] = [];
    for (let from = 0; from < asked.keys.length; from += groupsAtOnce) {
      let pending = asked.keys.slice(from, from + groupsAtOnce);
      for (let attempt = 0; pending.length > 0; attempt += 1) {
        await pauseBefore(attempt, { key: pending[0]!, hits: [] });
        pending = await attemptAll({ ...asked, keys: pending }, alerts, options);
      }
    }
    return alerts;
  };
}

async function attemptAll(asked: Asked, alerts: Alert[], options: DecideLaterOptions): Promise<string[]> {
  const { windows } = options;
  const looks = await windows.step(asked.keys.map((key) => lookStep(key, [])));
  const cases = looks.flatMap((view, n) => caseOf(asked.keys[n]!, view, { asked, options }) ?? []);
  if (cases.length === 0) return [];
  const reads = await windows.step(cases.map((item) => lookStep(item.key, rangesOf(item))));
  const decided: Decided[] = [];
  const again: string[] = [];
  const outward: Hit[] = [];
  for (const [n, item] of cases.entries()) {
    const read = reads[n]!;
    if (hasChanged(item, read)) again.push(item.key);
    else {
      const [before, after] = read.ranges;
      const members = before!.first;
      const firings = firingsIn({ from: item.waiting.decidedTo, members }, item.state.settings);
      outward.push(...hitsOf(item, firings, asked.chain));
      const draft = draftOf(item, { members, firings, next: after!.first[0]?.at }, options);
      const isSettled = !item.isIdle && !item.isFinal;
      decided.push({ ...draft, key: item.key, view: item.view, isSettled, isLast: asked.isLast });
    }
  }
  if (outward.length > 0) alerts.push(...(await asked.takeFirings(outward)));
  const changed = await conclude(decided, alerts, options);
  return [...again, ...changed.map(({ key }) => key)];
}

/** A group that waits, and up to when it can be decided about. */
interface Case {
  readonly key: string;
  readonly view: GroupView;
  readonly state: GroupState;
  readonly waiting: Waiting;
  /** The rule, as long as it is in force. */
  readonly rule: CorrelationRule | undefined;
  /** Its firings are for the rules that count it, and no alerts. */
  readonly isSilent: boolean;
  readonly now: number;
  /** Members before this event time can be decided about. */
  readonly frontier: number;
  /** No more events are waited for: one that came now would be too late. */
  readonly isIdle: boolean;
  /** Wall clock of when it is idle if nothing arrives; undefined for since when it is: not yet. */
  readonly idleAt: number;
  readonly idleSince: number | undefined;
  /** Wall clock of when it is closed for that: what it counts may be known later than what else arrives. */
  readonly closesAt: number;
  /** Every episode closes. */
  readonly isFinal: boolean;
}

function caseOf(
  key: string,
  view: GroupView,
  { asked, options }: { readonly asked: Asked; readonly options: DecideLaterOptions },
): Case | undefined {
  const state = readState(view.state);
  const waiting = state?.waiting;
  if (state === undefined || waiting === undefined) return undefined;
  const now = options.clock.now();
  const isFinal = asked.isLast || view.expiresAt! <= now;
  const [id, version] = JSON.parse(key) as [string, string];
  const rule = asked.chain.ruleOf(id, version);
  const wait = rule === undefined ? 0 : asked.chain.waitOf(rule);
  const idleAt = arrivedAt(view, state, options) + Math.max(0, state.settings.lateness - wait) + idleMs;
  const idleSince = idleSinceOf({ view, state, waiting, now, idleAt }, options);
  const closesAt = (idleSince ?? idleAt) + wait;
  const isIdle = idleSince !== undefined && now >= closesAt;
  return {
    ...{ key, view, state, waiting, rule, now, idleAt, idleSince, closesAt, isIdle, isFinal },
    isSilent: rule === undefined ? waiting.silent : asked.chain.isSilent(rule),
    frontier: isFinal ? Number.MAX_SAFE_INTEGER : frontierAt({ view, state, waiting, isIdle }),
  };
}

/** When the group was first found idle, perhaps now; undefined: events may come, or one has come since. */
function idleSinceOf(
  { view, state, waiting, now, idleAt }: Pick<Case, "view" | "state" | "waiting" | "now" | "idleAt">,
  options: DecideLaterOptions,
): number | undefined {
  if (now - options.behind() < idleAt) return undefined;
  const { idleSince } = waiting;
  return idleSince !== undefined && idleSince > arrivedAt(view, state, options) ? idleSince : now;
}

/** Wall clock of the last arrival. */
function arrivedAt(view: GroupView, { settings }: GroupState, { retain }: DecideLaterOptions): number {
  return view.expiresAt! - lifeOf(settings, retain);
}

function frontierAt({
  view,
  state,
  waiting,
  isIdle,
}: Pick<Case, "view" | "state" | "waiting" | "isIdle">): number {
  const { latest } = view;
  if (latest === undefined) return waiting.decidedTo;
  return Math.max(waiting.decidedTo, isIdle ? latest + 1 : latest - state.settings.lateness);
}

/** The members to decide about with the windows before them, and the first that is left. */
function rangesOf({ waiting, state, frontier }: Case) {
  return [
    { from: waiting.decidedTo - state.settings.span, to: frontier - 1, limit: allMembers },
    { from: frontier, to: Number.MAX_SAFE_INTEGER, limit: 1 },
  ];
}

/** What is older than the watermark cannot change any more; what an idle group holds can until its end is committed. */
function hasChanged({ view, isIdle, isFinal }: Case, now: GroupView): boolean {
  return isIdle || isFinal ? view.version !== now.version : view.edition !== now.edition;
}

interface Judged {
  /** What was decided about, and what the windows of that hold. */
  readonly members: readonly StoredMember[];
  readonly firings: readonly Firing[];
  /** Event time of the first member that is left. */
  readonly next: number | undefined;
}

function draftOf(
  item: Case,
  { members, firings, next }: Judged,
  options: DecideLaterOptions,
): Pick<Decided, "draft" | "confirmed"> {
  const { key, state, waiting, now, frontier, isFinal } = item;
  const confirmed = options.published.of(key);
  const draft = decide({
    work: { group: undefined, mode: "sweep" },
    members,
    stored: { ...state, waiting: waitingAfter(item, next) },
    firings: item.isSilent ? [] : firings,
    moment: {
      ...{ now, frontier, final: isFinal },
      ...{ throttle: options.throttle, patience: patienceMs, redelivered: [] },
    },
    confirmed,
    begin: beginWith(key, waiting.sample),
  });
  return { draft: draft!, confirmed };
}

function waitingAfter(item: Case, next: number | undefined): Waiting {
  const { waiting, frontier, idleSince } = item;
  const { sample, silent } = waiting;
  const wakeAt = wakeAtOf(item, next);
  // A group that nothing wakes is armed anew by the next event.
  const isFresh = waiting.isFresh && frontier === waiting.decidedTo && wakeAt !== undefined;
  return {
    ...{ decidedTo: frontier, isFresh, sample, silent },
    ...(wakeAt === undefined ? {} : { wakeAt }),
    ...(idleSince === undefined ? {} : { idleSince }),
  };
}

/** When the watermark will have passed what is left if event time goes on as the clock does, or else the group is idle. */
function wakeAtOf(item: Case, next: number | undefined): number | undefined {
  const { view, state, now } = item;
  // What is ahead of its group's time waits until that comes, or the group is abandoned.
  if (next === undefined || view.latest === undefined || next > view.latest) return undefined;
  const passed = now + next + state.settings.lateness + 1 - view.latest;
  return Math.max(
    now + wakeEveryMs,
    Math.min(passed, item.idleSince === undefined ? item.idleAt : item.closesAt),
  );
}

/** The event of a firing is mostly not at hand any more: the sample is of another one of its group then, and says so. */
function beginWith(key: string, sample: AlertSample): Begin {
  const shown = sample.raw_event_data?.event_id;
  return ({ id, value }) => {
    const another =
      shown === undefined || shown === id ? {} : { raw_event_data_is: "another event of the group" };
    const metadata = { ...sample.metadata, ...(value === undefined ? {} : { value }), ...another };
    return { alertId: alertIdOf(key, id), sample: { ...sample, metadata } };
  };
}

/** What a group's firings are to the rules that count it. Whether they were told before is not known. */
function hitsOf({ rule, waiting }: Case, firings: readonly Firing[], chain: Chain): Hit[] {
  if (rule === undefined || firings.length === 0) return [];
  const { sample } = waiting;
  const byName = sample.metadata["group_by"] as Readonly<Record<string, string>>;
  const atOf = new Map(firings.map(({ id, at }) => [id, at]));
  return outerHits(
    {
      group: { rule, values: rule.groupBy.map((name) => byName[name]!) },
      firings,
      witness: (id) => ({
        event: sample.raw_event_data ?? restOf(sample, { id, at: atOf.get(id)! }),
        matched: () => sample.matched,
      }),
      receivedAt: ({ at }) => at,
      isRepeated: () => true,
    },
    chain,
  );
}

/** What is known of an event that was too large to be kept. */
function restOf(
  { triggered_by, impacted_resource, action_observed, metadata }: AlertSample,
  { id, at }: Firing,
): AuditEvent {
  return {
    event_id: id,
    timestamp: formatTimestamp(at),
    source_service: "",
    server_hostname: impacted_resource.server_hostname,
    event_type: action_observed,
    severity: "INFO",
    user_id: triggered_by.actor_type === "user" ? triggered_by.actor_id : "",
    action_result: "",
    details: { raw_event_data_omitted: metadata["raw_event_data_omitted"] },
  };
}
