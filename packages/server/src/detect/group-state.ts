import type { Alert } from "@auditflow/contracts";
import type { CorrelationSettings } from "./correlation-settings.ts";
import type { Anchor, Episode } from "./episode.ts";
import type { AlertSample } from "./episode-alert.ts";

/** An alert that will not change any more, kept until it is known to be published. */
export interface Parcel {
  readonly alert: Alert;
  /** Wall clock of when its revision was handed out. */
  readonly claimedAt: number;
  /** Event times it covers. */
  readonly from: number;
  readonly to: number;
}

/** Of a group whose windows are decided later: how far they are, and what an alert will say of it. */
export interface Waiting {
  /** Members before this event time are decided about. */
  readonly decidedTo: number;
  /** Wall clock of when there may be something to decide about; absent: not before an event comes. */
  readonly wakeAt?: number;
  /** Wall clock of when it was first found idle: a group that counts others gives those time to be decided about first. */
  readonly idleSince?: number;
  /** Made of an event that came since the last decision; else the next one that comes is to replace it. */
  readonly isFresh: boolean;
  readonly sample: AlertSample;
  /** Its firings were for the rules that count it, and no alerts, when the sample was made. */
  readonly silent: boolean;
}

/** All that the window store keeps of a group beside its members. */
export interface GroupState {
  readonly settings: CorrelationSettings;
  /** Members before this were counted into `settled` and are gone; a multiple of the span. */
  readonly settledTo: number;
  readonly episodes: readonly Episode[];
  readonly outbox: readonly Parcel[];
  /** Absent in groups that are decided about at once. */
  readonly waiting?: Waiting;
  /** The last alert whose episode is closed, where it may suppress others. */
  readonly anchor?: Anchor;
}

const format = 2;

/** The state as the JSON value that a window store keeps. */
export function storedState(state: GroupState): unknown {
  return { format, ...state };
}

/** Reads what `storedState` gave; undefined for nothing, and for what an incompatible version stored. */
export function readState(stored: unknown): GroupState | undefined {
  const state = stored as (GroupState & { readonly format: number }) | undefined;
  return state?.format === format ? state : undefined;
}

/** How far behind its greatest time a group keeps members: every window of an episode that is still open. */
export function keepOf({ span, lateness, gap }: CorrelationSettings): number {
  return lateness + gap + span;
}

/**
 * The event time before which all firings of a group are known: no event can add to them that is not late. undefined:
 * nothing has advanced the group.
 */
export function frontierOf(
  { lateness }: CorrelationSettings,
  latest: number | undefined,
  waiting: Waiting | undefined,
): number | undefined {
  if (waiting !== undefined) return waiting.decidedTo;
  return latest === undefined ? undefined : latest - lateness;
}

/** The greatest multiple of the span before which nothing is needed any more: every window of an open episode is after it. */
export function cutOf({ gap, span }: CorrelationSettings, frontier: number | undefined): number {
  if (frontier === undefined) return Number.MIN_SAFE_INTEGER;
  return Math.floor((frontier - gap - span) / span) * span;
}

/** The state of a group that had none. */
export function emptyState(settings: CorrelationSettings, frontier: number | undefined): GroupState {
  return { settings, settledTo: cutOf(settings, frontier), episodes: [], outbox: [] };
}

/** How long a group is kept after its last arrival, in milliseconds. */
export function lifeOf(settings: CorrelationSettings, retain: number): number {
  return keepOf(settings) + settings.suppress + retain;
}

/** Notes which revisions were published; alerts that waited for nothing else leave the state. */
export function withConfirmed(state: GroupState, confirmed: ReadonlyMap<string, number>): GroupState {
  if (confirmed.size === 0) return state;
  const of = (alertId: string): number => confirmed.get(alertId) ?? 0;
  return {
    ...state,
    episodes: state.episodes.map((episode) => ({
      ...episode,
      confirmed: Math.max(episode.confirmed, Math.min(episode.revision, of(episode.alertId))),
    })),
    outbox: state.outbox.filter(({ alert }) => of(alert.alert_id) < alert.revision),
  };
}
