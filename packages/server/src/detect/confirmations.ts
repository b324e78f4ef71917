import type { Alert } from "@auditflow/contracts";

/** Revisions by alert id. */
export type Revisions = ReadonlyMap<string, number>;

/**
 * Remembers which alerts of which groups were handed out and published, until the groups' state says so too. What
 * it forgets, being full, is published once more under a higher revision.
 */
export interface Confirmations {
  /** These alerts of the group were handed out to be published. */
  claim(key: string, alerts: readonly Alert[]): void;
  /** These alerts were published; those that nobody claimed here are none of ours. */
  readonly confirm: (alerts: readonly Alert[]) => void;
  /** What was published of a group and is not yet in its state. */
  of(key: string): Revisions;
  /** The group's state says these now. */
  settled(key: string, revisions: Revisions): void;
  /** Groups whose state does not say yet what was published, at most `limit`. */
  keys(limit: number): string[];
}

const maxClaims = 50_000;
const maxGroups = 10_000;
const none: Revisions = new Map();

/** Makes an empty one. */
export function confirmations(): Confirmations {
  const claims = new Map<string, string>();
  const groups = new Map<string, Map<string, number>>();

  function note(key: string, { alert_id, revision }: Alert): void {
    const revisions = groups.get(key) ?? new Map<string, number>();
    revisions.set(alert_id, Math.max(revision, revisions.get(alert_id) ?? 0));
    groups.set(key, revisions);
    forgetOldest(groups, maxGroups);
  }

  return {
    claim(key, alerts) {
      for (const { alert_id } of alerts) {
        claims.delete(alert_id);
        claims.set(alert_id, key);
      }
      forgetOldest(claims, maxClaims);
    },
    confirm(alerts) {
      for (const alert of alerts) {
        const key = claims.get(alert.alert_id);
        if (key !== undefined) note(key, alert);
      }
    },
    of: (key) => {
      const open = groups.get(key);
      return open === undefined ? none : new Map(open);
    },
    settled(key, revisions) {
      const open = groups.get(key);
      for (const [alertId, revision] of revisions) {
        if ((open?.get(alertId) ?? Infinity) <= revision) open?.delete(alertId);
      }
      if (open?.size === 0) groups.delete(key);
    },
    keys: (limit) => [...groups.keys()].slice(0, limit),
  };
}

function forgetOldest(map: Map<string, unknown>, most: number): void {
  for (const key of map.keys()) {
    if (map.size <= most) return;
    map.delete(key);
  }
}
