import type { DependencyHealth, Health, HealthStatus } from "@auditflow/contracts";
import type { Logger } from "./log.ts";
import type { Metrics } from "./metrics.ts";

/** A dependency as `/healthz` tells of it: what it says of itself, and what does not work without it. */
export interface WatchedDependency {
  /** Key of the check, such as `transport`. */
  readonly need: string;
  /** Must answer at once: it reports what is known and asks nobody. */
  readonly health: () => DependencyHealth;
  /** In words, what fails or is delayed while the dependency is down. */
  readonly impairs: readonly string[];
}

/** Puts the dependencies' words together: `fail` when every one is down, `warn` when one is. */
export function healthReport(
  service: string,
  version: string,
  dependencies: readonly WatchedDependency[],
): Health {
  const checks: Health["checks"] = {};
  const statuses: HealthStatus[] = [];
  for (const { need, health, impairs } of dependencies) {
    const state = health();
    statuses.push(state.status);
    checks[`${need}:${state.name}`] = {
      ...state,
      impaired_features: state.status === "pass" ? [] : [...impairs],
    };
  }
  return { status: worst(statuses), service, version, checks };
}

function worst(statuses: readonly HealthStatus[]): HealthStatus {
  if (statuses.every((status) => status === "pass")) return "pass";
  return statuses.every((status) => status === "fail") ? "fail" : "warn";
}

/**
 * Logs each change of a dependency's state once and keeps the `dependency_up` gauge. Returns a function that ends it.
 */
export function watchDependencies(
  dependencies: readonly WatchedDependency[],
  { log, metrics }: { readonly log: Logger; readonly metrics: Metrics },
): () => void {
  const seen = new Map<string, HealthStatus>();
  const look = (): void => {
    for (const { need, health, impairs } of dependencies) {
      const state = health();
      metrics.dependencyUp.set({ need, name: state.name }, state.status === "pass" ? 1 : 0);
      if (seen.get(need) === state.status) continue;
      logChange(log, { need, impairs, state, first: !seen.has(need) });
      seen.set(need, state.status);
    }
  };
  const timer = setInterval(look, watchMilliseconds);
  return () => clearInterval(timer);
}

const watchMilliseconds = 250;

interface StateChange {
  readonly need: string;
  readonly impairs: readonly string[];
  readonly state: DependencyHealth;
  readonly first: boolean;
}

function logChange(log: Logger, { need, impairs, state, first }: StateChange): void {
  const fields = { "event.name": `dependency.${state.status}`, dependency: state.name, need };
  if (state.status === "pass") log.info(fields, first ? "dependency is up" : "dependency is up again");
  else
    log.warn({ ...fields, last_error: state.last_error, impaired_features: impairs }, "dependency is down");
}
