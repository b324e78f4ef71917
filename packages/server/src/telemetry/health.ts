import type { DependencyHealth, Health, HealthStatus } from "@auditflow/contracts";
import { type Clock, formatTimestamp } from "./clock.ts";

/** A dependency as `/healthz` tells of it: what it says of itself, and what does not work without it. */
export interface WatchedDependency {
  /** Key of the check, such as `transport`. */
  readonly need: string;
  /** Must answer at once: it reports what is known and asks nobody. */
  readonly health: () => DependencyHealth;
  /** In words, what fails or is delayed while the dependency is down. */
  readonly impairs: readonly string[];
  /** The same while it warns, where a warning impairs something else. */
  readonly impairsOnWarning?: readonly string[] | undefined;
}

/** In words, what a dependency in this state impairs. */
export function impairedBy(
  { impairs, impairsOnWarning }: WatchedDependency,
  status: HealthStatus,
): readonly string[] {
  if (status === "pass") return [];
  return status === "warn" ? (impairsOnWarning ?? impairs) : impairs;
}

/**
 * Puts the dependencies' words together: `fail` when every one is down, `pass` when each passes, else `warn`. `since`
 * is when the first of the troubles began; while there is none, when the last one ended.
 */
export function healthReport(
  service: string,
  version: string,
  dependencies: readonly WatchedDependency[],
): Health {
  const checks: Health["checks"] = {};
  for (const dependency of dependencies) {
    const state = dependency.health();
    const impaired_features = [...impairedBy(dependency, state.status)];
    checks[`${dependency.need}:${state.name}`] = { ...state, impaired_features };
  }
  const states = Object.values(checks);
  const status = worst(states.map((state) => state.status));
  const since = beginning(status, states);
  return { status, service, version, ...(since === undefined ? {} : { since }), checks };
}

function worst(statuses: readonly HealthStatus[]): HealthStatus {
  if (statuses.every((status) => status === "pass")) return "pass";
  return statuses.every((status) => status === "fail") ? "fail" : "warn";
}

function beginning(status: HealthStatus, states: readonly DependencyHealth[]): string | undefined {
  if (status === "pass") {
    return states
      .map(({ since }) => since)
      .toSorted()
      .at(-1);
  }
  const faulty = states.filter((state) => state.status !== "pass");
  return faulty.map(({ since }) => since).toSorted()[0];
}

/**
 * Health as it was put together at most a second ago, whoever asks and how often: a probe costs nothing, and never
 * waits for anybody.
 */
export function cachedHealth(compute: () => Health, clock: Clock): () => Health {
  let kept: Health | undefined;
  let keptAt = 0;
  return () => {
    const now = clock.now();
    // A clock that was set back must not keep an old answer alive.
    if (kept === undefined || now - keptAt >= freshMs || now < keptAt) {
      kept = { ...compute(), time: formatTimestamp(now) };
      keptAt = now;
    }
    return kept;
  };
}

const freshMs = 1000;
