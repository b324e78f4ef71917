import type { Alert } from "@auditflow/contracts";
import type { CorrelationSettings } from "./correlation-settings.ts";
import type { Episode } from "./episode.ts";

/** An alert that will not change any more, kept until it is known to be published. */
export interface Parcel {
  readonly alert: Alert;
  /** Wall clock of when its revision was handed out. */
  readonly claimedAt: number;
  /** Event times it covers. */
  readonly from: number;
  readonly to: number;
}

/** All that the window store keeps of a group beside its members. */
export interface GroupState {
  readonly settings: CorrelationSettings;
  /** Members before this were counted into `settled` and are gone; a multiple of the span. */
  readonly settledTo: number;
  readonly episodes: readonly Episode[];
  readonly outbox: readonly Parcel[];
}

const format = 1;

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

/** The greatest multiple of the span that is `keepOf` behind the group's greatest time. */
export function cutOf(settings: CorrelationSettings, latest: number | undefined): number {
  if (latest === undefined) return Number.MIN_SAFE_INTEGER;
  return Math.floor((latest - keepOf(settings)) / settings.span) * settings.span;
}

/** The state of a group that had none. */
export function emptyState(settings: CorrelationSettings, latest: number | undefined): GroupState {
  return { settings, settledTo: cutOf(settings, latest), episodes: [], outbox: [] };
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
