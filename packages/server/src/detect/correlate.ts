import type { Alert } from "@auditflow/contracts";
import type { SigmaRule } from "@auditflow/sigma";
import type { Clock } from "../telemetry/clock.ts";
import type { Windows } from "../windows/windows.ts";
import { type Chain, chainOf, levelQueues } from "./chain.ts";
import { confirmations } from "./confirmations.ts";
import { laterDecider } from "./decide-later.ts";
import type { Episode } from "./episode.ts";
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
  /** Told of every hit, also of a firing that is one of a rule which counts the one that fired. */
  readonly onHit?: (hit: Hit) => void;
  /** Told, by the id of its rule, of each episode that another alert suppressed, when it ends untold. */
  readonly onSuppressed?: (ruleId: string) => void;
  /**
   * By how many milliseconds what is taken now lags behind its arrival (default 0): while events are behind, a group
   * that none has come for is not closed for being idle.
   */
  readonly behind?: () => number;
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
  const { windows, clock, skip, heard, published, throttle, retain } = withDefaults(options);
  const suppressed = ({ sample }: Episode): void => options.onSuppressed?.(sample.analysis_rule.rule_id);
  const concluding = { windows, published, suppressed };
  const known = options.onKnown ?? (() => {});
  const settle = settler({ ...concluding, clock, throttle, retain, skip, known });
  const behind = options.behind ?? (() => 0);
  const decideLater = laterDecider({ ...concluding, clock, throttle, retain, behind });
  const takeInTurn = taker({ settle, skip, heard });
  let chain = chainOf(options.rules ?? []);

  const decideRipe = (keys: Iterable<string>, within: Chain, isLast: boolean): Promise<Alert[]> =>
    decideLater({
      ...{ keys: [...keys], chain: within, isLast },
      takeFirings: (hits) => takeAll(hits, within),
    });
  const takeAll = async (hits: readonly Hit[], within: Chain): Promise<Alert[]> => {
    const { alerts, ripe } = await takeInTurn(hits, within);
    return [...alerts, ...(await decideRipe(ripe, within, false))];
  };
  const lookAt = async (keys: readonly string[], mode: "sweep" | "flush"): Promise<Alert[]> => {
    const { alerts, ripe } = await settle(keys.map((key) => lookAfter(key, mode)));
    return [...alerts, ...(await decideRipe(ripe, chain, mode === "flush"))];
  };

  return {
    confirm: published.confirm,

    use: (rules) => {
      chain = chainOf(rules);
    },

    take: async (hits) => latestRevisions(await takeAll(hits, chain)),

    async sweep() {
      const alerts = await lookAt(published.keys(dueLimit), "sweep");
      for (let page = 0; page < pagesPerSweep; page += 1) {
        const due = await windows.due(clock.now(), leaseMs, dueLimit);
        alerts.push(...(await lookAt(due, "sweep")));
        if (due.length < dueLimit) break;
      }
      return latestRevisions(alerts);
    },

    async flush() {
      const alerts: Alert[] = [];
      const left = levelQueues(chain);
      for (;;) {
        for (;;) {
          const due = await windows.due(endOfTime, leaseMs, dueLimit);
          if (due.length === 0) break;
          left.add(due);
        }
        const keys = left.next(dueLimit);
        if (keys.length === 0) return latestRevisions(alerts);
        alerts.push(...(await lookAt(keys, "flush")));
      }
    },
  };
}

function withDefaults(options: CorrelatorOptions) {
  return {
    ...{ windows: options.windows, clock: options.clock, published: confirmations() },
    skip: options.onSkip ?? (() => {}),
    heard: options.onHit ?? (() => {}),
    throttle: options.throttle ?? 1000,
    retain: options.retain ?? 24 * 3_600_000,
  };
}

function latestRevisions(alerts: readonly Alert[]): Alert[] {
  const latest = new Map<string, Alert>();
  for (const alert of alerts) {
    if ((latest.get(alert.alert_id)?.revision ?? 0) < alert.revision) latest.set(alert.alert_id, alert);
  }
  return [...latest.values()];
}
