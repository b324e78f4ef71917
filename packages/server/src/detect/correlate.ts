import type { Alert } from "@auditflow/contracts";
import type { SigmaRule } from "@auditflow/sigma";
import type { Clock } from "../telemetry/clock.ts";
import type { Windows } from "../windows/windows.ts";
import { chainOf } from "./chain.ts";
import { confirmations } from "./confirmations.ts";
import { lookAfter, type SkipReason } from "./group-work.ts";
import type { Hit } from "./hit.ts";
import { settler } from "./settle.ts";
import { taker } from "./take.ts";

export type { SkipReason } from "./group-work.ts";
export type { Hit } from "./hit.ts";

/** What a correlator is made with. */
export interface CorrelatorOptions {
  readonly windows: Windows;
  readonly clock: Clock;
  /** The set that the rules of the hits are from; without it no rule counts another. */
  readonly rules?: readonly SigmaRule[];
  /** Least milliseconds between two revisions of a growing alert (default 1,000); infinite: it is told when it ends. */
  readonly throttle?: number;
  /** How long after its last arrival a group is kept, milliseconds on top of what its rule needs (default 24 h). */
  readonly retain?: number;
  /** Told of every hit that is not counted. */
  readonly onSkip?: (reason: SkipReason, hit: Hit) => void;
  /** Told of every hit of an event that its rule had counted before. */
  readonly onKnown?: (hit: Hit) => void;
}

/**
 * Turns hits into alerts, one alert per episode, exactly: for any order of arrival within the lateness, any number
 * of correlators on one store and any redelivery, the alerts without `merged_into` and their last counts are the
 * same. Every call rejects with `windows_unavailable` when the store does not answer; the caller then has the hits
 * delivered again. Calls may overlap.
 */
export interface Correlator {
  /**
   * Counts the hits, and where rules count the firings of others those too, level by level, and returns the alerts to publish now, at most one per alert id. The caller publishes them,
   * calls `confirm`, and only then acknowledges the events. Overlapping calls take the hits of one group in the order
   * of the calls.
   */
  take(hits: readonly Hit[]): Promise<readonly Alert[]>;
  /**
   * Alerts that are due: growth held back by the throttle, and what another replica may not have published. The
   * caller publishes and confirms them. To be called about every quarter of the throttle.
   */
  sweep(): Promise<readonly Alert[]>;
  /** For offline use: closes every episode as if time had passed, returns what is untold, empties the store. */
  flush(): Promise<readonly Alert[]>;
  /** Tells that these alerts were published, so that they are not published again; ignores alerts of others. */
  confirm(alerts: readonly Alert[]): void;
  /** From now on hits are of the rules of this set; calls that are under way go on with theirs. */
  use(rules: readonly SigmaRule[]): void;
}

const leaseMs = 10_000;
const dueLimit = 200;
const pagesPerSweep = 20;
const endOfTime = Number.MAX_SAFE_INTEGER - leaseMs - 1;

/** Makes a correlator over a window store that it may share with others. */
export function correlator(options: CorrelatorOptions): Correlator {
  const { windows, clock } = options;
  const skip = options.onSkip ?? (() => {});
  const published = confirmations();
  const settle = settler({
    windows,
    clock,
    published,
    skip,
    known: options.onKnown ?? (() => {}),
    throttle: options.throttle ?? 1000,
    retain: options.retain ?? 24 * 3_600_000,
  });

  let chain = chainOf(options.rules ?? []);
  const takeInTurn = taker({ settle, skip });

  return {
    confirm: published.confirm,

    use: (rules) => {
      chain = chainOf(rules);
    },

    take: async (hits) => latestRevisions(await takeInTurn(hits, chain)),

    async sweep() {
      const { alerts } = await settle(published.keys(dueLimit).map((key) => lookAfter(key, "sweep")));
      for (let page = 0; page < pagesPerSweep; page += 1) {
        const due = await windows.due(clock.now(), leaseMs, dueLimit);
        alerts.push(...(await settle(due.map((key) => lookAfter(key, "sweep")))).alerts);
        if (due.length < dueLimit) break;
      }
      return latestRevisions(alerts);
    },

    async flush() {
      const alerts: Alert[] = [];
      for (;;) {
        const due = await windows.due(endOfTime, leaseMs, dueLimit);
        if (due.length === 0) return latestRevisions(alerts);
        alerts.push(...(await settle(due.map((key) => lookAfter(key, "flush")))).alerts);
      }
    },
  };
}

function latestRevisions(alerts: readonly Alert[]): Alert[] {
  const latest = new Map<string, Alert>();
  for (const alert of alerts) {
    if ((latest.get(alert.alert_id)?.revision ?? 0) < alert.revision) latest.set(alert.alert_id, alert);
  }
  return [...latest.values()];
}
